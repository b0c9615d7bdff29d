"""The figures of an assessment as a workbook: typed cells, no formula, and the same bytes for the same figures everywhere."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Literal

import xlsxwriter

from pilots.archive import write_archive
from pilots.assessment import Assessment
from pilots.tables import Spread
from pilots.texts import DEFINITIONS, Names, is_chinese, label, limit_text, text

Kind = Literal["text", "count", "share", "time", "instant", "day"]
Column = tuple[str, Kind]

_FORMATS: Mapping[Kind, str] = {
    "count": "0.######",
    "share": "0.0%",
    "time": "[h]:mm:ss",
    "instant": "yyyy-mm-dd hh:mm:ss",
    "day": "yyyy-mm-dd",
}
_DAY = 86_400
_MADE = datetime(2026, 1, 1)  # noqa: DTZ001 - the file format has no zone; fixed, so that equal figures are equal bytes


def write_workbook(assessment: Assessment, names: Names, language: str) -> bytes:
    """An .xlsx with a sheet each for decision, criteria, steps, cases, weeks, posts and definitions.

    Shares are numbers of 0 to 1, times are days (Excel's unit) shown as h:mm:ss, instants are UTC. Text is always text.
    """
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": text("report", language), "created": _MADE})
    writer = _Writer(book, language)
    writer.sheet("decision", [("", "text"), ("", "text")], _decision(assessment, names, language))
    writer.sheet("criteria", _CRITERIA, _criteria(assessment, language))
    writer.sheet("steps", _STEPS, _steps(assessment, names, language))
    writer.sheet("all_cases", [("", "text"), *_SPREAD], _summary(assessment, language))
    writer.sheet("cases", _CASES, _cases(assessment, language))
    writer.sheet("weeks", _WEEKS, ([row.monday, *_fields(row, _WEEK_FIELDS)] for row in assessment.weeks))
    writer.sheet("posts", _POSTS, _posts(assessment, names, language))
    chosen = is_chinese(language)
    writer.sheet("definitions", [("term", "text"), ("meaning", "text")], ([a[chosen], b[chosen]] for a, b in DEFINITIONS))
    book.close()
    return _repacked(out.getvalue())


class _Writer:
    """Writes cells by the kind of their column."""

    def __init__(self, book: Any, language: str) -> None:
        self.book, self.language = book, language
        self.head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.plain = book.add_format({"text_wrap": True, "valign": "top"})
        self.formats = {kind: book.add_format({"num_format": form, "valign": "top"}) for kind, form in _FORMATS.items()}

    def sheet(self, key: str, columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> None:
        sheet = self.book.add_worksheet(text(key, self.language)[:31])
        sheet.freeze_panes(1, 0)
        for number, (head, kind) in enumerate(columns):
            sheet.set_column(number, number, 28 if kind == "text" else 20 if kind == "instant" else 14)
            sheet.write_string(0, number, text(head, self.language) if head else "", self.head)
        for line, row in enumerate(rows, start=1):
            for number, (value, (_, kind)) in enumerate(zip(row, columns, strict=True)):
                self.cell(sheet, line, number, value, kind)

    def cell(self, sheet: Any, line: int, number: int, value: Any, kind: Kind) -> None:
        if value is None:
            sheet.write_blank(line, number, None, self.plain)
        elif kind == "text":
            sheet.write_string(line, number, str(value), self.plain)
        elif kind in ("instant", "day"):
            sheet.write_datetime(line, number, _naive(value), self.formats[kind])
        else:
            sheet.write_number(line, number, value / _DAY if kind == "time" else value, self.formats[kind])


def _naive(value: date) -> date:
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value


def _fields(row: object, names: Iterable[str]) -> list[Any]:
    return [getattr(row, name) for name in names]


def _decision(a: Assessment, names: Names, language: str) -> Iterable[Sequence[Any]]:
    titles = {**names, **{result.id: result.title for result in a.criteria}}
    if a.rehearsal:
        yield ["", text("rehearsal_banner", language)]
    yield [text("decision", language), text(a.decision.outcome, language)]
    for reason in a.decision.reasons:
        yield [text("reasons", language), reason.text(language, titles)]
    yield [text("as_of", language), a.at.isoformat()]
    yield [text("plan_hash", language), a.plan_hash]
    yield [text("model_hash", language), a.frozen.model_sha256 if a.frozen else None]
    yield [text("log_entries", language), str(a.log.entries)]
    yield [text("log_head", language), a.log.head]


_CRITERIA: Sequence[Column] = (
    *(("criterion", "text"), ("must", "text"), ("limit", "text"), ("target", "share"), ("tolerance_head", "share")),
    *(
        ("verdict", "text"),
        ("measured", "share"),
        ("lower", "share"),
        ("upper", "share"),
        ("counted", "count"),
        ("good", "count"),
    ),
    *(("missed", "count"), ("open_late", "count"), ("not_yet", "count"), ("set_aside", "text"), ("cases_needed", "count")),
    ("reasons", "text"),
)


def _criteria(a: Assessment, language: str) -> Iterable[Sequence[Any]]:
    for r in a.criteria:
        yield [
            label({r.id: r.title}, r.id, language),
            text("must" if r.must else "nice", language),
            limit_text(r.limit, language),
            r.goal,
            r.tolerance,
            text(r.verdict, language),
            *(r.share, r.lower, r.upper, r.n_mature, r.n_good, r.n_missed, r.n_open_late, r.n_not_yet),
            ", ".join(r.set_aside) or None,
            r.cases_needed,
            " ".join(reason.text(language) for reason in r.reasons),
        ]


_SPREAD: Sequence[Column] = (
    *(("counted", "count"), ("mean", "time"), ("median", "time"), ("p90", "time")),
    *(("median_low", "time"), ("median_high", "time"), ("p90_low", "time"), ("p90_high", "time")),
)


def _spread(row: Spread | None) -> list[Any]:
    if row is None:
        return [None] * len(_SPREAD)
    return [row.n, row.mean_s, row.median_s, row.p90_s, *row.median_interval_s, *row.p90_interval_s]


_STEP_FIELDS = ("offered", "completed", "open", "withdrawn", "mature", "in_time", "late_open")
_STEPS: Sequence[Column] = (
    *(("step", "text"), ("standard", "text"), ("offered", "count"), ("completed", "count"), ("open", "count")),
    *(("withdrawn", "count"), ("counted", "count"), ("in_time", "count"), ("open_late", "count"), ("share_in_time", "share")),
    *(("again", "share"), ("oldest_open", "time"), ("elapsed_mean", "time"), ("elapsed_p90", "time")),
    *(("working_mean", "time"), ("working_p90", "time"), ("queue", "time"), ("touch", "time")),
)


def _steps(a: Assessment, names: Names, language: str) -> Iterable[Sequence[Any]]:
    for row in a.steps:
        both = [(spread.mean_s, spread.p90_s) if spread else (None, None) for spread in (row.sojourn, row.sojourn_working)]
        yield [
            label(names, row.step, language, row.name),
            limit_text(row.standard, language),
            *_fields(row, _STEP_FIELDS),
            *(row.share_in_time, row.share_again, row.oldest_open_s, *both[0], *both[1]),
            *(spread.mean_s if spread else None for spread in (row.queue_working, row.touch_working)),
        ]


def _summary(a: Assessment, language: str) -> Iterable[Sequence[Any]]:
    for key in ("cycle", "cycle_working", "first_response"):
        yield [text(key, language), *_spread(getattr(a.summary, key))]


_CASES: Sequence[Column] = (
    *(("case", "text"), ("start", "instant"), ("end", "instant"), ("due", "instant"), ("state", "text")),
    *(("cycle", "time"), ("cycle_working", "time"), ("first_response", "time"), ("handovers", "count")),
)


def _cases(a: Assessment, language: str) -> Iterable[Sequence[Any]]:
    for row in a.cases:
        times = (row.cycle_s, row.cycle_working_s, row.first_response_s, row.handovers)
        yield [row.number, row.started_at, row.ended_at, row.due_at, text(row.state, language), *times]


_WEEK_FIELDS = ("started", "completed", "in_time", "late", "not_yet", "set_aside")
_WEEKS: Sequence[Column] = (("week", "day"), *((name, "count") for name in _WEEK_FIELDS))
_POSTS: Sequence[Column] = (
    ("post", "text"),
    ("people", "count"),
    ("completed", "count"),
    ("touch_sum", "time"),
    ("busy", "share"),
)


def _posts(a: Assessment, names: Names, language: str) -> Iterable[Sequence[Any]]:
    for row in a.posts:
        yield [label(names, row.post, language), row.people, row.completed, row.held_working_s, row.busy]


def _repacked(book: bytes) -> bytes:
    """The same parts without compression: which bytes a compressor writes depends on its version, the figures must not."""
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return write_archive(parts, compressed=False)
