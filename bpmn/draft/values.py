"""What becomes of a foreign file: the draft, what was changed in it, what is still missing, all as frozen values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bpmn.errors import Finding
from bpmn.model import Model
from bpmn.read import read_model

MODEL_FILE = "to-be.bpmn"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs between the file as it was handed in and the draft.

    `rule` is a stable id in kebab-case for translators, `sentence` says in English what was done. `element` is the id in the
    file (of the new thing, where the file had none), `now` the id in the draft, None when it was taken out; `line` from 1.
    """

    rule: str
    element: str | None
    name: str | None
    line: int
    sentence: str
    now: str | None = None


@dataclass(frozen=True, slots=True)
class Hints:
    """What other tools say about one step and the model does not keep: offered as suggestions."""

    post: str | None = None
    standard: str | None = None
    form: str | None = None
    connector: str | None = None
    decision: str | None = None
    over: str | None = None  # the list that a repeated activity goes through, as it is written in the file
    entry: str | None = None  # and the name of its entry
    called: str | None = None  # the process that somebody said is the one meant


@dataclass(frozen=True, slots=True)
class Choice:
    """One way out of a decision: the id of the flow, what to call it, and its condition if there is one that can be used.

    `said` is a condition in the file that cannot be used, as it is written there.
    """

    flow: str
    label: str
    condition: str | None = None
    said: str | None = None


@dataclass(frozen=True, slots=True)
class Repair:
    """One thing that is missing before the process can run.

    `key` is `<kind>:<element>`, stable for the same file; answers are given under it. `accepts` are the kinds of answer
    (see `apply_answers`), the first one is what `answer_by_default` gives. `suggestion` is what the file itself suggests.
    """

    kind: str
    element: str
    name: str | None
    line: int
    sentence: str
    key: str
    accepts: tuple[str, ...]
    suggestion: str | None = None
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class OtherProcess:
    """A process of the same file that was not chosen; `nodes` is how many flow nodes it has."""

    id: str
    name: str
    nodes: int


@dataclass(frozen=True)
class Draft:
    """A foreign file made readable: `model_xml` is what `read_model` takes, with everything that was done to it in `changes`.

    `notices` say what other tools had put into the file and what was not taken over. `forms` are JSON Schemas by their ref:
    those made of form fields in the file, and those that ask people to choose a way. `hints` and `lines` are, by id, what other
    tools say about a step and where elements stand in the file that was handed in: answers need them later.
    """

    model_xml: bytes
    changes: tuple[Change, ...]
    notices: tuple[Finding, ...]
    repairs: tuple[Repair, ...]
    forms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    others: tuple[OtherProcess, ...] = ()
    file: str | None = None
    hints: Mapping[str, Hints] = field(default_factory=dict, repr=False)
    lines: Mapping[str, int] = field(default_factory=dict, repr=False)

    def model(self) -> Model:
        """The draft as `read_model` reads it."""
        return read_model(self.model_xml, self.file)

    def files(self) -> dict[str, bytes]:
        """The draft as the files of a bundle, by their relative names."""
        forms = {f"forms/{ref}.json": json.dumps(form, ensure_ascii=False, indent=2).encode() for ref, form in self.forms.items()}
        return {MODEL_FILE: self.model_xml, **forms}
