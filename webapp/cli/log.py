"""`log`: the event log checked as a chain, and handed over as CSV or XES."""

from __future__ import annotations

from dataclasses import asdict

import click

import engine
from webapp.cli.common import as_json, database, print_json
from webapp.cli.front import Found
from webapp.settings import Settings


@click.group(short_help="Check the event log, or export it.")
def log() -> None:
    """Check the event log, or export it.

    \b
    Examples:
      pilotrun log check
      pilotrun log export CSC-2024-001 --format xes -o complaints.xes
    """


@log.command()
@as_json
def check(as_json: bool) -> None:
    """Recompute the hash chain from the first entry to the last.

    Exit code 1 when an entry was changed, removed or put in between.

    \b
    Example:
      pilotrun log check --json
    """
    with database(Settings.from_env()) as opened, engine.reading(opened) as c:
        result = engine.check_log(c)
    if as_json:
        print_json(asdict(result))
    if not result.ok:
        raise Found(f"the chain is broken at entry {result.broken_at}: {result.reason}")
    if not as_json:
        click.echo(f"the chain is intact: {result.entries} entries, head {result.head}")
