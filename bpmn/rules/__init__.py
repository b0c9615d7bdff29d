"""The lint rules about a process on paper: one function, one sentence each."""

from bpmn.rules import card, process, steps
from bpmn.rules.register import RULES, Registered, check

__all__ = ["RULES", "Registered", "card", "check", "process", "steps"]
