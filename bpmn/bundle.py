"""One process version as a set of files (model, decisions, forms, card, plan, organisation): bytes in, values out."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import Any

from bpmn.card import read_card
from bpmn.dmn import read_decisions
from bpmn.documents import check_shape, read_form, read_yaml
from bpmn.errors import BadModel, Finding
from bpmn.model import Bundle, Decision, Model
from bpmn.read import read_model

MAIN = "to-be.bpmn"
AS_IS = "as-is.bpmn"
_DOCUMENTS = ("card", "plan", "organisation", "rehearsal")
_LIBRARY = files("bpmn").joinpath("library")
_CALENDARS = "calendars"


class _Parts:
    """What has been read so far, and what was wrong with it."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.models: dict[str, Model] = {}
        self.decisions: dict[str, Decision] = {}
        self.forms: dict[str, Mapping[str, Any]] = {}
        self.documents: dict[str, Mapping[str, Any]] = {}

    def take(self, name: str, data: bytes, main: str) -> None:
        """Read one file by what its name says it is; a file of any other name is only kept."""
        path = PurePosixPath(name)
        try:
            if name in {main, AS_IS}:
                self.models[name] = read_model(data, name)
            elif path.suffix == ".dmn":
                self._add_decisions(read_decisions(data, name), name)
            elif path.suffix == ".json" and path.parent.name == "forms":
                self.forms[path.stem] = read_form(data, name)
            elif path.suffix in {".yaml", ".yml"} and path.stem in _DOCUMENTS:
                self._add_document(path.stem, read_yaml(data, name), name)
        except BadModel as bad:
            self.findings.extend(bad.findings)

    def _add_document(self, kind: str, document: Mapping[str, Any], name: str) -> None:
        if kind == "card":
            read_card(document, name)
        elif kind == "organisation":
            check_shape(document, kind, name)
        self.documents[kind] = document

    def _add_decisions(self, decisions: tuple[Decision, ...], name: str) -> None:
        for decision in decisions:
            if decision.id in self.decisions:
                message = f"the decision {decision.id!r} is in another file too: keep one of them"
                self.findings.append(Finding("duplicate-id", message, decision.id, decision.name, decision.line, file=name))
            self.decisions.setdefault(decision.id, decision)


def read_bundle(contents: Mapping[str, bytes], main: str | None = None) -> Bundle:
    """Read the files of one process version, by their relative POSIX names.

    `main` names the model when it is not `to-be.bpmn` and not the only `.bpmn`. Raises BadModel with all findings of all files.
    """
    main = main or _main_of(contents)
    parts = _Parts()
    if main not in contents:
        parts.findings.append(Finding("no-model", f"the model {main} is missing: add it, or name the main .bpmn file", file=main))
    for name, data in contents.items():
        parts.take(name, data, main)
    if parts.findings:
        raise BadModel(parts.findings)
    return Bundle(
        model=parts.models[main],
        decisions=parts.decisions,
        forms=parts.forms,
        as_is=parts.models.get(AS_IS),
        card=parts.documents.get("card", {}),
        plan=parts.documents.get("plan", {}),
        organisation=parts.documents.get("organisation", {}),
        rehearsal=parts.documents.get("rehearsal", {}),
        files=dict(contents),
    )


def shipped_codes() -> tuple[str, ...]:
    """The codes of the processes that come with the product."""
    return tuple(sorted(entry.name for entry in _LIBRARY.iterdir() if entry.is_dir() and _is_code(entry.name)))


def shipped(code: str) -> Bundle:
    """The bundle of one shipped process. Raises KeyError with the known codes for any other."""
    if code not in shipped_codes():
        raise KeyError(f"no process {code!r} is shipped: there is {', '.join(shipped_codes())}")
    return read_bundle(dict(_walk(_LIBRARY.joinpath(code))))


def calendar_names() -> tuple[str, ...]:
    """The names of the working calendars that come with the product."""
    entries = _LIBRARY.joinpath(_CALENDARS).iterdir()
    return tuple(sorted(PurePosixPath(entry.name).stem for entry in entries if entry.name.endswith(".yaml")))


def calendar_data(name: str) -> Mapping[str, Any]:
    """One shipped working calendar as it is written in its file. Raises KeyError with the known names for any other."""
    if name not in calendar_names():
        raise KeyError(f"no calendar {name!r} is shipped: there is {', '.join(calendar_names())}")
    return read_yaml(_LIBRARY.joinpath(_CALENDARS, f"{name}.yaml").read_bytes(), f"{name}.yaml")


def _main_of(contents: Mapping[str, bytes]) -> str:
    models = [name for name in contents if name.endswith((".bpmn", ".bpmn20.xml")) and name != AS_IS]
    return models[0] if len(models) == 1 else MAIN


def _is_code(name: str) -> bool:
    return name != _CALENDARS and not name.startswith((".", "_"))


def _walk(folder: Traversable, prefix: str = "") -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            found += _walk(entry, f"{prefix}{entry.name}/")
        elif not entry.name.startswith((".", "_")):
            found.append((prefix + entry.name, entry.read_bytes()))
    return found
