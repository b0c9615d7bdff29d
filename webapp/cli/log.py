"""`log`: the event log checked as a chain, and handed over as CSV or XES."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

import engine
import pilots
from webapp.cli.common import as_json, database, print_json, write_file
from webapp.cli.evidence import of_rehearsal
from webapp.cli.front import Found
from webapp.settings import Settings

WRITERS = {"csv": pilots.write_csv, "xes": pilots.write_xes}


@click.group(short_help="Check the event log, or export it.", no_args_is_help=False, invoke_without_command=False)
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


@log.command()
@click.argument("code")
@click.option(
    "--format", "form", type=click.Choice(sorted(WRITERS)), default="csv", show_default=True, help="XES is for process mining."
)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE", help="Where to.")
@of_rehearsal
def export(code: str, form: str, output: Path, rehearsal: bool) -> None:
    """Write the events of a process's cases to a file, the real ones or the rehearsed ones.

    \b
    Examples:
      pilotrun log export CSC-2024-001 -o complaints.csv
      pilotrun log export CSC-2024-001 --format xes -o complaints.xes
    """
    with database(Settings.from_env()) as opened, engine.reading(opened) as c:
        known = [row.code for row in engine.list_processes(c)]
        if code not in known:
            raise engine.NotFound(f"there is no process {code}; deployed here: {', '.join(known) or 'none'}")
        entries = engine.event_log(c, code=code, rehearsal=rehearsal)
    write_file(output, WRITERS[form](entries))
    click.echo(f"{output}: {len(entries)} entries")
