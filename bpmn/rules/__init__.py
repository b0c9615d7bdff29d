"""The lint rules about a process on paper: one function, one sentence each."""

from bpmn.rules.register import check

__all__ = ["check"]
