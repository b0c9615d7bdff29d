"""Files that other tools and hostile people made: read or refused with a sentence, always quickly, never with another error."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpmn import BadModel, Finding, lay_out, read_decisions, read_model
from tests.bpmn.papers import MODEL, SHARED

HOSTILE = sorted((SHARED / "hostile").glob("*.bpmn"))
CORPUS = sorted((SHARED / "corpus").glob("*.bpmn")) + sorted((SHARED / "corpus").glob("*.xml"))
DMN = sorted((SHARED / "hostile").glob("*.dmn"))
ANYTHING = sorted(path for path in (SHARED / "hostile").iterdir() if path.is_file())
# Refused here; the others are well-formed processes that the engine's gate must judge.
REFUSED = {
    "02": "broken-xml", "04": "doctype", "06": "doctype", "08": "doctype", "10": "doctype", "12": "doctype", "18": "broken-xml",
    "20": "broken-xml", "22": "broken-xml", "26": "not-bpmn", "28": "start-event", "30": "dangling", "32": "executable",
    "34": "executable", "65": "id", "71": "dangling", "81": "import", "83": "dangling",
}  # fmt: skip


def outcome(path: Path) -> tuple[Finding, ...]:
    """Read a file within five seconds; its findings, () when it was read."""
    before = time.perf_counter()
    try:
        read_model(path.read_bytes(), path.name)
        findings: tuple[Finding, ...] = ()
    except BadModel as bad:
        findings = bad.findings
        assert findings
    assert time.perf_counter() - before < 5
    return findings


def test_the_shared_folders_are_beside_the_project():
    assert len(HOSTILE) > 30, "the hostile samples are missing: ../shared/hostile"
    assert len(CORPUS) > 70, "the foreign models are missing: ../shared/corpus"


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: path.stem)
def test_a_hostile_file_is_refused_for_its_reason_or_read_as_text(path):
    findings = outcome(path)
    expected = REFUSED.get(path.name[:2])
    assert (expected is None) == (findings == ())
    if expected is not None:
        assert findings[0].rule in {expected, "duplicate-id"}
        assert all(finding.file == path.name for finding in findings)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_foreign_model_is_read_or_refused_with_a_line_and_a_sentence(path):
    for finding in outcome(path):
        assert finding.line is not None
        assert len(finding.message.split()) > 4
        assert "0x" not in finding.message
        assert "Traceback" not in finding.message


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_foreign_model_that_is_read_loses_no_step_and_can_be_drawn(path):
    data = path.read_bytes().replace(b'isExecutable="false"', b'isExecutable="true"')
    try:
        model = read_model(data)
    except BadModel:
        return  # said why in the test above
    again = read_model(model.xml)
    assert [node.id for node in again.nodes] == [node.id for node in model.nodes]
    drawn = read_model(lay_out(data))
    assert [node.id for node in drawn.nodes] == [node.id for node in model.nodes]


@pytest.mark.parametrize("path", ANYTHING, ids=lambda path: path.name)
def test_any_file_at_all_may_be_handed_in_as_a_model_or_as_decisions(path):
    outcome(path)
    with contextlib.suppress(BadModel):
        assert read_decisions(path.read_bytes())


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_random_bytes_are_refused_and_nothing_else_happens(data):
    with pytest.raises(BadModel):
        read_model(data)
    with pytest.raises(BadModel):
        read_decisions(data)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(MODEL) - 1), st.integers(0, 40), st.text(alphabet='<>&"=/ ab\x0b中', max_size=6))
def test_a_model_damaged_anywhere_is_read_or_refused(at, removed, put):
    damaged = MODEL[:at] + put + MODEL[at + removed :]
    with contextlib.suppress(BadModel):
        model = read_model(damaged.encode())
        assert read_model(model.xml).sha256 == model.sha256
