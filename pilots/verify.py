"""Checks an evidence pack from the outside in: the zip, the manifest, the chain of the log, and every figure recomputed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import orjson

from engine import BadInput, Calendar, LogEntry
from pilots.archive import read_archive
from pilots.assessment import assess
from pilots.errors import BadLog, BadPack, PilotError
from pilots.eventlog import check_chain, read_csv, write_csv
from pilots.figures import differences, leaves
from pilots.pack import (
    CALENDARS,
    CALLED,
    INPUTS,
    LOG,
    MANIFEST,
    METRICS,
    MODEL,
    NAMES,
    PARTS,
    PLAN,
    REPORT,
    WORKBOOK,
    XES,
    called_in,
    derived,
    json_bytes,
    sha256,
)
from pilots.plan import Plan, plan_hash, read_plan

_UNREADABLE = (PilotError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
MOST_NAMED = 20  # of one kind in one file; the first few say where to look


@dataclass(frozen=True, slots=True)
class Verification:
    """`problems` has a sentence for each thing that is wrong, its file first; `figures` were recomputed and compared."""

    ok: bool
    problems: tuple[str, ...]
    figures: int


def verify_pack(data: bytes, *, head: str | None = None) -> Verification:
    """Check a pack; never raises for what is in it.

    `head` is the hash of the last log entry, when the owner noted it elsewhere: only then does it show that somebody made
    the whole pack anew from other facts.
    """
    try:
        parts = read_archive(data)
    except BadPack as bad:
        return Verification(False, (str(bad),), 0)
    problems = [*_names(parts), *_manifest(parts)]
    if any(name not in parts for name in PARTS):
        return Verification(False, tuple(problems), 0)
    found = _Pack(parts)
    problems += found.problems
    if found.plan is None or found.problems:
        return Verification(False, tuple(problems), 0)
    if head is not None and (not found.entries or found.entries[-1].hash != head):
        problems.append(f"{LOG}: the last entry is not the one with the hash {head}")
    try:
        figures, wrong = _recompute(found, found.plan)
    except _UNREADABLE as bad:  # what was forged well enough to pass so far may still be of the wrong type somewhere
        figures, wrong = 0, [f"{METRICS}: the figures cannot be recomputed: {bad}"]
    problems += wrong
    return Verification(not problems, tuple(problems), figures)


def _names(parts: Mapping[str, bytes]) -> Iterator[str]:
    yield from (f"{name}: is missing from the pack" for name in PARTS if name not in parts)
    yield from (f"{name}: does not belong into a pack" for name in parts if name not in (*PARTS, CALLED))


def _manifest(parts: Mapping[str, bytes]) -> Iterator[str]:
    """Both ways: what is listed must be there and unchanged, what is there must be listed."""
    if MANIFEST not in parts:
        return
    listed: dict[str, str] = {}
    for line in parts[MANIFEST].decode("utf-8", "replace").splitlines():
        match = re.fullmatch(r"([0-9a-f]{64})  (.+)", line)
        if match is None or match[2] in listed:
            yield f"{MANIFEST}: cannot be read at {line[:80]!r}"
            return
        listed[match[2]] = match[1]
    for name, digest in listed.items():
        if name in parts and sha256(parts[name]) != digest:
            yield f"{name}: was changed, its hash is not the one in {MANIFEST}"
        elif name not in parts and name not in PARTS:
            yield f"{name}: is listed in {MANIFEST} and missing from the pack"
    yield from (f"{name}: is not listed in {MANIFEST}" for name in parts if name not in listed and name != MANIFEST)
    written = "".join(f"{listed[name]}  {name}\n" for name in sorted(listed))
    if parts[MANIFEST] != written.encode():
        yield f"{MANIFEST}: is not written as the product writes it"


class _Pack:
    """The inputs of a pack as values; `problems` says which of them cannot be trusted."""

    def __init__(self, parts: Mapping[str, bytes]) -> None:
        self.parts = parts
        self.problems: list[str] = []
        self.metrics = self._json(METRICS)
        self.names = self._json(NAMES)
        self.entries: Sequence[LogEntry] = self._log()
        self.plan: Plan | None = self._plan()
        self.calendars: dict[str, Calendar] = dict(self._calendars())
        self._frozen()
        self.problems += self._called()
        self._inputs()

    def _json(self, name: str) -> dict[str, Any]:
        try:
            data = orjson.loads(self.parts[name])
        except orjson.JSONDecodeError:
            data = None
        if not isinstance(data, dict):
            self.problems.append(f"{name}: is not a JSON object")
            return {}
        if name != METRICS and json_bytes(data) != self.parts[name]:
            self.problems.append(f"{name}: is not written as the product writes it")
        return data

    def _log(self) -> Sequence[LogEntry]:
        try:
            entries = read_csv(self.parts[LOG])
            if write_csv(entries) != self.parts[LOG]:
                raise BadLog("is not written as the product writes it")
            if wrong := check_chain(entries):
                raise BadLog(wrong)
        except (BadLog, TypeError, ValueError) as bad:
            self.problems.append(f"{LOG}: {bad}")
            return []
        return entries

    def _plan(self) -> Plan | None:
        try:
            return read_plan(self._json(PLAN))
        except PilotError as bad:
            self.problems.append(f"{PLAN}: {bad}")
            return None

    def _calendars(self) -> Iterator[tuple[str, Calendar]]:
        for name, data in self._json(CALENDARS).items():
            try:
                yield name, Calendar.from_data(data)
            except (BadInput, AttributeError, TypeError) as bad:
                self.problems.append(f"{CALENDARS}: {name}: {bad}")

    def _frozen(self) -> None:
        """What the log says was frozen must be what lies in the pack."""
        frozen = next((entry.data for entry in reversed(self.entries) if entry.kind == "pilot.frozen"), None)
        if frozen is None or self.plan is None:
            return
        if frozen.get("plan_hash") != plan_hash(self.plan):
            self.problems.append(f"{PLAN}: is not the plan that the log says was frozen")
        if frozen.get("model_sha256") not in (None, sha256(self.parts[MODEL])):
            self.problems.append(f"{MODEL}: is not the model that the log says was frozen")

    def _called(self) -> Iterator[str]:
        """The models of called processes are those that the log says were deployed, all of them and no others."""
        models = self._json(CALLED) if CALLED in self.parts else {}
        deployed = {
            f"{entry.data.get('code')} {entry.data.get('version')}": entry.data.get("model_sha256")
            for entry in self.entries
            if entry.kind == "process.deployed"
        }
        wanted = called_in(self.entries)
        yield from (f"{CALLED}: the model of {name}, which cases call, is missing" for name in sorted(wanted - models.keys()))
        yield from (f"{CALLED}: no case calls {name}" for name in models if name not in wanted)
        for name in sorted(wanted & models.keys()):
            if sha256(str(models[name]).encode()) != deployed.get(name):
                yield f"{CALLED}: {name} is not the model that the log says was deployed"
        if CALLED in self.parts and not wanted:
            yield f"{CALLED}: does not belong into a pack whose cases call nothing"

    def _inputs(self) -> None:
        """The hashes that metrics.json carries of what it was made from."""
        about = self.metrics.get("pack")
        noted = about.get("inputs") if isinstance(about, dict) else None
        if not isinstance(noted, dict):
            self.problems.append(f"{METRICS}: does not say what it was made from")
            return
        for name in (*INPUTS, CALLED):
            if name not in self.parts:
                continue  # said elsewhere
            if noted.get(name) != sha256(self.parts[name]):
                self.problems.append(f"{name}: its hash is not the one that {METRICS} was made from")


def _recompute(found: _Pack, plan: Plan) -> tuple[int, list[str]]:
    """Every figure again from log, plan and calendars, and every derived file again from the figures."""
    at = datetime.fromisoformat(str(found.metrics.get("at")))
    again = assess(plan, found.entries, found.calendars, at, rehearsal=found.metrics.get("rehearsal") is True)
    language = str(found.metrics.get("pack", {}).get("language"))
    made = derived(again, found.entries, found.parts, found.names, language)
    ours = orjson.loads(made[METRICS])
    problems = [f"{METRICS}: {one}" for one in _few(differences(found.metrics, ours))]
    if not problems and made[METRICS] != found.parts[METRICS]:
        problems.append(f"{METRICS}: is not written as the product writes it")
    for name, compare in ((REPORT, _figures_of_report), (WORKBOOK, _cells_of_workbook), (XES, _lines)):
        if made[name] != found.parts[name]:
            named = list(_few(_compare(compare(found.parts[name]), compare(made[name]))))
            problems += [f"{name}: {one}" for one in named] or [f"{name}: is not what the figures give"]
    return sum(1 for _ in leaves(ours)), problems


def _few(sentences: Iterator[str]) -> Iterator[str]:
    yield from islice(sentences, MOST_NAMED)
    if rest := sum(1 for _ in sentences):
        yield f"and {rest} more"


def _compare(theirs: Mapping[str, str], ours: Mapping[str, str]) -> Iterator[str]:
    for key in [*ours, *(key for key in theirs if key not in ours)]:
        if theirs.get(key) != ours.get(key):
            yield f"{key} reads {theirs.get(key, '')[:80]!r}, recomputed {ours.get(key, '')[:80]!r}"


def _figures_of_report(page: bytes) -> dict[str, str]:
    """The figures of a report by their path: exact value and text."""
    found = re.findall(r'<data data-figure="([^"]*)" value="([^"]*)">([^<]*)</data>', page.decode("utf-8", "replace"))
    return {path: f"{value} ({words})" for path, value, words in found}


def _cells_of_workbook(book: bytes) -> dict[str, str]:
    """The cells of a workbook as XlsxWriter wrote them, by part and place: enough to say where a difference lies."""
    try:
        parts = read_archive(book)
    except BadPack:
        return {}
    cells: dict[str, str] = {}
    for name, data in parts.items():
        if name.startswith("xl/worksheets/"):
            found = re.findall(r'<c r="([A-Z]+\d+)"[^>]*?(?:/>|>(.*?)</c>)', data.decode("utf-8", "replace"))
            cells |= {f"{name.removeprefix('xl/worksheets/')} {place}": value for place, value in found}
        elif name == "xl/sharedStrings.xml":
            texts = re.findall(r"<si>(.*?)</si>", data.decode("utf-8", "replace"), re.DOTALL)
            cells |= {f"text {number}": value for number, value in enumerate(texts)}
    return cells


def _lines(data: bytes) -> dict[str, str]:
    lines = data.decode("utf-8", "replace").splitlines()
    return {f"line {number}": line for number, line in enumerate(lines, start=1)}
