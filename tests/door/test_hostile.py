"""More than a hundred hostile files, each refused for the reason that it has to be, quickly, and with nothing written."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

import engine
from bpmn import BadModel, Bundle, Draft, answer_by_default, make_draft, read_bundle
from engine.model import metadata
from engine.spiff import prepare
from tests.door.hostile import GOOD, Hostile
from tests.door.hostile_drawings import doubling
from tests.door.hostile_words import every
from tests.world import World

AT_LEAST = 100
SECONDS = 5
ALL = every()


@contextmanager
def quickly() -> Iterator[None]:
    """What happens inside takes less than five seconds of the processor: how busy the machine is otherwise does not matter."""
    before = time.process_time()
    yield
    assert time.process_time() - before < SECONDS


def refusals(hostile: Hostile) -> set[tuple[str, str | None]]:
    """Rule and element of everything that is said against the files."""
    try:
        bundle = read_bundle(hostile.files)
    except BadModel as bad:
        return {(finding.rule, finding.element) for finding in bad.findings}
    return {(finding.rule, finding.element) for finding in engine.lint(bundle, {}) if finding.severity == "error"}


def rows(world: World) -> dict[str, int]:
    """How many rows there are in each table."""
    with engine.reading(world.engine) as c:
        return {
            name: c.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() for name, table in metadata.tables.items()
        }


def test_there_are_more_than_a_hundred_hostile_files_and_no_two_are_the_same() -> None:
    kinds = {kind: sum(hostile.name.startswith(kind) for hostile in ALL) for kind in ("XML", "BPMN", "DMN", "expression")}
    print(f"{len(ALL)} hostile files: {kinds}")
    assert len(ALL) >= AT_LEAST, f"{len(ALL)} hostile files: {kinds}"
    assert len({hostile.name for hostile in ALL}) == len(ALL)
    assert len({tuple(sorted(hostile.files.items())) for hostile in ALL}) == len(ALL)
    assert sum(kinds.values()) == len(ALL)
    assert min(kinds.values()) >= 20, kinds


def test_what_the_hostile_files_are_made_of_is_harmless_by_itself() -> None:
    assert refusals(Hostile("nothing wrong", {"to-be.bpmn": GOOD}, "")) == set()


@pytest.mark.parametrize("hostile", ALL, ids=lambda hostile: hostile.name)
def test_a_hostile_file_is_refused_by_rule_and_element_within_seconds(hostile: Hostile) -> None:
    with quickly():
        found = refusals(hostile)
    assert (hostile.rule, hostile.element) in found, found


@pytest.mark.parametrize("hostile", ALL, ids=lambda hostile: hostile.name)
def test_a_hostile_model_becomes_a_draft_that_can_be_answered_or_is_refused(hostile: Hostile) -> None:
    """Drafting mends what can be mended; it never makes code run, and never falls over."""
    with quickly():
        draft = _draft(hostile)
        if draft is not None:
            ready = answer_by_default(draft)
            engine.lint(read_bundle(ready.files()), {})
            assert ready.model().nodes


def _draft(hostile: Hostile) -> Draft | None:
    try:
        return make_draft(hostile.model, "hostile.bpmn")
    except BadModel:
        return None


def test_none_of_them_is_deployed_and_nothing_is_written(sqlite_world: World) -> None:
    before = rows(sqlite_world)
    for hostile in ALL:
        bundle = _read(hostile)
        if bundle is None:
            continue
        with quickly(), pytest.raises(engine.Refused), engine.writing(sqlite_world.engine) as c:
            engine.deploy(c, bundle, version="V9", by=None, now=sqlite_world.now)
    assert rows(sqlite_world) == before


def _read(hostile: Hostile) -> Bundle | None:
    try:
        return read_bundle(hostile.files)
    except BadModel:
        return None


def test_a_token_that_doubles_and_doubles_again_is_stopped_by_the_budget_of_its_case() -> None:
    bundle = read_bundle({"to-be.bpmn": doubling()})
    assert "done-twice" in {finding.rule for finding in engine.lint(bundle)}, "somebody is warned of it"
    machine, now = prepare(bundle.model, {}), datetime(2026, 3, 2, 9, tzinfo=UTC)
    position = machine.start({}, now)
    with quickly(), pytest.raises(engine.CannotGoOn, match="circles"):
        machine.complete(position.state, position.items[0].task, {}, now)
