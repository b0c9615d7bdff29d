"""The charts of an assessment: which figures go into which picture, and the words around them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time

from bpmn import BadDuration, Duration, Unit
from pilots.assessment import Assessment
from pilots.charts import Dot, dot_plot, histogram, weekly_strip
from pilots.tables import StepRow
from pilots.texts import Names, label, limit_text, seconds_text, text

MOST_DOTS = 2_000  # beyond it a page of marks says less than the table; the newest are shown


def chart_labels(language: str, **words: str) -> Mapping[str, str]:
    """The words that every chart needs, with those of this one."""
    common = {key: text(key, language) for key in ("limit", "in_time", "late", "open", "not_yet")}
    return common | words


def limit_seconds(limit: str | None) -> int | None:
    """Seconds of a standard in hours or minutes; None for working days, whose hours depend on the calendar."""
    try:
        duration = Duration.parse(limit or "")
    except BadDuration:
        return None
    return None if duration.unit is Unit.WORKING_DAYS else duration.amount


def case_chart(assessment: Assessment, language: str = "en", *, uid: str = "cases") -> str:
    """Every case against the standard of the whole process, by its start; open ones at the age they have reached."""
    standard = assessment.summary.standard
    rows = [row for row in assessment.cases if row.time_s is not None and row.state != "set_aside"][-MOST_DOTS:]
    first = min((row.started_at for row in rows), default=assessment.at)
    span = (assessment.at - first).total_seconds() or 1.0
    dots = [
        Dot(
            x=(row.started_at - first).total_seconds() / span,
            seconds=row.time_s or 0,
            late=row.state == "late",
            open=row.outcome == "open",
            tip=f"{row.number}: {seconds_text(row.time_s, language)}",
        )
        for row in rows
    ]
    mondays = [(datetime.combine(week.monday, time(), UTC), week.monday) for week in assessment.weeks]
    places = [((at - first).total_seconds() / span, day.isoformat()[5:]) for at, day in mondays]
    shown = [place for place in places if 0 <= place[0] <= 1]
    labels = chart_labels(
        language,
        title=text("case_chart", language),
        desc=text("chart_desc", language, n=len(dots), late=sum(d.late for d in dots), open=sum(d.open for d in dots)),
        x=text("started_on", language),
        y=text("working_hours" if "working" in (standard or "") else "hours", language),
        limit=limit_text(standard, language),
    )
    return dot_plot(dots, limit_seconds(standard), shown[:: max(1, len(shown) // 8)], labels, uid=uid)


def step_chart(row: StepRow, language: str = "en", names: Names | None = None, *, uid: str = "") -> str:
    """The completed work items of one step against its standard."""
    limit, working = limit_seconds(row.standard), "working" in (row.standard or "")
    in_hours = max([*row.times_s, limit or 0]) > 4 * 3_600
    unit = ("working_hours" if working else "hours") if in_hours else ("working_minutes" if working else "minutes")
    labels = chart_labels(
        language,
        title=text("step_chart", language, name=label(names or {}, row.step, language, row.name)),
        desc=text("chart_desc", language, n=row.completed, late=sum(row.times_late), open=row.open),
        x=text(unit, language),
        y=text("count", language),
        limit=limit_text(row.standard, language),
    )
    return histogram(row.times_s, row.times_late, limit, labels, uid=uid or f"step-{row.step}")


def week_chart(assessment: Assessment, language: str = "en", *, uid: str = "weeks") -> str:
    """The cases of each week by what became of them."""
    summary = assessment.summary
    labels = chart_labels(
        language,
        title=text("week_chart", language),
        desc=text("chart_desc", language, n=summary.started, late=summary.late, open=summary.open),
        x=text("week", language),
        y=text("count", language),
    )
    return weekly_strip(assessment.weeks, labels, uid=uid, write=lambda day: day.isoformat()[5:])
