"""What a draft is missing as the fields of a page, and the fields of a page as answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import bpmn
import engine
from webapp import draft_words
from webapp.language import pick
from webapp.sentences import gettext

N_ = draft_words.N_
Choices = tuple[tuple[str, str], ...]
_VALUED = frozenset({"script", "decision", "process", "expression", "count", "list", "message", "connector", "code"})
_EVERY_STANDARD, _EVERY_POST = "every|standard", "every|post"
UNASSIGNED = "unassigned"


@dataclass(frozen=True, slots=True)
class Input:
    """One control. `kind` is text, long, select or radio; `name` is what is sent, `id` what the page calls it."""

    name: str
    id: str
    kind: str
    label: str
    value: str = ""
    choices: Choices = ()
    error: str = ""
    help: str = ""
    code: bool = False  # what is written there is read by the engine, and set in its type

    @property
    def first_id(self) -> str:
        """What takes the focus."""
        return f"{self.id}-0" if self.kind == "radio" else self.id


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that is missing, with the controls that answer it."""

    number: int
    repair: bpmn.Repair
    text: str
    inputs: tuple[Input, ...]

    @property
    def id(self) -> str:
        """Where a link to it leads."""
        return f"q{self.number}"


@dataclass(frozen=True, slots=True)
class Known:
    """What can be chosen from: posts, departments and deployed processes, decisions and forms of the draft."""

    posts: Mapping[str, engine.Names]
    departments: Mapping[str, engine.Names]
    processes: Choices
    decisions: Sequence[str]
    forms: Sequence[str]


def questions(draft: bpmn.Draft, known: Known, entered: Mapping[str, str], problems: Mapping[str, str]) -> list[Question]:
    """Every question of a draft, holding what was `entered` and, beside the fields, what was wrong with it."""
    return [
        Question(number, repair, draft_words.repair(repair), tuple(_Writer(number, repair, known, entered, problems).inputs()))
        for number, repair in enumerate(draft.repairs, 1)
    ]


def every(entered: Mapping[str, str], known: Known) -> tuple[Input, ...]:
    """What is to hold for every step that is not answered by itself."""
    return (
        Input(
            _EVERY_POST, "every-post", "select", gettext("Post of every step without an answer"), entered.get(_EVERY_POST, ""),
            _named(known.posts, ""),
        ),
        Input(
            _EVERY_STANDARD, "every-standard", "text", gettext("Time of every step without an answer"),
            entered.get(_EVERY_STANDARD, ""), help=gettext("e.g. 2 working days, 30 working minutes or PT48H"),
        ),
    )  # fmt: skip


def answers(draft: bpmn.Draft, entered: Mapping[str, str]) -> dict[str, Any]:
    """The answers in a posted form, by key; what was left blank is no answer."""
    found: dict[str, Any] = {}
    steps = {node.id for node in draft.model().steps()}
    for repair in draft.repairs:
        answer = _answer(repair, {part: _text(entered, repair.key, part) for part in _parts(repair)})
        if answer is None and repair.element in steps and repair.kind in {"post", "standard"}:
            answer = entered.get(f"every|{repair.kind}", "").strip() or None
        if answer is not None:
            found[repair.key] = answer
    return found


def _parts(repair: bpmn.Repair) -> tuple[str, ...]:
    return ("", "mode", "accountable", "value", *(choice.flow for choice in repair.choices))


def _text(entered: Mapping[str, str], key: str, part: str = "") -> str:
    return entered.get(f"{key}|{part}", "").strip()


def _answer(repair: bpmn.Repair, given: Mapping[str, str]) -> Any:
    if repair.kind == "post":
        code = given[""]
        return {"responsible": code, "accountable": given["accountable"] or code} if code else None
    if repair.kind == "decision":
        conditions = {choice.flow: given[choice.flow] for choice in repair.choices if given[choice.flow]}
        untouched = {choice.flow: choice.condition for choice in repair.choices if choice.condition}
        if given["mode"] == "people":
            return "people"
        return conditions if conditions and (given["mode"] or conditions != untouched) else None
    mode = given["mode"] or (next((word for word in repair.accepts if word in _VALUED), "") if given["value"] else "")
    return _chosen(mode, given["value"]) if mode else given[""] or None


def _chosen(mode: str, value: str) -> Any:
    """The answer that an option stands for; some carry a value."""
    if mode == "count":
        return int(value) if value.isascii() and value.isdigit() and len(value) < 6 else value
    if mode in {"script", "decision", "process", "expression", "list", "message", "connector"}:
        return {mode: value}
    return value if mode == "code" else mode


_NAMED: Mapping[str, tuple[str, str]] = {
    "message": (N_("Name of the message"), ""),
    "connector": (N_("Name of the connector"), N_("as the administrator has set it up")),
}
"""Answers that are a name: the label of the field and what is said under it."""


class _Writer:
    """Writes the controls of one question."""

    def __init__(
        self, number: int, repair: bpmn.Repair, known: Known, entered: Mapping[str, str], problems: Mapping[str, str]
    ) -> None:
        self.number, self.repair, self.known = number, repair, known
        self.entered, self.problems = entered, problems

    def inputs(self) -> Iterator[Input]:
        """In the order in which they are read."""
        kind = self.repair.kind
        if kind in {"owner", "director"}:
            yield self._select("", gettext("Post"), self.known.posts, self.repair.suggestion)
        elif kind == "department":
            yield self._select("", gettext("Department"), self.known.departments, self.repair.suggestion)
        elif kind == "post":
            yield self._select("", gettext("Responsible"), self.known.posts, self.repair.suggestion)
            yield self._select("accountable", gettext("Accountable"), self.known.posts, None)
        elif kind == "decision":
            yield from self._decision()
        elif kind in _PLAIN:
            yield self._input("", "text", gettext(_PLAIN[kind]), self.repair.suggestion or "", help=gettext(_HELP.get(kind, "")))
        else:
            yield from self._options()

    def _decision(self) -> Iterator[Input]:
        options = (("people", gettext("People choose the way")), ("conditions", gettext("Conditions decide")))
        yield self._input("mode", "radio", gettext("Who decides?"), "", options)
        for choice in self.repair.choices:
            text = gettext("Condition for %(way)s", way=choice.label)
            hint = gettext("e.g. step.field == true; write default for the way that is left over")
            if choice.said:
                hint = gettext("In the file: %(condition)s", condition=choice.said[:200])
            yield self._input(choice.flow, "text", text, choice.condition or "", help=hint, code=True)

    def _options(self) -> Iterator[Input]:
        words = [word for word in self.repair.accepts if word in _OPTIONS and self._is_possible(word)]
        options = tuple((word, gettext(_OPTIONS[word])) for word in words)
        suggested = self.repair.suggestion if self.repair.suggestion in words else words[0] if len(words) == 1 else ""
        yield self._input("mode", "radio", gettext("Answer"), suggested or "", options)
        for word in words:
            if word == "decision":
                yield self._input("value", "select", gettext("Decision table"), "", _codes(self.known.decisions))
            elif word == "process":
                yield self._input("value", "select", gettext("Process"), "", self.known.processes)
            elif word == "code":
                yield self._input("value", "select", gettext("Form"), "", _codes(self.known.forms))
            elif word in _NAMED:
                label, help = _NAMED[word]
                yield self._input("value", "text", gettext(label), self._name_for(word), help=gettext(help) if help else "")
            elif word == "count":
                yield self._input("value", "text", gettext("How often, or the list"), "", code=True)
            elif word in {"script", "expression"}:
                kind = "long" if word == "script" else "text"
                yield self._input("value", kind, gettext(_OPTIONS[word]), "", code=True)

    def _name_for(self, word: str) -> str:
        return (self.repair.name or "") if word == "message" else ""

    def _is_possible(self, word: str) -> bool:
        """Nothing is offered where there is nothing to choose from."""
        known = {"decision": self.known.decisions, "process": self.known.processes, "code": self.known.forms}
        return word not in known or bool(known[word])

    def _select(self, part: str, label: str, names: Mapping[str, engine.Names], suggestion: str | None) -> Input:
        return self._input(part, "select", label, suggestion or "", _named(names, suggestion or ""))

    def _input(
        self, part: str, kind: str, label: str, value: str, choices: Choices = (), *, help: str = "", code: bool = False
    ) -> Input:
        name = f"{self.repair.key}|{part}"
        place = f"{self.repair.key}/{part}"
        said = self.problems.get(place) or (self.problems.get(self.repair.key) if part in {"", "mode"} else None)
        error = draft_words.problem(place if place in self.problems else self.repair.key, said) if said else ""
        number = [*_parts(self.repair)].index(part)
        identifier = f"q{self.number}-{number}"
        return Input(name, identifier, kind, label, self.entered.get(name, value), choices, error, help, code)


def _named(names: Mapping[str, engine.Names], suggestion: str) -> Choices:
    """What the organisation has, with their names; and what the file suggests, though nobody here is called that."""
    listed = tuple((code, f"{pick(name)} ({code})") for code, name in names.items())
    strange = [code for code in dict.fromkeys((suggestion, UNASSIGNED)) if code and code not in names]
    return listed + tuple((code, gettext("%(code)s (not in the organisation yet)", code=code)) for code in strange)


def _codes(codes: Sequence[str]) -> Choices:
    return tuple((code, code) for code in codes)


_PLAIN: Mapping[str, str] = {"code": N_("Code"), "standard": N_("Time"), "timer": N_("Time")}
_HELP: Mapping[str, str] = {
    "code": N_("latin letters, digits, hyphen and underscore"),
    "standard": N_("e.g. 2 working days, 30 working minutes or PT48H"),
    "timer": N_("e.g. PT4H, P2D or 2026-12-01T09:00:00+08:00"),
}
_OPTIONS: Mapping[str, str] = {
    "person": N_("A person does it"),
    "script": N_("A script in the expression language"),
    "decision": N_("A decision table decides"),
    "process": N_("A deployed process"),
    "once": N_("Once"),
    "people": N_("People begin it"),
    "message": N_("A message"),
    "connector": N_("A connector does it"),
    "count": N_("Several times"),
    "list": N_("For each entry of a list"),
    "expression": N_("A condition in the expression language"),
    "remove": N_("Take it out"),
    "exit": N_("People end it there"),
    "inclusive": N_("It waits only for the ways that are taken"),
    "none": N_("No form"),
    "code": N_("A form of this draft"),
}
