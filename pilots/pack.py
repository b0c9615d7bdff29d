"""The evidence pack: one zip with report, workbook, figures, log, model, plan and calendars; whoever has it can recompute it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from bpmn import calendar_data, calendar_names
from engine import Calendar, LogEntry
from pilots.archive import write_archive
from pilots.assessment import Assessment, assess
from pilots.errors import BadPack
from pilots.eventlog import write_csv, write_xes
from pilots.figures import differences
from pilots.plan import Plan, plan_bytes
from pilots.report import write_report
from pilots.texts import Names, is_chinese
from pilots.workbook import write_workbook

FORMAT = 1
REPORT, WORKBOOK, METRICS, LOG, XES = "report.html", "metrics.xlsx", "metrics.json", "events.csv", "events.xes"
MODEL, PLAN, CALENDARS, NAMES, MANIFEST = "model.bpmn", "plan.json", "calendar.json", "names.json", "MANIFEST.sha256"
CALLED = "called.json"  # the models of called processes by code and version; there only where cases have called any
INPUTS = (LOG, PLAN, CALENDARS, MODEL, NAMES)
PARTS = (*INPUTS, REPORT, WORKBOOK, METRICS, XES, MANIFEST)


def build_pack(
    assessment: Assessment,
    entries: Sequence[LogEntry],
    *,
    model_xml: bytes,
    plan: Plan,
    names: Names,
    language: str,
    calendars: Mapping[str, Mapping[str, Any]] | None = None,
    called: Mapping[str, str] | None = None,
) -> bytes:
    """The zip, the same bytes for the same arguments.

    `entries` are those that the assessment was made from; `names` says what steps, posts, departments and the process are
    called; `calendars` are the calendars' data by name (default: those that come with the product), `called` the models of the
    processes that the cases call, by `<code> <version>`. Raises BadPack when
    the assessment does not follow from plan, entries and calendars, so that no pack leaves that could not be verified.
    """
    used = _calendar_data(plan, entries, calendars)
    inputs = {
        LOG: write_csv(entries),
        PLAN: plan_bytes(plan),
        CALENDARS: json_bytes(used),
        MODEL: model_xml,
        NAMES: json_bytes(names),
    }
    wanted = called_in(entries)
    if missing := sorted(wanted - (called or {}).keys()):
        raise BadPack(f"the model of {missing[0]}, which the cases call, is missing")
    if wanted:
        inputs[CALLED] = json_bytes({name: (called or {})[name] for name in sorted(wanted)})
    recomputed = assess(
        plan,
        entries,
        {name: Calendar.from_data(data) for name, data in used.items()},
        assessment.at,
        rehearsal=assessment.rehearsal,
    )
    wrong = next(differences(assessment.to_dict(), recomputed.to_dict()), None)
    if wrong is not None:
        raise BadPack(f"the assessment does not follow from these entries, plan and calendars: {wrong}")
    return write_archive(with_manifest({**inputs, **derived(assessment, entries, inputs, names, language)}))


def derived(
    assessment: Assessment, entries: Sequence[LogEntry], inputs: Mapping[str, bytes], names: Names, language: str
) -> dict[str, bytes]:
    """The parts that follow from the others."""
    chosen = "zh" if is_chinese(language) else "en"
    about = {
        "format": FORMAT,
        "language": chosen,
        "inputs": {name: sha256(inputs[name]) for name in (*INPUTS, CALLED) if name in inputs},
    }
    return {
        REPORT: write_report(assessment, names, chosen),
        WORKBOOK: write_workbook(assessment, names, chosen),
        METRICS: orjson.dumps({**assessment.to_dict(), "pack": about}, option=orjson.OPT_INDENT_2) + b"\n",
        XES: write_xes(entries),
    }


def called_in(entries: Sequence[LogEntry]) -> frozenset[str]:
    """What the cases call, as `<code> <version>`."""
    calls = (entry.data.get("calls") or {} for entry in entries if entry.kind == "case.started")
    return frozenset(f"{code} {version}" for one in calls if isinstance(one, Mapping) for code, version in one.items())


def with_manifest(parts: Mapping[str, bytes]) -> dict[str, bytes]:
    """The parts by name, and the list of their hashes as sha256sum writes and checks it."""
    ordered = {name: parts[name] for name in sorted(parts) if name != MANIFEST}
    lines = [f"{sha256(data)}  {name}\n" for name, data in ordered.items()]
    return {MANIFEST: "".join(lines).encode(), **ordered}


def json_bytes(data: Mapping[str, Any]) -> bytes:
    """Canonical JSON: sorted keys, no spaces, dates as ISO text."""
    return orjson.dumps(data, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)


def sha256(data: bytes) -> str:
    """In hex."""
    return hashlib.sha256(data).hexdigest()


def used_calendars(plan: Plan, entries: Sequence[LogEntry]) -> tuple[str, ...]:
    """The names of the calendars that the figures depend on: the plan's, and those that work was offered under."""
    named = {entry.data.get("calendar") for entry in entries if entry.kind in ("case.started", "item.offered")}
    return tuple(sorted({plan.calendar, *(name for name in named if isinstance(name, str))}))


def _calendar_data(
    plan: Plan, entries: Sequence[LogEntry], calendars: Mapping[str, Mapping[str, Any]] | None
) -> dict[str, Mapping[str, Any]]:
    """Calendars that nobody has are left out: the assessment says that they are missing."""
    used = used_calendars(plan, entries)
    if calendars is None:
        return {name: calendar_data(name) for name in used if name in calendar_names()}
    return {name: calendars[name] for name in used if name in calendars}
