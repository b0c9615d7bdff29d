"""`draft`: a model of another tool becomes one that can be deployed, with every change and everything missing in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

import bpmn
import engine
from webapp.cli.common import as_json, print_json, print_table, read_file, write_file
from webapp.cli.front import Found

HOW = {
    "code": "a code, e.g. service-agent",
    "raci": "{responsible: code, accountable: code}",
    "duration": "a duration, e.g. 2 working days, 30 working minutes, PT48H",
    "people": "people (whoever completes the step before chooses)",
    "conditions": "{flow id: condition, another flow id: default}",
    "person": "person (a person does the step)",
    "script": "{script: assignments in the expression language}",
    "decision": "{decision: id of a DMN decision}",
    "process": "{process: code of a deployed process}",
    "once": "once",
    "count": "a whole number, how often",
    "list": "{list: step.field, as: name of an entry}",
    "message": "{message: its name}",
    "connector": "{connector: its name}",
    "time": "a time, e.g. PT4H, P2D, 2026-12-01T09:00:00+08:00",
    "expression": "{expression: a condition}",
    "none": "none",
    "remove": "remove",
    "inclusive": "inclusive (it waits only for the ways that are taken)",
    "exit": "exit (people choose whether it is over)",
}
_EXAMPLES: Mapping[str, Any] = {"standard": "1 working day", "timer": "P1D", "process": "unassigned"}


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--decisions", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A DMN file.")
@click.option("--process", help="The id of the process to take, when the file holds several.")
@click.option("--answers", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Answers, as YAML.")
@click.option("--leave-to-people", is_flag=True, help="Let people take every decision that is still open.")
@click.option("--template", type=click.Path(dir_okay=False, path_type=Path), help="Write an answers file to fill in.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the draft to a .bpmn file, or to a directory.")
@as_json
def draft(
    file: Path,
    decisions: tuple[Path, ...],
    process: str | None,
    answers: Path | None,
    leave_to_people: bool,
    template: Path | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Make a draft of a model that was drawn in another tool.

    Prints what was changed, what was not taken over, and what is missing: each thing with its element and line, numbered, and
    how to answer it. Exit code 0 when the draft can be deployed, 1 when something is missing, 2 when the file is refused.

    \b
    Examples:
      pilotrun draft theirs.bpmn --template answers.yaml
      pilotrun draft theirs.bpmn --answers answers.yaml --leave-to-people --out drawings/to-be.bpmn
    """
    given = _answers(answers)
    files = _files(file, decisions)
    made = engine.open_draft(files, process=process)
    try:
        made = engine.open_draft(files, given, process=process, people=leave_to_people)
    except bpmn.BadAnswer as bad:
        raise click.UsageError(f"{answers}: {bad}") from None
    bundle = engine.bundle_of(made, files)
    findings = [] if made.repairs else [finding for finding in engine.lint(bundle) if finding.severity == "error"]
    if template is not None:
        write_file(template, template_of(made, file.name).encode())
    if out is not None:
        _write(out, file, bundle)
    _show(made, findings, as_json=as_json)
    if made.repairs:
        raise Found(f"{file}: {_count(len(made.repairs), 'answer')} missing before this can be deployed")
    if findings:
        raise Found(f"{file}: {_count(len(findings), 'thing')} in the drawing that the engine does not run")


def template_of(made: bpmn.Draft, name: str) -> str:
    """An answers file (YAML) to fill in: what the file itself suggests is filled in, the rest is commented out."""
    return "".join(_template(made, name))


def _template(made: bpmn.Draft, name: str) -> Iterator[str]:
    yield f"# Answers to what is missing in {_line(name)}. Use: pilotrun draft {_line(name)} --answers <this file>\n"
    yield "# A line without # before it counts as an answer. Answering may raise new questions: make the template again then.\n"
    for number, repair in enumerate(made.repairs, 1):
        yield f"\n# {number}. line {repair.line}, {_line(repair.element)}: {_line(repair.sentence)}\n"
        yield f"#    How: {' | '.join(HOW[kind] for kind in repair.accepts)}\n"
        for choice in repair.choices:
            text = choice.condition or choice.said
            said = f", {'now' if choice.condition else 'in the file'}: {_line(text)}" if text else ""
            yield f"#    {_line(choice.flow)} leads to {_line(choice.label)}{said}\n"
        head = "" if repair.suggestion else "# "
        yield f"{head}{_json(repair.key)}: {_json(_suggested(repair))}\n"


def _suggested(repair: bpmn.Repair) -> Any:
    """What to write under the key: the suggestion in the shape of an answer."""
    suggestion = repair.suggestion or _EXAMPLES.get(repair.kind, repair.accepts[0])
    if repair.kind == "form":
        return "none"  # the form that it names is not here
    shapes = {"task": "decision", "call": "process"}
    if repair.kind in shapes and suggestion != "person":
        return {shapes[repair.kind]: suggestion}
    return suggestion


def _json(value: Any) -> str:
    """JSON is YAML, and its texts hold no line breaks."""
    return json.dumps(value, ensure_ascii=False)


def _line(text: str) -> str:
    """Text that cannot end the comment that it stands in."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _answers(path: Path | None) -> dict[str, Any]:
    return {} if path is None else dict(bpmn.read_yaml(read_file(path), path.name))


def _files(file: Path, decisions: Sequence[Path]) -> dict[str, bytes]:
    paths = [file, *decisions]
    if len({path.name for path in paths}) < len(paths):
        raise click.UsageError("two files have the same name")
    return {path.name: read_file(path) for path in paths}


def _write(out: Path, file: Path, bundle: bpmn.Bundle) -> None:
    """The model under the name that was asked for, forms and tables beside it."""
    is_file = out.suffix in {".bpmn", ".xml"}
    folder = out.parent if is_file else out
    if is_file and out.exists() and out.samefile(file):
        raise click.UsageError(f"{out} is the file that the draft is made of: choose another name")
    for name, data in bundle.files.items():
        target = out if is_file and name == "to-be.bpmn" else folder / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise click.UsageError(f"{target.parent} cannot be made: {error.strerror}") from None
        write_file(target, data)


def _show(made: bpmn.Draft, findings: Sequence[bpmn.Finding], *, as_json: bool) -> None:
    if as_json:
        print_json({
            "ready": not made.repairs and not findings,
            "changes": [asdict(change) for change in made.changes],
            "not_taken_over": [asdict(notice) for notice in made.notices],
            "repairs": [{**asdict(repair), "how": [HOW[kind] for kind in repair.accepts]} for repair in made.repairs],
            "findings": [asdict(finding) for finding in findings],
        })  # fmt: skip
        return
    if made.changes:
        click.echo(f"{_count(len(made.changes), 'change')} made:")
        print_table(("line", "element", "change"), [(change.line, change.element, change.sentence) for change in made.changes])
    if made.notices:
        click.echo("not taken over:")
        print_table(("line", "element", "what"), [(notice.line, notice.element, notice.message) for notice in made.notices])
    if made.repairs:
        click.echo("missing:")
        rows = [
            (number, repair.line, repair.element, repair.key, repair.sentence, " | ".join(HOW[kind] for kind in repair.accepts))
            for number, repair in enumerate(made.repairs, 1)
        ]
        print_table(("no", "line", "element", "key", "what is missing", "how to answer"), rows)
    elif findings:
        click.echo("not run by the engine:")
        print_table(("line", "element", "rule", "finding"), [(f.line, f.element, f.rule, f.message) for f in findings])
    else:
        click.echo("nothing is missing: the draft can be deployed")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
