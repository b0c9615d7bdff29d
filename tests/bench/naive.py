"""A naive engine: SpiffWorkflow as its documentation shows it, the whole document read and written at every step."""

from __future__ import annotations

import io
import time
from typing import Any

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.util.task import TaskState

from tests.bench.drawings import ANSWERS, fifteen_steps


class Naive:
    """Cases of the fifteen-step process as JSON documents."""

    def __init__(self) -> None:
        parser = BpmnParser()
        parser.add_bpmn_io(io.BytesIO(fifteen_steps(timer="'PT720H'").encode()))
        self._spec = parser.get_spec("BENCH_15")
        self._subs = parser.get_subprocess_specs("BENCH_15")
        self._serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure())
        self.wall = self.cpu = 0.0  # seconds spent in `complete`

    def start(self) -> str:
        """A new case, up to its first step."""
        workflow = BpmnWorkflow(self._spec, self._subs)
        workflow.do_engine_steps()
        return str(self._serializer.serialize_json(workflow))

    def complete(self, document: str) -> str:
        """The oldest open step, done with the same answers as the product's."""
        wall, cpu = time.perf_counter(), time.thread_time()
        workflow: Any = self._serializer.deserialize_json(document)
        task = next(task for task in workflow.get_tasks(state=TaskState.READY) if task.task_spec.manual)
        task.data[task.task_spec.bpmn_id] = dict(ANSWERS)
        task.run()
        workflow.do_engine_steps()
        written = str(self._serializer.serialize_json(workflow))
        self.wall, self.cpu = self.wall + time.perf_counter() - wall, self.cpu + time.thread_time() - cpu
        return written
