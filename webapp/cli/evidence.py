"""`rehearse`, `report`, `pack`, `verify`: what came of a pilot, and whether the evidence still says the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click

import bpmn
import engine
import pilots
from webapp.cli.common import as_json, bundle_from, database, print_json, print_table, progress
from webapp.clock import utc_now
from webapp.settings import Settings


class Instant(click.ParamType[datetime]):
    """A date or a date with a time; without a zone it is read as UTC."""

    name = "ISO"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """An aware instant in UTC."""
        if isinstance(value, datetime):
            return value
        try:
            read = datetime.fromisoformat(value)
            return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is not an instant: write 2026-03-02 or 2026-03-02T09:00+08:00", param, ctx)


of_rehearsal = click.option("--rehearsal", is_flag=True, help="The newest rehearsed pilot instead of the real one.")
at_instant = click.option("--at", type=Instant(), help="As it stood at this instant instead of now.")


@click.command()
@click.argument("source", metavar="FILE|DIR|CODE")
@click.option("--cases", type=click.IntRange(1, 100_000), default=200, show_default=True, help="How many cases are started.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same figures.")
@click.option("--start", type=Instant(), help="When it begins, in virtual time; the plan's own start otherwise.")
@click.option("--with", "others", multiple=True, metavar="FILE|DIR|CODE", help="A process that it calls; what others call first.")
@as_json
def rehearse(source: str, cases: int, seed: int, start: datetime | None, others: tuple[str, ...], as_json: bool) -> None:
    """Rehearse a process: the real engine in virtual time, with synthetic staff.

    Runs in a database of its own that is gone afterwards. What it says is about the assumptions in rehearsal.yaml, and no
    evidence about real work.

    \b
    Examples:
      pilotrun rehearse CSC-2024-001 --cases 200 --seed 1 --json
      pilotrun rehearse complaints/ --with goods-return/
    """
    bundle, called = bundle_from(source), [bundle_from(one) for one in others]
    with progress("rehearsing", cases) as tell:
        done, assessment = _rehearsed(bundle, called, cases, seed, start, lambda count, _: tell(count))
    if as_json:
        report = pilots.report_dict(assessment)
        print_json(
            {"cases": done.cases, "seed": seed, "started_at": done.started_at, "ended_at": done.ended_at, "report": report}
        )
    else:
        _show(assessment)


def _rehearsed(
    bundle: bpmn.Bundle,
    called: Sequence[bpmn.Bundle],
    cases: int,
    seed: int,
    start: datetime | None,
    tell: pilots.Progress,
) -> tuple[pilots.Rehearsal, pilots.Assessment]:
    """Everything in one transaction of a database in memory, so that nothing of it outlives the command."""
    opened = engine.connect("sqlite://")
    begin = start or datetime(2026, 1, 1, tzinfo=UTC)  # for the rows that are made before virtual time begins
    code = bundle.model.code or bundle.model.process_id
    try:
        engine.upgrade(opened)
        with engine.writing(opened) as c:
            for one in (*called, bundle):
                if one.organisation:
                    engine.import_organisation(c, one.organisation, password_hash=None, now=begin)
                engine.deploy(c, one, by=None, now=begin)
            done = pilots.rehearse(c, code, bundle=bundle, cases=cases, seed=seed, start=start, progress=tell)
            return done, _assessed(c, done.pilot_id, done.ended_at)
    finally:
        opened.dispose()


@click.command()
@click.argument("code")
@of_rehearsal
@at_instant
@as_json
def report(code: str, rehearsal: bool, at: datetime | None, as_json: bool) -> None:
    """Say what the event log says of each criterion of a pilot: met, not met, or not enough evidence.

    \b
    Examples:
      pilotrun report CSC-2024-001
      pilotrun report CSC-2024-001 --rehearsal --json
      pilotrun report CSC-2024-001 --at 2026-03-30
    """
    with database(Settings.from_env()) as opened, engine.reading(opened) as c:
        assessment = _assessed(c, pilot_of(c, code, rehearsal=rehearsal), at or utc_now())
    if as_json:
        print_json(pilots.report_dict(assessment))
    else:
        _show(assessment)


def pilot_of(c: engine.Connection, code: str, *, rehearsal: bool) -> int:
    """The newest pilot of that kind; raises NotFound with what there is instead."""
    found = engine.latest_pilot(c, code, rehearsal=rehearsal)
    if found is not None:
        return found
    known = {row.code for row in engine.list_processes(c)}
    if code not in known:
        raise engine.NotFound(f"there is no process {code}; deployed here: {', '.join(sorted(known)) or 'none'}")
    if rehearsal:
        raise engine.NotFound(f"{code} has no rehearsed pilot here; 'pilotrun rehearse {code}' rehearses it without keeping it")
    hint = "; --rehearsal shows the rehearsed one" if engine.latest_pilot(c, code, rehearsal=True) else ""
    raise engine.NotFound(f"{code} has no pilot: nothing was promised that could be measured{hint}")


def _assessed(c: engine.Connection, pilot_id: int, at: datetime) -> pilots.Assessment:
    view = engine.pilot_view(c, pilot_id)
    entries = engine.event_log(c, pilot_id=pilot_id)
    return pilots.assess(pilots.read_plan(view.plan), entries, view.calendars, at, rehearsal=view.row.rehearsal)


_VERDICTS = {"met": "met", "not_met": "not met", "not_enough_evidence": "not enough evidence"}


def _show(assessment: pilots.Assessment) -> None:
    summary, decision = assessment.summary, assessment.decision
    if assessment.rehearsal:
        click.echo("REHEARSAL: these cases were worked by simulated staff; they are no evidence about the real process.")
    click.echo(f"{', '.join(assessment.processes) or 'no case yet'}, as of {assessment.at:%Y-%m-%d %H:%M} UTC")
    click.echo(
        f"{summary.started} cases started, {summary.completed} completed, {summary.cancelled} cancelled, {summary.open} open"
    )
    print_table(("criterion", "goal", "measured", "interval", "counted", "verdict", "why"), map(_line, assessment.criteria))
    click.echo(f"decision: {decision.outcome}")
    for reason in decision.reasons:
        click.echo(f"  {reason.text('en')}")


def _line(result: pilots.CriterionResult) -> tuple[object, ...]:
    must = "" if result.must else " (wish)"
    limit = "" if result.metric == "share_true" else f" within {result.limit}"
    low, high = result.interval or (None, None)
    return (
        f"{result.title.get('en', result.id)}{must}",
        f"{result.goal:.0%}{limit}",
        "" if result.share is None else f"{result.share:.1%}",
        "" if low is None or high is None else f"{low:.1%} to {high:.1%}",
        f"{result.n_good} of {result.n_mature}",
        _VERDICTS.get(result.verdict, result.verdict),
        result.reasons[0].text("en") if result.reasons else "",
    )
