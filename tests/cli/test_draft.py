"""A model of another tool on the command line: what is missing is said and answered in a file, and then it is deployed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import bpmn
import engine
from tests.bpmn.drafts import file, flow
from tests.cli.conftest import Run, is_one_line
from tests.cli.test_bad_input import contents
from tests.world import WEDNESDAY_TEN

CHOICE = (
    '<startEvent id="s"/><userTask id="look" name="Look at it" camunda:candidateGroups="desk"/>'
    '<exclusiveGateway id="g" name="Good?"/>'
    '<endEvent id="yes" name="Kept"/><endEvent id="no" name="Sent back"/>'
    + flow("f1", "s", "look")
    + flow("f2", "look", "g")
    + flow("f3", "g", "yes", "${good}")
    + flow("f4", "g", "no", "${!good}")
)
ANSWERS = """
"code:p": GOODS-1
"owner:p": service-manager
"director:p": service-director
"standard:p": 2 working days
"post:look": {responsible: service-agent, accountable: service-supervisor}
"standard:look": {completion: 30 working minutes, reaction: 10 working minutes}
"""


@pytest.fixture
def theirs(desk: Path) -> Path:
    """What somebody drew in Camunda."""
    path = desk / "theirs.bpmn"
    path.write_bytes(file(CHOICE))
    return path


def test_what_is_missing_is_listed_with_element_line_and_the_way_to_answer(run: Run, theirs: Path) -> None:
    said = run("draft", theirs)

    assert said.exit_code == 1
    assert is_one_line(said.stderr)
    assert "7 answers missing" in said.stderr
    lines = [line.split("\t") for line in said.stdout.splitlines()]
    decision = next(line for line in lines if "decision:g" in line)
    assert decision[1:3] == ["4", "g"]
    assert decision[-1].startswith("people")


def test_the_template_is_an_answers_file_that_suggests_what_the_file_suggests(run: Run, theirs: Path, desk: Path) -> None:
    run("draft", theirs, "--template", desk / "answers.yaml")

    given = bpmn.read_yaml((desk / "answers.yaml").read_bytes(), "answers.yaml")
    assert given["post:look"] == "desk"
    assert given["decision:g"] == "people"
    assert "standard:look" not in given, "nobody said how long it may take"
    assert '# "standard:look": "1 working day"' in (desk / "answers.yaml").read_text()


def test_a_template_that_was_filled_in_leads_to_a_model_that_can_be_deployed(
    run: Run, theirs: Path, desk: Path, initialised: Path
) -> None:
    run("draft", theirs, "--template", desk / "answers.yaml")
    text = (desk / "answers.yaml").read_text()
    (desk / "answers.yaml").write_text(text.replace('# "standard:', '"standard:'))

    made = run("draft", theirs, "--answers", desk / "answers.yaml", "--out", desk / "drawn" / "mine.bpmn")

    assert (made.exit_code, made.stderr) == (0, "")
    assert made.stdout.endswith("nothing is missing: the draft can be deployed\n")
    assert (desk / "drawn" / "forms" / "look.json").exists()
    assert run("deploy", desk / "drawn" / "mine.bpmn").exit_code == 0
    database = engine.connect("sqlite:///var/pilotrun.db")
    with engine.writing(database) as c:
        assert engine.start_case(c, "p", {}, by=None, now=WEDNESDAY_TEN).number == "p-00001"


def test_decisions_are_left_to_people_on_request(run: Run, theirs: Path, desk: Path) -> None:
    (desk / "answers.yaml").write_text(ANSWERS)

    without = run("draft", theirs, "--answers", "answers.yaml")
    left = run("draft", theirs, "--answers", "answers.yaml", "--leave-to-people", "--out", "drawn")

    assert without.exit_code == 1
    assert "1 answer missing" in without.stderr
    assert left.exit_code == 0
    model = bpmn.read_bundle({"to-be.bpmn": (desk / "drawn" / "to-be.bpmn").read_bytes()}).model
    assert model.code == "GOODS-1"
    assert [step.raci.responsible for step in model.steps() if step.raci] == ["service-agent"]


def test_answers_to_questions_that_only_arise_later_are_taken_in_the_same_file(run: Run, desk: Path) -> None:
    (desk / "call.bpmn").write_bytes(
        file('<startEvent id="s"/><serviceTask id="call"/><endEvent id="e"/>' + flow("f1", "s", "call") + flow("f2", "call", "e"))
    )
    (desk / "answers.yaml").write_text(ANSWERS.replace("look", "call") + '"task:call": person\n')

    assert run("draft", "call.bpmn", "--answers", "answers.yaml").exit_code == 0


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ('"post:nobody": desk\n', "post:nobody: nothing of that key is missing"),
        ('"standard:look": soon\n', "standard:look: "),
        ('"decision:g": {f3: "__import__(1) == 2"}\n', "decision:g/f3: "),
        ('"decision:g": {f3: "good =="}\n', "decision:g/f3: "),
        ("- a\n- list\n", "mapping"),
        ("x: !!python/object:os.system {}\n", "YAML"),
    ],
)
def test_an_answer_that_does_not_fit_is_one_sentence_with_its_key(
    run: Run, theirs: Path, desk: Path, answers: str, says: str
) -> None:
    (desk / "answers.yaml").write_text(answers)

    said = run("draft", theirs, "--answers", "answers.yaml", "--out", "drawn")

    assert (said.exit_code, said.stdout) == (2, "")
    assert is_one_line(said.stderr)
    assert says in said.stderr
    assert not (desk / "drawn").exists()


@pytest.mark.parametrize("data", [b"", b"hello", b"<!DOCTYPE x><x/>", b"<definitions/>", file("")])
def test_a_file_that_is_no_model_is_refused_and_nothing_is_written(run: Run, desk: Path, data: bytes) -> None:
    (desk / "bad.bpmn").write_bytes(data)

    said = run("draft", "bad.bpmn", "--out", "drawn", "--template", "answers.yaml")

    assert (said.exit_code, said.stdout) == (2, "")
    assert is_one_line(said.stderr)
    assert not (desk / "drawn").exists()
    assert not (desk / "answers.yaml").exists()


def test_the_file_that_was_handed_in_is_never_written_over(run: Run, theirs: Path) -> None:
    before = theirs.read_bytes()

    assert run("draft", theirs, "--out", theirs).exit_code == 2
    assert theirs.read_bytes() == before


def test_programs_get_one_document(run: Run, theirs: Path) -> None:
    document = json.loads(run("draft", theirs, "--json").stdout)

    assert document["ready"] is False
    assert {repair["kind"] for repair in document["repairs"]} >= {"code", "post", "standard", "decision"}
    assert all(repair["line"] and repair["how"] for repair in document["repairs"])


@pytest.mark.parametrize("verb", ["lint", "deploy"])
def test_who_checks_or_deploys_a_foreign_file_is_told_about_drafts(run: Run, theirs: Path, initialised: Path, verb: str) -> None:
    before = contents(initialised)

    said = run(verb, theirs)

    assert said.exit_code in {1, 2}
    assert is_one_line(said.stderr)
    assert "pilotrun draft" in said.stderr
    assert contents(initialised) == before


@pytest.mark.parametrize("verb", ["lint", "deploy"])
def test_so_is_who_brings_a_foreign_file_that_cannot_even_be_read(run: Run, theirs: Path, initialised: Path, verb: str) -> None:
    theirs.write_bytes(theirs.read_bytes().replace(b'id="look"', b""))

    said = run(verb, theirs)

    assert said.exit_code == (2 if verb == "deploy" else 1)
    assert "pilotrun draft" in said.stderr


def test_a_model_of_ours_with_a_mistake_is_not_called_foreign(run: Run, desk: Path, initialised: Path) -> None:
    shipped = bpmn.shipped("CSC-2024-001").files["to-be.bpmn"].decode()
    (desk / "ours.bpmn").write_text(shipped.replace('completion="15 working minutes"', 'completion="soon"', 1))

    assert "pilotrun draft" not in run("lint", "ours.bpmn").stderr


def test_a_decision_table_beside_the_model_is_taken_along(run: Run, desk: Path) -> None:
    (desk / "rule.bpmn").write_bytes(
        file(
            '<startEvent id="s"/><businessRuleTask id="rule"/><endEvent id="e"/>'
            + flow("f1", "s", "rule")
            + flow("f2", "rule", "e")
        )
    )
    (desk / "compensation.dmn").write_bytes(bpmn.shipped("CSC-2024-001").files["compensation.dmn"])
    (desk / "answers.yaml").write_text('"task:rule": {decision: compensation}\n')

    run("draft", "rule.bpmn", "--decisions", "compensation.dmn", "--answers", "answers.yaml", "--out", "drawn")

    assert (desk / "drawn" / "compensation.dmn").exists()
    assert b'ref="compensation"' in (desk / "drawn" / "to-be.bpmn").read_bytes()
