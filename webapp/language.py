"""Languages: which one a page speaks, and how names, instants and durations read in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from babel import Locale
from babel.dates import format_date, format_skeleton, format_timedelta
from flask import Flask, request
from flask_babel import Babel, get_locale  # type: ignore[import-untyped]
from markupsafe import Markup

from bpmn import BadDuration, Duration, Unit
from webapp.edge import edge, now
from webapp.sentences import gettext, ngettext

COOKIE = "pilotrun-language"
LOCALES = {"en": "en", "zh": "zh_Hans_CN"}
TAGS = {"en": "en", "zh": "zh-Hans-CN"}
Names = Mapping[str, str]


def select_locale() -> str:
    """The person's choice, else what the browser asks for, else what the installation speaks."""
    if (chosen := request.cookies.get(COOKIE)) in LOCALES:
        return LOCALES[chosen]
    asked = request.accept_languages.best_match(["zh-CN", "zh-Hans", "zh", "en"]) if request.accept_languages else None
    return LOCALES[asked[:2]] if asked else edge().settings.language


def locale() -> Locale:
    """The locale of this request."""
    return get_locale() or Locale.parse(edge().settings.language)


def language() -> str:
    """`zh` or `en`: the key of names, labels and forms."""
    return "zh" if locale().language == "zh" else "en"


def pick(names: Names | str | None) -> str:
    """A name in the page's language, else in the other one. Texts of one language pass through."""
    if names is None or isinstance(names, str):
        return names or ""
    return names.get(language()) or next(iter(names.values()), "")


def local(at: datetime) -> datetime:
    """An instant on the wall clock of the company's zone."""
    return at.astimezone(edge().settings.zone)


def when(at: datetime | None) -> str:
    """A date and time as short as it can be said: the year only when it is another one."""
    if at is None:
        return ""
    here = local(at)
    skeleton = "MMMd" if here.year == local(now()).year else "yMMMd"
    return f"{format_skeleton(skeleton, here.replace(tzinfo=None), locale=locale())} {here:%H:%M}"


def day(at: datetime | None) -> str:
    """A date with its year."""
    return format_date(local(at), "medium", locale=locale()) if at else ""


def date_only(at: date) -> str:
    """A calendar date as it is written in the page's language."""
    return str(format_date(at, "medium", locale=locale()))


def time_tag(at: datetime | None) -> Markup:
    """`when` inside `<time datetime=...>`, with the exact instant for those who need it."""
    if at is None:
        return Markup("")
    exact = local(at).isoformat(timespec="seconds")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(exact, exact, when(at))


def span(length: timedelta | float | None) -> str:
    """A length of time in at most two units: `2 h 15 min`. Seconds only below a minute."""
    if length is None:
        return ""
    seconds = int(abs(length.total_seconds() if isinstance(length, timedelta) else length))
    if seconds < 60:
        return format_timedelta(timedelta(seconds=seconds), granularity="second", format="short", locale=locale())
    minutes, hours, days = seconds // 60 % 60, seconds // 3_600 % 24, seconds // 86_400
    largest = [(days, "day", 86_400), (hours, "hour", 3_600), (minutes, "minute", 60)]
    first = next(index for index, part in enumerate(largest) if part[0])
    return " ".join(
        format_timedelta(timedelta(seconds=count * size), granularity=unit, threshold=10_000, format="short", locale=locale())  # type: ignore[arg-type]
        for count, unit, size in largest[first : first + 2]
        if count
    )


def left(due_at: datetime | None) -> str:
    """How long until the deadline, or how long past it, in words."""
    if due_at is None:
        return gettext("no deadline")
    rest = due_at - now()
    if rest <= timedelta(0):
        return gettext("%(time)s overdue", time=span(rest))
    return gettext("%(time)s left", time=span(rest))


def urgency(due_at: datetime | None, since: datetime | None, breached: bool) -> str:
    """`late` past the deadline, `soon` when four fifths of the time are gone, else `ok`: the kind of the chip."""
    if breached or (due_at is not None and due_at <= now()):
        return "late"
    if due_at is None or since is None:
        return "quiet"
    return "soon" if now() - since >= 0.8 * (due_at - since) else "ok"


def standard(text: str | None) -> str:
    """A time standard in words. Working time and elapsed time never look alike."""
    if not text:
        return gettext("none")
    try:
        duration = Duration.parse(text)
    except BadDuration:
        return text
    if duration.unit is Unit.WORKING_DAYS:
        return ngettext("%(num)s working day", "%(num)s working days", duration.amount)
    hours, seconds = divmod(duration.amount, 3_600)
    working = duration.unit is Unit.WORKING_TIME
    if seconds == 0:
        if working:
            return ngettext("%(num)s working hour", "%(num)s working hours", hours)
        return ngettext("%(num)s hour", "%(num)s hours", hours)
    if duration.amount % 60 == 0 and working:
        return ngettext("%(num)s working minute", "%(num)s working minutes", duration.amount // 60)
    return gettext("%(time)s of working time", time=span(duration.amount)) if working else span(duration.amount)


def percent(share: float | None) -> str:
    """A share as a whole percentage."""
    return "" if share is None else f"{100 * share:.0f}%"


def install(app: Flask) -> None:
    """Hand the languages to Babel and the words to the templates."""
    settings = app.extensions["pilotrun"].settings
    app.config.update(
        BABEL_DEFAULT_LOCALE=settings.language,
        BABEL_DEFAULT_TIMEZONE=settings.time_zone,
        BABEL_TRANSLATION_DIRECTORIES="translations",
    )
    Babel(app, locale_selector=select_locale)
    filters = (pick, when, day, date_only, time_tag, span, left, standard, percent)
    app.jinja_env.filters.update({filter_.__name__: filter_ for filter_ in filters})
    app.jinja_env.globals.update(language=language, language_tags=TAGS, urgency=urgency)
