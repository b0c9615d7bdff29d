"""One escalation as a line of a list: on the board of the owner and among the tasks of whom it was raised to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import engine
from webapp import words
from webapp.language import pick
from webapp.sentences import gettext

MISSED = 100  # percent of the standard: from here on somebody has to say what is done about it


@dataclass(frozen=True, slots=True)
class Line:
    """What the template shows; `kind` is the chip's."""

    id: int
    case_id: int
    case_number: str
    subject: str
    kind: str
    what: str
    to: str
    raised_at: datetime
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    note: str = ""


def _kind(percent: int) -> str:
    return "soon" if percent < MISSED else "late"


def of_notice(row: engine.NoticeRow) -> Line:
    """An escalation raised to the person who looks."""
    return Line(
        id=row.escalation_id,
        case_id=row.case_id,
        case_number=row.case_number,
        subject=row.step_name or gettext("Whole case"),
        kind=_kind(row.percent),
        what=words.escalation(row.action, row.percent),
        to="",
        raised_at=row.raised_at,
    )


def of_board(row: engine.EscalationRow) -> Line:
    """An escalation on the board: to whom it went and what became of it."""
    people = gettext(", ").join(pick(names) for names in row.to_names)
    post = pick(row.to_post_names)
    return Line(
        id=row.id,
        case_id=row.case_id,
        case_number=row.case_number,
        subject=row.step_name or gettext("Whole case"),
        kind=_kind(row.percent),
        what=words.escalation(row.action, row.percent),
        to=gettext("%(post)s (%(people)s)", post=post, people=people) if post and people else post or people,
        raised_at=row.raised_at,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=pick(row.acknowledged_by_name),
        note=row.note or "",
    )
