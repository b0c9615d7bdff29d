"""A model as frozen values: what lxml read, so that no other room needs to parse XML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from bpmn.durations import Duration
from bpmn.errors import Finding


@dataclass(frozen=True, slots=True)
class Standard:
    """A time standard: how long a step or the whole process may take.

    `completion` runs from the offer to the completion of the step (from start to end of the case), `reaction` from the
    offer to the first claim; `calendar` names the working calendar both are read on.
    """

    completion: Duration
    reaction: Duration | None = None
    calendar: str = "cn"


@dataclass(frozen=True, slots=True)
class Raci:
    """Post codes: exactly one responsible, one accountable; any number consulted and informed."""

    responsible: str
    accountable: str | None = None
    consulted: tuple[str, ...] = ()
    informed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EventDefinition:
    """What an event waits for or throws.

    `kind` is the BPMN tag without `EventDefinition` (timer, message, error, terminate, ...). A timer has one of
    `timeDate`, `timeDuration`, `timeCycle` in `timer` and its text in `text`; others have `ref` and the `code` it names.
    """

    kind: str
    line: int
    timer: str | None = None
    text: str | None = None
    ref: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Repetition:
    """How an activity is carried out several times. Expressions are texts, as written; `line` is that of the marker.

    `kind` is parallel or sequential (multi-instance) or loop (standard loop). A multi-instance has `cardinality`, a number, or
    `over`, a list whose entries each instance sees as `element`, and is over early once `until` is true. A loop goes on while
    `condition` is true (always, without one), `test_first` says that it is asked before the first time too, `maximum` bounds it.
    `beside` are attributes and elements of the marker that nothing here acts on, by their BPMN names.
    """

    kind: str
    line: int
    cardinality: str | None = None
    over: str | None = None
    element: str = "item"
    until: str | None = None
    condition: str | None = None
    test_first: bool = False
    maximum: str | None = None
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """One flow node. `kind` is the BPMN tag (userTask, exclusiveGateway, ...); `scope` the id of its process or sub-process.

    `incoming` and `outgoing` are ids of sequence flows, `lane` the id of its lane (of its host's or sub-process's, if it has none
    of its own), `attached_to` the host of a boundary event, `called` what a call activity calls (the code of a process or its
    id), `passes` the fields of its intake and the expressions that fill them. A send or receive task has its message in `events`;
    `message_key` is the expression that finds the case a message is for, `payload` a script that fills it or what a service
    task hands to its `connector`.
    """

    id: str
    kind: str
    name: str
    line: int
    scope: str
    lane: str | None = None
    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()
    events: tuple[EventDefinition, ...] = ()
    attached_to: str | None = None
    interrupting: bool = True
    default: str | None = None
    called: str | None = None
    triggered_by_event: bool = False
    for_compensation: bool = False
    script: str | None = None
    repeat: Repetition | None = None
    documentation: str = ""
    raci: Raci | None = None
    standard: Standard | None = None
    form: str | None = None
    decision: str | None = None
    public_intake: bool = False
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    message_key: str | None = None
    payload: str | None = None
    passes: tuple[tuple[str, str], ...] = ()
    connector: str | None = None

    @property
    def is_human(self) -> bool:
        """A step that a person does and that becomes a work item."""
        return self.kind in {"task", "userTask", "manualTask"}


@dataclass(frozen=True, slots=True)
class Flow:
    """One sequence flow, from node id to node id."""

    id: str
    source: str
    target: str
    line: int
    scope: str
    name: str = ""
    condition: str | None = None


@dataclass(frozen=True, slots=True)
class Other:
    """Anything else in the executable process that BPMN gives a meaning: data objects, associations, resources, correlations ...

    `kind` is the BPMN tag and `parent` the id of the nearest element around it that has one. Whoever runs the model decides what
    may be there without being understood.
    """

    id: str | None
    kind: str
    parent: str | None
    line: int


@dataclass(frozen=True, slots=True)
class Lane:
    """A department's row in the diagram; `department` is its code in the organisation, `nodes` all that stands in it."""

    id: str
    name: str
    department: str | None
    nodes: tuple[str, ...]
    line: int = 1


@dataclass(frozen=True)
class Model:
    """One executable process. `xml` is the file as it will be run (UTF-8); `sha256` is the hash of those bytes, in hex.

    `notices` say what was left out of the file on the way in (elements of other tools), as warnings.
    """

    process_id: str
    name: str
    xml: bytes
    sha256: str
    nodes: tuple[Node, ...]
    flows: tuple[Flow, ...]
    lanes: tuple[Lane, ...] = ()
    standard: Standard | None = None
    code: str | None = None
    owner: str | None = None
    director: str | None = None
    documentation: str = ""
    line: int = 1
    others: tuple[Other, ...] = ()
    notices: tuple[Finding, ...] = ()

    @cached_property
    def by_id(self) -> Mapping[str, Node]:
        """The nodes by their id."""
        return {node.id: node for node in self.nodes}

    def steps(self) -> Iterator[Node]:
        """The human steps in the order of the file."""
        return (node for node in self.nodes if node.is_human)

    def department_of(self, node_id: str) -> str | None:
        """The department whose lane holds the node."""
        return next((lane.department for lane in self.lanes if node_id in lane.nodes), None)

    def start(self) -> Node:
        """The start event of the process itself."""
        return next(node for node in self.nodes if node.kind == "startEvent" and node.scope == self.process_id)


@dataclass(frozen=True, slots=True)
class DecisionInput:
    """A column that is compared: an expression over the case data."""

    expression: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class DecisionRule:
    """One row: a cell per input, an expression per output. `line` is where it stands in the file."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Decision:
    """One DMN decision table. Cells are S-FEEL unary tests; `hit_policy` is the standard's word (UNIQUE, FIRST, ...)."""

    id: str
    name: str
    hit_policy: str
    inputs: tuple[DecisionInput, ...]
    outputs: tuple[str, ...]
    rules: tuple[DecisionRule, ...]
    line: int = 1
    aggregation: str | None = None


@dataclass(frozen=True)
class Bundle:
    """Everything that makes one process version: model, decisions, forms (JSON Schema), card, plan, organisation."""

    model: Model
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    forms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    as_is: Model | None = None
    card: Mapping[str, Any] = field(default_factory=dict)
    plan: Mapping[str, Any] = field(default_factory=dict)
    organisation: Mapping[str, Any] = field(default_factory=dict)
    rehearsal: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
