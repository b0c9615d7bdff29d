"""78 models that other tools and people made: each becomes a draft, loses nothing in silence, and most run to their end."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path

import pytest

from bpmn import BadModel, make_draft, read_model
from tests.bpmn.drafts import file, flow
from tests.bpmn.papers import SHARED
from tests.bpmn.test_draft_property import lost_in_silence
from tests.interop import CORPUS, Outcome, files, table, try_file

MODELS = files(CORPUS)
HOSTILE = sorted((SHARED / "hostile").glob("*.bpmn"))
MUST_PARSE = 0.95
RUN_TODAY = 0.98


@cache
def outcome(path: Path) -> Outcome:
    """What came of a file; each is tried once for all tests."""
    return try_file(path)


def test_the_models_are_beside_the_project():
    assert len(MODELS) == 78, "the foreign models are missing: ../shared/corpus"


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_a_foreign_model_becomes_a_draft_within_seconds_and_loses_nothing_in_silence(path):
    data = path.read_bytes()
    before = time.process_time()
    draft = make_draft(data, path.name)
    assert time.process_time() - before < 2
    assert read_model(draft.model_xml).xml == draft.model_xml
    others = {node for other in draft.others for node in nodes_of_process(data, other.id)}
    assert lost_in_silence(data, draft) - others == set()
    assert make_draft(draft.model_xml).changes == ()
    for change in draft.changes:
        assert change.sentence.endswith(".")
        assert "0x" not in change.sentence
        assert "None" not in change.sentence
    assert {repair.line for repair in draft.repairs} - {0} <= set(range(1, data.count(b"\n") + 2))


def nodes_of_process(data: bytes, process: str) -> list[str]:
    """The ids in a process that was not chosen."""
    return [node.id for node in make_draft(data, process=process).model().nodes]


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_a_foreign_model_ends_in_an_outcome_with_a_reason(path):
    found = outcome(path)
    assert found.seconds < 5
    assert found.ran or found.refused or found.found or (found.walk is not None and found.walk.why)


def test_nearly_all_become_drafts_and_most_run_to_their_end():
    outcomes = [outcome(path) for path in MODELS]
    assert sum(found.draft is not None for found in outcomes) >= MUST_PARSE * len(outcomes)
    assert sum(found.ran for found in outcomes) >= RUN_TODAY * len(outcomes)


def test_what_keeps_a_model_from_running_is_only_what_the_engine_does_not_run_yet():
    reasons = {line.partition(": ")[0] for path in MODELS for line in outcome(path).found}
    assert reasons <= {
        *("event", "unsupported", "event-sub-process", "multi-instance", "loop-marker", "error-not-caught"),
        *("dead-end", "unreachable", "split"),  # event sub-processes and event-based gateways, seen as what they are not
    }


def test_the_table_has_a_row_for_each_file():
    page = table([outcome(path) for path in MODELS])
    assert all(f"| {path.name} |" in page for path in MODELS)


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: path.stem)
def test_a_hostile_file_becomes_a_draft_or_is_refused_within_seconds(path):
    before = time.process_time()
    try:
        found = try_file(path)
    except BadModel as bad:
        pytest.fail(f"a draft that cannot be answered: {bad}")
    assert time.process_time() - before < 5
    assert found.draft is not None or found.refused


def many(count: int, *pieces: str) -> str:
    """The same pieces over and over, each with its number."""
    return "".join(piece.replace("#", str(number)) for number in range(count) for piece in pieces)


HUGE = {
    "a step after a step": many(990, '<task id="t#"/>') + "".join(flow(f"f{n}", f"t{n}", f"t{n + 1}") for n in range(989)),
    "nothing connected": '<startEvent id="s"/>' + many(990, '<task id="t#"/>'),
    "all begin": many(990, '<startEvent id="s#"/>'),
    "one id for all": '<task id="x"/>' * 990,
    "all at one edge": '<task id="t"/>' + many(990, '<boundaryEvent id="b#" attachedToRef="t"/>'),
    "links and no end": many(990, '<intermediateThrowEvent id="t#"><linkEventDefinition name="x"/></intermediateThrowEvent>'),
    "sub-processes in each other": many(45, '<subProcess id="s#">') + '<task id="t"/>' + "</subProcess>" * 45,
    "conditions": '<task id="a"/><task id="b"/>'
    + "".join(flow(f"f{n}", "a", "b", "a.b == 1 and " * 60 + "x") for n in range(990)),
}


@pytest.mark.parametrize("shape", HUGE)
def test_the_largest_drawings_that_are_read_are_draft_within_seconds(shape):
    before = time.process_time()
    found = make_draft(file(HUGE[shape]))
    assert time.process_time() - before < 5
    assert found.model().nodes
