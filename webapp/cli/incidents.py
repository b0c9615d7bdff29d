"""`incident`: what cannot go on by itself, listed and tried again."""

from __future__ import annotations

from dataclasses import asdict

import click

import engine
from webapp.cli.common import as_json, database, print_json, print_table
from webapp.cli.front import Found
from webapp.clock import utc_now
from webapp.settings import Settings

as_person = click.option(
    "--by", "login", required=True, metavar="LOGIN", help="Who does it: an owner, director or administrator."
)


@click.group(short_help="See what cannot go on, and try it again.", invoke_without_command=False)
def incident() -> None:
    """See what cannot go on by itself, and try it again.

    \b
    Examples:
      pilotrun incident list
      pilotrun incident retry 3 4 --by li.na
    """


@incident.command("list")
@click.option("--all", "everything", is_flag=True, help="The closed ones too.")
@click.option("--code", help="Of one process.")
@click.option("--kind", help="Of one kind: completion, start, timer, clock, calendar, recipient.")
@as_json
def list_(everything: bool, code: str | None, kind: str | None, as_json: bool) -> None:
    """List the incidents, the newest first.

    \b
    Example:
      pilotrun incident list --code CSC-2024-001 --json
    """
    with database(Settings.from_env()) as opened, engine.reading(opened) as c:
        rows = engine.list_incidents(c, state=None if everything else "open", code=code, kind=kind)
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    columns = ("id", "state", "kind", "case", "step", "since", "failed", "looked after by", "reason")
    print_table(
        columns,
        [
            (
                row.id,
                row.state,
                row.kind,
                row.case_number or row.code,
                row.blocks_name,
                row.since.isoformat(timespec="seconds"),
                row.times,
                row.assigned_to,
                row.reason,
            )
            for row in rows
        ],
    )


@incident.command()
@click.argument("numbers", nargs=-1, type=int, required=True)
@as_person
def retry(numbers: tuple[int, ...], login: str) -> None:
    """Try again what failed, each on its own. Exit code 1 when one of them fails again.

    \b
    Example:
      pilotrun incident retry 3 4 --by li.na
    """
    failed = 0
    with database(Settings.from_env()) as opened:
        by = _actor(opened, login)
        for number in numbers:
            try:
                with engine.writing(opened) as c:
                    engine.retry_incident(c, number, by=by, now=utc_now())
            except (engine.CannotGoOn, engine.CalendarMissing, engine.WrongState) as error:
                failed += 1
                with engine.writing(opened) as c:
                    engine.count_failure(c, number, error, now=utc_now())
                click.echo(f"{number}: {error}", err=True)
            else:
                click.echo(f"{number}: done")
    if failed:
        raise Found(f"{failed} of {len(numbers)} failed again")


@incident.command()
@click.argument("number", type=int)
@click.option("--to", required=True, metavar="LOGIN", help="Who looks after it.")
@as_person
def assign(number: int, to: str, login: str) -> None:
    """Say who looks after an incident.

    \b
    Example:
      pilotrun incident assign 3 --to zhao.lei --by li.na
    """
    with database(Settings.from_env()) as opened:
        by = _actor(opened, login)
        with engine.writing(opened) as c:
            engine.assign_incident(c, number, to, by=by, now=utc_now())
    click.echo(f"{number}: {to} looks after it")


@incident.command()
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why nothing has to be done.")
@as_person
def dismiss(number: int, reason: str, login: str) -> None:
    """Close an incident without trying again.

    \b
    Example:
      pilotrun incident dismiss 3 --reason "Entered by mistake" --by li.na
    """
    with database(Settings.from_env()) as opened:
        by = _actor(opened, login)
        with engine.writing(opened) as c:
            engine.dismiss_incident(c, number, reason, by=by, now=utc_now())
    click.echo(f"{number}: dismissed")


def _actor(opened: engine.Engine, login: str) -> engine.Actor:
    with engine.reading(opened) as c:
        found = engine.actor(c, login)
    if found is None:
        raise click.UsageError(f"there is nobody called {login!r} here")
    return found
