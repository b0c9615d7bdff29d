"""A foreign file becomes a draft: made right where that needs no answer, with every change and everything missing in words."""

from bpmn.draft.answers import BadAnswer, answer_by_default, answer_in_rounds, apply_answers, leave_to_people
from bpmn.draft.make import make_draft
from bpmn.draft.values import Change, Choice, Draft, Hints, OtherProcess, Repair

__all__ = [
    "BadAnswer",
    "Change",
    "Choice",
    "Draft",
    "Hints",
    "OtherProcess",
    "Repair",
    "answer_by_default",
    "answer_in_rounds",
    "apply_answers",
    "leave_to_people",
    "make_draft",
]
