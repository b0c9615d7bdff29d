"""Every foreign model made a draft, answered by default and walked to its end by an automatic worker, in one table.

`python -m tests.interop [FOLDER [TABLE]]` reads ../shared/corpus and writes docs/interop.md.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bpmn import BadModel, Bundle, Draft, Node, answer_by_default, make_draft, read_bundle
from engine.errors import EngineError
from engine.forms import read_answers
from engine.gate import inspect
from engine.spiff import Machine, prepare
from engine.values import Wait

ROOT = Path(__file__).parents[1]
CORPUS = ROOT.parent / "shared" / "corpus"
TABLE = ROOT / "docs" / "interop.md"
MOST_STEPS = 200
_BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass
class Worker:
    """Fills in any form, choosing among choices in rotation, so that every way is taken sooner or later."""

    turns: Counter[tuple[str, str]] = field(default_factory=Counter)

    def answers(self, step: str, form: Mapping[str, Any]) -> dict[str, Any]:
        """Answers that the form itself accepts."""
        raw = {name: self._value(step, name, about) for name, about in form.get("properties", {}).items()}
        return read_answers(form, raw, text=False) if form else {}

    def _value(self, step: str, name: str, about: Mapping[str, Any]) -> Any:
        turn = self.turns[step, name]
        self.turns[step, name] += 1
        if choices := about.get("enum"):
            return choices[turn % len(choices)]
        if about.get("format") == "date":
            return "2026-03-02"
        made_up: Mapping[str, Any] = {"boolean": turn % 2 == 0, "integer": 1 + turn, "number": 1 + turn}
        return made_up.get(about.get("type", "string"), "made up")


@dataclass(frozen=True)
class Walk:
    """How far a case came: `ended`, after how many completed steps and timers, and what stopped it otherwise."""

    ended: bool
    steps: int
    why: str = ""


def walk(bundle: Bundle, most: int = MOST_STEPS) -> Walk:
    """Start one case and work through it: open steps in turn; when none is left, messages and timers in turn."""
    try:
        machine = prepare(bundle.model, bundle.decisions, bundle.forms)
        return _walked(machine, bundle, most)
    except EngineError as error:
        return Walk(False, 0, str(error))


def _walked(machine: Machine, bundle: Bundle, most: int) -> Walk:
    worker, now = Worker(), _BEGIN
    intake = _form(bundle, bundle.model.start())
    position = machine.start({"intake": worker.answers("intake", intake)}, now)
    turn = -1
    for step in range(most):
        if position.done:
            return Walk(True, step)
        if position.items:
            item = position.items[step % len(position.items)]
            form = _form(bundle, bundle.model.by_id[item.step])
            now += timedelta(seconds=1)
            position = machine.complete(position.state, item.task, worker.answers(item.step, form), now)
        elif position.waits or position.timer_at is not None:
            turn += 1
            number = turn % (len(position.waits) + (position.timer_at is not None))
            if number < len(position.waits):
                wait = position.waits[number]
                position = machine.deliver(position.state, wait.kind, wait.name, _payload(bundle, worker, wait), now)
            else:
                now = max(now, position.timer_at or now)
                position = machine.advance(position.state, now)
        else:
            return Walk(False, step, "it waits for something that does not come")
    return Walk(position.done, most, "" if position.done else f"no end after {most} steps")


def _payload(bundle: Bundle, worker: Worker, wait: Wait) -> dict[str, Any]:
    """Enough for every event that may wait for it."""
    found: dict[str, Any] = {}
    for node in bundle.model.nodes:
        if node.form and any(wait.name in (event.code, event.ref) for event in node.events):
            found |= worker.answers(node.id, _form(bundle, node))
    return found


def _form(bundle: Bundle, node: Node) -> Mapping[str, Any]:
    return bundle.forms.get(node.form or "", {})


@dataclass(frozen=True)
class Outcome:
    """What came of one file. `refused` says why it is no draft; `found` are the gate's errors after the default answers."""

    file: str
    seconds: float
    draft: Draft | None = None
    refused: str = ""
    found: tuple[str, ...] = ()
    walk: Walk | None = None

    @property
    def ran(self) -> bool:
        """To the end, every step of the way."""
        return self.walk is not None and self.walk.ended


def try_file(path: Path) -> Outcome:
    """One file through everything; nothing but BadModel may be raised on the way."""
    before = time.perf_counter()
    try:
        draft = make_draft(path.read_bytes(), path.name)
    except BadModel as bad:
        return Outcome(path.name, time.perf_counter() - before, refused=str(bad.findings[0]))
    ready = answer_by_default(draft)
    bundle = read_bundle(ready.files())
    found = tuple(f"{finding.rule}: {finding.message}" for finding in inspect(bundle) if finding.severity == "error")
    went = None if found else walk(bundle)
    return Outcome(path.name, time.perf_counter() - before, draft, found=found, walk=went)


def files(folder: Path) -> list[Path]:
    """The models of a folder."""
    return sorted(path for path in folder.iterdir() if path.suffix in {".bpmn", ".xml"})


def table(outcomes: Sequence[Outcome]) -> str:
    """The page about all of them."""
    return "\n".join([*_head(outcomes), *(_row(outcome) for outcome in outcomes), *_reasons(outcomes), ""])


def _head(outcomes: Sequence[Outcome]) -> Iterator[str]:
    total = len(outcomes)
    drafts = sum(outcome.draft is not None for outcome in outcomes)
    passed = sum(outcome.walk is not None for outcome in outcomes)
    ran = sum(outcome.ran for outcome in outcomes)
    yield "# Models of other tools"
    yield ""
    yield "Written by `python -m tests.interop` from `../shared/corpus`: models that other tools and people made. Each file is"
    yield "made a draft, all that is missing is answered by default (people decide, every step gets a post and one working day),"
    yield f"the gate looks at it, and an automatic worker takes one case through it, {MOST_STEPS} steps at most."
    yield ""
    yield "| | files | share |"
    yield "|---|---|---|"
    for what, count in (("become a draft that parses", drafts), ("pass the gate then", passed), ("run to the end", ran)):
        yield f"| {what} | {count} of {total} | {count * 100 / max(total, 1):.0f} % |"
    yield ""
    yield "| file | outcome | changes | parsed | ran to the end | notes |"
    yield "|---|---|---|---|---|---|"


def _row(outcome: Outcome) -> str:
    if outcome.draft is None:
        return f"| {outcome.file} | refused | | no | no | {_cell(outcome.refused)} |"
    count = len(outcome.draft.repairs)
    what = f"draft with {count} repairs" if count else "deployed"
    notes = outcome.found[0] if outcome.found else outcome.walk.why if outcome.walk else ""
    more = f" (and {len(outcome.found) - 1} more)" if len(outcome.found) > 1 else ""
    ran = f"yes, {outcome.walk.steps} steps" if outcome.walk is not None and outcome.ran else "no"
    return f"| {outcome.file} | {what} | {len(outcome.draft.changes)} | yes | {ran} | {_cell(notes)}{more} |"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "/").split())[:220]


def _reasons(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """What keeps the others from running, the most frequent first."""
    reasons: Counter[str] = Counter()
    for outcome in outcomes:
        reasons.update({found.partition(": ")[0] for found in outcome.found})
        if outcome.walk is not None and not outcome.ran:
            reasons[outcome.walk.why] += 1
    if reasons:
        yield ""
        yield "| what keeps a file from running | files |"
        yield "|---|---|"
        yield from (f"| {_cell(reason)} | {count} |" for reason, count in reasons.most_common())


def main(arguments: Sequence[str]) -> None:
    """Write the table."""
    folder = Path(arguments[0]) if arguments else CORPUS
    target = Path(arguments[1]) if len(arguments) > 1 else TABLE
    outcomes = [try_file(path) for path in files(folder)]
    target.write_text(table(outcomes), encoding="utf-8")
    print("\n".join(_head(outcomes)))


if __name__ == "__main__":
    main(sys.argv[1:])
