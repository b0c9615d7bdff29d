"""Whose data a step reads and writes: that of the case, or of the repetition or called process it runs in; and its name there."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.task import Task

from engine.spiff_steps import CaseWorkflow, SubCase

Workflow = CaseWorkflow | SubCase


def frame_of(workflow: Workflow) -> dict[str, Any]:
    """Where the steps of this process or sub-process keep what they produce: the nearest frame, at last the case's own data."""
    return _frames(workflow)[0]


def data_of(workflow: Workflow) -> Mapping[str, Any]:
    """What conditions, scripts and decisions in this process or sub-process read.

    A frame falls through to the data around it; that of a called process, which is isolated, does not.
    """
    frames = _frames(workflow)
    return frames[0] if len(frames) == 1 else ChainMap(*frames)


def _frames(workflow: Workflow) -> list[dict[str, Any]]:
    frames: list[dict[str, Any]] = []
    while isinstance(workflow, SubCase):
        if workflow.frame is not None:
            frames.append(workflow.frame)
            if workflow.spec.isolated:
                return frames
        workflow = workflow.host.workflow
    return [*frames, workflow.case]


def step_of(task: Task) -> str:
    """The id of a step within its case: its own behind those of the calls that lead to it."""
    step: str = task.workflow.spec.path + task.task_spec.bpmn_id
    return step
