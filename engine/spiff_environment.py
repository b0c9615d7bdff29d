# mypy: allow-subclassing-any
"""SpiffWorkflow's script engine, shut: conditions and scripts are compiled by us, so nothing may reach eval or exec."""

from __future__ import annotations

from typing import Any, NoReturn

from SpiffWorkflow.bpmn.script_engine.python_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.script_engine.python_environment import BasePythonScriptEngineEnvironment

from engine.errors import CannotGoOn


class _Shut(BasePythonScriptEngineEnvironment):
    """The environment is shut, not only the engine: three places in SpiffWorkflow call it past the engine."""

    def evaluate(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Never."""
        raise CannotGoOn("The model asks for a computation outside the expression language.")

    execute = evaluate
    call_service = evaluate


def no_engine() -> PythonScriptEngine:
    """A script engine that refuses everything."""
    return PythonScriptEngine(_Shut())
