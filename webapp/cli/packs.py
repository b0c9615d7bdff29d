"""`pack` and `verify`: the evidence of a pilot as one file, and whether it still says the same."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

import engine
import pilots
from webapp.cli.common import as_json, database, print_json, read_file, write_file
from webapp.cli.evidence import at_instant, of_rehearsal, pilot_of
from webapp.cli.front import Found
from webapp.clock import utc_now
from webapp.settings import Settings


@click.command()
@click.argument("code")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE", help="The zip.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Of report and workbook.")
@of_rehearsal
@at_instant
def pack(code: str, output: Path, language: str, rehearsal: bool, at: datetime | None) -> None:
    """Export the evidence of a pilot: report, workbook, figures, event log, model, plan and calendars in one zip.

    \b
    Examples:
      pilotrun pack CSC-2024-001 -o complaints.zip
      pilotrun pack CSC-2024-001 -o rehearsed.zip --rehearsal --language en
    """
    with database(Settings.from_env()) as opened, engine.reading(opened) as c:
        view = engine.pilot_view(c, pilot_of(c, code, rehearsal=rehearsal))
        entries = engine.event_log(c, pilot_id=view.row.id)
        called = engine.called_models(c, entries)
        names: dict[str, str | engine.Names] = {
            code: view.row.name,
            **view.step_names,
            **engine.post_names(c),
            **engine.department_names(c),
        }
    plan = pilots.read_plan(view.plan)
    assessment = pilots.assess(plan, entries, view.calendars, at or utc_now(), rehearsal=rehearsal)
    made = pilots.build_pack(
        assessment,
        entries,
        model_xml=view.bundle.model.xml,
        plan=plan,
        names=names,
        language=language,
        calendars=view.calendar_data,
        called=called,
    )
    write_file(output, made)
    click.echo(f"{output}: {len(made):,} bytes, {assessment.log.entries} log entries, head {assessment.log.head}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE.zip")
@click.option("--head", metavar="HASH", help="The hash of the last log entry, if you noted it elsewhere.")
@as_json
def verify(file: Path, head: str | None, as_json: bool) -> None:
    """Recompute every figure of an evidence pack from its event log and plan, and compare.

    Needs no database. Exit code 1 when anything was changed; every difference is named with its file.

    \b
    Examples:
      pilotrun verify complaints.zip
      pilotrun verify complaints.zip --head 3f0c…
    """
    result = pilots.verify_pack(read_file(file), head=head)
    if as_json:
        print_json(asdict(result))
    else:
        for problem in result.problems:
            click.echo(problem)
    if not result.ok:
        count = len(result.problems)
        raise Found(f"{file}: does not hold, {count} problem{'' if count == 1 else 's'}: {result.problems[0]}")
    if not as_json:
        click.echo(f"{file}: holds; {result.figures} figures were recomputed and are the same")
