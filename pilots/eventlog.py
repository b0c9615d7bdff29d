"""The event log as files: CSV that loses nothing and harms no spreadsheet, XES for process mining. No parser of XML is needed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

import orjson

from engine import LogEntry, canonical, entry_hash, fields_of, instant
from pilots.errors import BadLog

COLUMNS = (
    *("case_id", "activity", "transition", "timestamp", "resource", "instance", "post", "department"),
    *("kind", "data", "seq", "recorded_at", "prev", "hash"),
)
TRANSITIONS = {
    "case.started": "complete",
    "case.completed": "complete",
    "case.cancelled": "pi_abort",
    "item.offered": "schedule",
    "item.claimed": "assign",
    "item.released": "reassign",
    "item.completed": "complete",
    "item.withdrawn": "withdraw",
}
"""Kinds that process mining knows, with their step in the standard life cycle of XES; no other kind is written to XES."""

LONGEST_CELL = 131_000  # characters; the csv module of every Python refuses to read a field of 131,072
_FORMULA = re.compile(r"[\s\u00a0\ufeff]*['=+\-@|%\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_csv(entries: Iterable[LogEntry]) -> bytes:
    """One line an entry, UTF-8. `read_csv` gives back the very same entries.

    A cell that a spreadsheet would take for a formula gets an apostrophe before it, as does one that begins with one.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for entry in entries:
        row = [_guarded(cell) for cell in _row(entry)]
        if any(len(cell) > LONGEST_CELL for cell in row):
            raise BadLog(f"entry {entry.seq} is too long for a cell of a CSV file")
        writer.writerow(row)
    return out.getvalue().encode()


def _row(entry: LogEntry) -> tuple[str, ...]:
    if entry.step == entry.kind:
        raise BadLog(f"entry {entry.seq}: a step must not be called {entry.kind}")
    return (
        entry.case or "",
        entry.step or entry.kind,
        TRANSITIONS.get(entry.kind, ""),
        instant(entry.at),
        entry.person or "",
        "" if entry.item is None else str(entry.item),
        entry.post or "",
        entry.department or "",
        entry.kind,
        canonical(dict(entry.data)).decode(),
        str(entry.seq),
        instant(entry.recorded_at),
        entry.prev,
        entry.hash,
    )


def _guarded(cell: str) -> str:
    return "'" + cell if _FORMULA.match(cell) else cell


def read_csv(data: bytes) -> list[LogEntry]:
    """The entries of a file that `write_csv` made. Raises BadLog with the line and what is wrong there."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadLog(f"the log is not UTF-8 text (byte {error.start})") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        if tuple(next(reader, ())) != COLUMNS:
            raise BadLog(f"line 1: the columns must be {', '.join(COLUMNS)}")
        return [_entry(row, reader.line_num) for row in reader]
    except csv.Error as error:
        raise BadLog(f"line {reader.line_num}: {error}") from None


def _entry(row: list[str], line: int) -> LogEntry:
    if len(row) != len(COLUMNS):
        raise BadLog(f"line {line}: {len(row)} cells instead of {len(COLUMNS)}")
    cell = dict(zip(COLUMNS, (value.removeprefix("'") for value in row), strict=True))
    kind = cell["kind"]
    if cell["transition"] != TRANSITIONS.get(kind, ""):
        raise BadLog(f"line {line}: transition {cell['transition']!r} does not belong to {kind}")
    return LogEntry(
        seq=_whole(cell["seq"], line),
        at=_instant(cell["timestamp"], line),
        recorded_at=_instant(cell["recorded_at"], line),
        kind=kind,
        case=cell["case_id"] or None,
        item=_whole(cell["instance"], line) if cell["instance"] else None,
        step=None if cell["activity"] == kind else cell["activity"],
        person=cell["resource"] or None,
        post=cell["post"] or None,
        department=cell["department"] or None,
        data=_data(cell["data"], line),
        prev=cell["prev"],
        hash=cell["hash"],
    )


def _whole(value: str, line: int) -> int:
    if not re.fullmatch(r"-?\d{1,18}", value, re.ASCII):
        raise BadLog(f"line {line}: {value!r} is not a whole number")
    return int(value)


def _instant(value: str, line: int) -> datetime:
    try:
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        raise BadLog(f"line {line}: {value!r} is not an instant") from None


def _data(value: str, line: int) -> dict[str, Any]:
    try:
        data = orjson.loads(value)
    except orjson.JSONDecodeError:
        data = None
    if not isinstance(data, dict):
        raise BadLog(f"line {line}: the data are not a JSON object")
    return data


def check_chain(entries: Sequence[LogEntry]) -> str | None:
    """What is wrong with the chain of these entries, or None.

    Each entry must carry the hash of its own content and of the one before; entries of other pilots may lie between, so
    only neighbours in the log are linked. That entries were dropped at an end or between cases shows in the head that
    the owner noted elsewhere, not here.
    """
    before: LogEntry | None = None
    for entry in entries:
        if entry_hash(entry.prev, fields_of(entry)) != entry.hash:
            return f"entry {entry.seq} was changed: its hash does not fit its content"
        if before is not None and entry.seq <= before.seq:
            return f"entry {entry.seq} stands behind entry {before.seq}"
        if before is not None and entry.seq == before.seq + 1 and entry.prev != before.hash:
            return f"entry {entry.seq} does not follow from entry {before.seq}"
        before = entry
    return None


_XES_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849-2023" xes.features="nested-attributes" xmlns="http://www.xes-standard.org/">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
<global scope="trace">
<string key="concept:name" value="unknown"/>
</global>
<global scope="event">
<string key="concept:name" value="unknown"/>
<date key="time:timestamp" value="1970-01-01T00:00:00.000+00:00"/>
<string key="lifecycle:transition" value="complete"/>
</global>
<classifier name="Activity" keys="concept:name"/>
<classifier name="Activity and transition" keys="concept:name lifecycle:transition"/>
<string key="lifecycle:model" value="standard"/>
"""


def write_xes(entries: Iterable[LogEntry]) -> bytes:
    """The cases as traces (IEEE 1849-2023), one tag a line, instants in UTC to the millisecond.

    Holds the kinds of TRANSITIONS: what happened to cases and work items. Ties keep the order of the log.
    """
    traces: dict[str, list[LogEntry]] = {}
    for entry in entries:
        if entry.case is not None and entry.kind in TRANSITIONS:
            traces.setdefault(entry.case, []).append(entry)
    lines = [line for case, events in traces.items() for line in _trace(case, events)]
    return (_XES_HEAD + "\n".join([*lines, "</log>"]) + "\n").encode()


def _trace(case: str, events: list[LogEntry]) -> Iterator[str]:
    yield "<trace>"
    yield _tag("string", "concept:name", case)
    for entry in sorted(events, key=lambda entry: (entry.at, entry.seq)):
        yield "<event>"
        yield _tag("string", "concept:name", entry.step or entry.kind)
        yield _tag("date", "time:timestamp", entry.at.astimezone(UTC).isoformat(timespec="milliseconds"))
        yield _tag("string", "lifecycle:transition", TRANSITIONS[entry.kind])
        named = {
            "concept:instance": entry.item,
            "org:resource": entry.person,
            "org:role": entry.post,
            "org:group": entry.department,
        }
        yield from (_tag("string", key, str(value)) for key, value in named.items() if value is not None)
        yield "</event>"
    yield "</trace>"


def _tag(kind: str, key: str, value: str) -> str:
    """Characters that XML cannot hold are left out; line breaks stay, and stay on one line."""
    clean = escape(_NOT_XML.sub("", value)).replace("\t", "&#9;").replace("\n", "&#10;").replace("\r", "&#13;")
    return f'<{kind} key="{key}" value="{clean}"/>'
