"""A process on paper: models, cards, and the rules about them. Knows lxml and nothing else of the project."""

from bpmn.bundle import calendar_data, calendar_names, read_bundle, shipped, shipped_codes
from bpmn.card import Card, CardRaci, CardStep, read_card
from bpmn.dmn import read_decisions
from bpmn.documents import read_yaml
from bpmn.draft import (
    BadAnswer,
    Change,
    Choice,
    Draft,
    OtherProcess,
    Repair,
    answer_by_default,
    answer_in_rounds,
    apply_answers,
    leave_to_people,
    make_draft,
)
from bpmn.drawn import Drawn, drawn
from bpmn.durations import BadDuration, Duration, Unit
from bpmn.errors import BadModel, Finding, Severity
from bpmn.layout import lay_out
from bpmn.model import (
    Bundle,
    Decision,
    DecisionInput,
    DecisionRule,
    EventDefinition,
    Flow,
    Lane,
    Model,
    Node,
    Other,
    Raci,
    Repetition,
    Standard,
)
from bpmn.read import read_model
from bpmn.rules import check

__all__ = [
    "BadAnswer",
    "BadDuration",
    "BadModel",
    "Bundle",
    "Card",
    "CardRaci",
    "CardStep",
    "Change",
    "Choice",
    "Decision",
    "DecisionInput",
    "DecisionRule",
    "Draft",
    "Drawn",
    "Duration",
    "EventDefinition",
    "Finding",
    "Flow",
    "Lane",
    "Model",
    "Node",
    "Other",
    "OtherProcess",
    "Raci",
    "Repair",
    "Repetition",
    "Severity",
    "Standard",
    "Unit",
    "answer_by_default",
    "answer_in_rounds",
    "apply_answers",
    "calendar_data",
    "calendar_names",
    "check",
    "drawn",
    "lay_out",
    "leave_to_people",
    "make_draft",
    "read_bundle",
    "read_card",
    "read_decisions",
    "read_model",
    "read_yaml",
    "shipped",
    "shipped_codes",
]
