"""`lint` and `deploy`: a process on paper is checked, and made startable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import click

import bpmn
import engine
from webapp.cli.common import as_json, bundle_from, database, model_file, print_json, print_table, read_file
from webapp.cli.front import Found
from webapp.clock import utc_now
from webapp.settings import Settings

_OF_ANOTHER_TOOL = "looks like a model of another tool: make one of ours of it with 'pilotrun draft'"


@click.command()
@click.argument("source", metavar="FILE|DIR|CODE")
@as_json
def lint(source: str, as_json: bool) -> None:
    """Say what is wrong with a process: on paper, and for the engine.

    FILE is one BPMN model, DIR the directory of a process (model, decisions, forms, card), CODE a shipped process.
    Nothing in the files is executed. Exit code 1 when there are errors, 2 when a file cannot be read at all.

    \b
    Examples:
      pilotrun lint CSC-2024-001
      pilotrun lint drawings/to-be.bpmn --json
    """
    findings, unreadable = _findings(source)
    _show(findings, as_json=as_json)
    errors = sum(finding.severity == "error" for finding in findings)
    hint = f"; it {_OF_ANOTHER_TOOL}" if errors and is_foreign(source) else ""
    if unreadable:
        raise bpmn.BadModel(findings)
    if errors:
        raise Found(f"{source}: {_count(errors, 'error')}, {_count(len(findings) - errors, 'warning')}{hint}")


@click.command()
@click.argument("source", metavar="FILE|DIR|CODE")
@click.option("--version", "version", default="V1.0", show_default=True, help="The version number; it never changes afterwards.")
@as_json
def deploy(source: str, version: str, as_json: bool) -> None:
    """Make a version of a process startable.

    Refused, with every reason, when the engine would not run it exactly as it is drawn.

    \b
    Examples:
      pilotrun deploy CSC-2024-001
      pilotrun deploy drawings/ --version V1.1
    """
    with _pointing_to_drafts(source), database(Settings.from_env()) as opened, engine.writing(opened) as c:
        bundle = bundle_from(source)
        version_id = engine.deploy(c, bundle, version=version, by=None, now=utc_now())
        missing = engine.missing_posts(c, bundle)
    code = bundle.model.code or bundle.model.process_id
    if as_json:
        print_json(
            {"id": version_id, "code": code, "version": version, "model_sha256": bundle.model.sha256, "missing_posts": missing}
        )
        return
    click.echo(f"{code} {version} is deployed ({bundle.model.name})")
    if missing:
        click.echo(f"warning: the organisation has no {', '.join(missing)}: nobody could do these steps yet", err=True)


def is_foreign(source: str) -> bool:
    """A file that another tool drew and that becomes a draft: no process code of ours stands in it."""
    path = Path(source)
    try:
        made = bpmn.make_draft(read_file(path), path.name) if path.is_file() else None
    except bpmn.BadModel:
        return False
    return made is not None and any(repair.kind == "code" for repair in made.repairs)


@contextmanager
def _pointing_to_drafts(source: str) -> Iterator[None]:
    """Whoever brings a model of another tool is told the way, before the reasons."""
    try:
        yield
    except (bpmn.BadModel, engine.Refused) as bad:
        if not is_foreign(source):
            raise
        raise click.UsageError(f"{source} {_OF_ANOTHER_TOOL}. As it is: {bad}") from None


def _findings(source: str) -> tuple[Sequence[bpmn.Finding], bool]:
    """What there is to say, and whether that is because a file cannot be read at all."""
    try:
        bundle = bundle_from(source)
        # What is said about the process as a whole names no file: it stands in the model.
        return [finding if finding.file else replace(finding, file=model_file(bundle)) for finding in engine.lint(bundle)], False
    except bpmn.BadModel as bad:
        return bad.findings, not any(finding.element for finding in bad.findings)


def _show(findings: Iterable[bpmn.Finding], *, as_json: bool) -> None:
    findings = list(findings)
    if as_json:
        errors = any(finding.severity == "error" for finding in findings)
        print_json({"ok": not errors, "findings": [asdict(finding) for finding in findings]})
    elif findings:
        rows = [(f.severity, f.file, f.line, f.element, f.name, f.rule, f.message) for f in findings]
        print_table(("severity", "file", "line", "element", "name", "rule", "finding"), rows)
    else:
        click.echo("nothing to say: the process can be deployed")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
