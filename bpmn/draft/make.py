"""From the bytes of any BPMN file to a draft: read, made right, drawn, and what is missing listed."""

from __future__ import annotations

from typing import Any

from lxml import etree

from bpmn.draft.choose import choose_process, others, refuse_too_many
from bpmn.draft.conditions import settle_conditions
from bpmn.draft.declare import settle_loose_ends, settle_references
from bpmn.draft.dialects import read_dialects
from bpmn.draft.directions import say_contradictions, settle_directions
from bpmn.draft.events import settle_boundaries, settle_events
from bpmn.draft.identify import settle_ids
from bpmn.draft.paper import Paper
from bpmn.draft.repairs import list_repairs, list_waits
from bpmn.draft.repeats import settle_repeats
from bpmn.draft.shapes import draw
from bpmn.draft.steps import settle_steps, settle_sub_processes
from bpmn.draft.timers import settle_timers
from bpmn.draft.values import Draft
from bpmn.draft.ways import settle_ends, settle_flows, settle_splits, settle_starts
from bpmn.errors import Finding
from bpmn.names import PILOT, tag
from bpmn.read import read_model
from bpmn.safexml import Report, local, parse


def make_draft(data: bytes, file: str | None = None, process: str | None = None) -> Draft:
    """Make a draft of one BPMN 2.0 file of any tool, of the process with the id `process` when there are several.

    Nothing in it is executed, resolved or fetched. Raises BadModel when the file is unsafe, too big, no BPMN, or holds no
    process with steps; anything else becomes a draft. A draft of a draft's model has no further changes.
    """
    paper, rest = open_paper(data, file, process)
    refuse_too_many(paper.process, file)
    notices = read_dialects(paper)
    settle_ids(paper)
    paper.index()
    for other in rest:
        _not_executable(paper, other)
    if paper.process.get("isExecutable") not in {"true", "1"}:
        paper.process.set("isExecutable", "true")
        paper.say("executable", paper.process, "The process was not marked as one that runs: it is now.")
    settle_references(paper)
    say_contradictions(paper)
    settle(paper)
    listed = others(paper.root, rest)
    return finish(paper, (*notices, *_about_others(paper, listed)), listed)


def open_paper(data: bytes, file: str | None, process: str | None) -> tuple[Paper, tuple[etree._Element, ...]]:
    """The tree of a file with its process chosen, and the processes not chosen. Raises BadModel."""
    root = parse(data, file)
    report = Report(file)
    if root.tag != tag("definitions"):
        report.add("not-bpmn", f"the file holds <{local(root)}> and not BPMN 2.0 definitions: export it as BPMN 2.0", root)
        report.refuse_if_bad()
    chosen, rest = choose_process(root, process, file)
    return Paper(root, chosen, file), rest


def settle(paper: Paper) -> None:
    """Everything that can be made right without an answer, in an order in which no step undoes another."""
    settle_steps(paper)
    settle_sub_processes(paper)
    settle_events(paper)
    settle_sub_processes(paper)  # an event taken out may have been all that was in one
    settle_flows(paper)
    settle_starts(paper)
    settle_ends(paper)
    settle_splits(paper)
    settle_boundaries(paper)
    settle_conditions(paper)
    settle_repeats(paper)
    settle_timers(paper)
    settle_loose_ends(paper)
    settle_directions(paper)


def finish(paper: Paper, notices: tuple[Finding, ...], listed: tuple[Any, ...] = (), before: Draft | None = None) -> Draft:
    """The draft as a value: drawn, written down, read back. `before` is the draft that answers were given to."""
    repairs = list_repairs(paper)
    changes = (*(before.changes if before else ()), *paper.changes())
    xml, more = draw(paper)
    model = read_model(xml, paper.file)
    if not any(repair.kind in {"unconnected", "endless"} for repair in repairs):
        repairs += list_waits(paper, model)
    used = {form.get("ref") for form in paper.process.iter(tag("form", PILOT))}
    return Draft(
        model_xml=model.xml,
        changes=changes,
        notices=(*notices, *more),
        repairs=repairs,
        forms={ref: form for ref, form in paper.forms.items() if ref in used},
        others=listed,
        file=paper.file,
        hints={
            identifier: hints for node, hints in paper.hints.items() if (identifier := node.get("id")) and paper.is_there(node)
        },
        lines={identifier: paper.line(element) for element in paper.process.iter() if (identifier := element.get("id"))},
    )


def _not_executable(paper: Paper, other: etree._Element) -> None:
    if other.get("isExecutable") != "false":
        if other.get("isExecutable") is not None:
            paper.say("other-process", other, "Another process of the file was chosen to run: this one stays in the drawing.")
        other.set("isExecutable", "false")


def _about_others(paper: Paper, listed: tuple[Any, ...]) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            "other-process",
            f"the process {other.name!r} with {other.nodes} elements is in the file too: make a draft of it by its id",
            other.id,
            other.name,
            severity="warning",
            file=paper.file,
        )
        for other in listed
    )
