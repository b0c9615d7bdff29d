"""Which of the processes of a file is the one to run."""

from __future__ import annotations

from lxml import etree

from bpmn.draft.things import is_true
from bpmn.draft.values import OtherProcess
from bpmn.errors import BadModel, Finding
from bpmn.names import FLOW_NODES, tag
from bpmn.safexml import attribute, line_of, local

MOST_NODES = 1_000
MOST_FLOWS = 3_000


def choose_process(
    root: etree._Element, wanted: str | None, file: str | None
) -> tuple[etree._Element, tuple[etree._Element, ...]]:
    """The process to run and the others: the one asked for, else a marked one, one that no other calls, the largest.

    Raises BadModel when no process has a flow node, or when `wanted` is none of them.
    """
    sizes = {process: size(process) for process in root.findall(tag("process"))}
    filled = {process: count for process, count in sizes.items() if count}
    if not filled:
        message = "the file holds no process with steps in it: choose a file that holds a process, or draw its steps"
        raise BadModel([Finding("no-process", message, line=line_of(root), file=file)])
    if wanted is not None and wanted not in {process.get("id") for process in filled}:
        names = ", ".join(repr(process.get("id")) for process in filled)
        raise BadModel([Finding("no-process", f"the file holds no process {wanted!r} with steps in it, only {names}", file=file)])
    called = {attribute(call, "calledElement").rpartition(":")[2] for call in root.iter(tag("callActivity"))}
    order = {process: number for number, process in enumerate(filled)}
    chosen = max(
        filled,
        key=lambda process: (
            wanted is not None and process.get("id") == wanted,
            is_true(process, "isExecutable"),
            process.get("id") not in called,
            filled[process],
            -order[process],
        ),
    )
    return chosen, tuple(process for process in sizes if process is not chosen)


def refuse_too_many(process: etree._Element, file: str | None) -> None:
    """Raises BadModel for a process of another tool that is far too big to be made right; a draft may have grown past it."""
    flows = sum(1 for _ in process.iter(tag("sequenceFlow")))
    for count, most, what in ((size(process), MOST_NODES, "steps, events and gateways"), (flows, MOST_FLOWS, "flows")):
        if count > most:
            message = f"the process has {count:,} {what}: at most {most:,} are read; split it into several processes"
            raise BadModel(
                [Finding("too-many-elements", message, process.get("id"), process.get("name"), line_of(process), file=file)]
            )


def size(process: etree._Element) -> int:
    """How many flow nodes it has, those in sub-processes with it."""
    return sum(1 for element in process.iter(tag("*")) if local(element) in FLOW_NODES)


def others(root: etree._Element, processes: tuple[etree._Element, ...]) -> tuple[OtherProcess, ...]:
    """The processes that were not chosen and have steps, as values."""
    pools = {attribute(pool, "processRef"): attribute(pool, "name") for pool in root.iter(tag("participant"))}
    return tuple(
        OtherProcess(identifier, attribute(process, "name") or pools.get(identifier) or identifier, count)
        for process in processes
        if (count := size(process))
        for identifier in [attribute(process, "id")]
    )
