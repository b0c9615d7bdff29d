"""A version is deployed once and never changes; what comes out is a sentence or one JSON document."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import bpmn
import engine
from tests.cli.conftest import Run, is_one_line
from tests.cli.test_bad_input import contents
from tests.world import INTAKE, WEDNESDAY_TEN

CODE = "CSC-2024-001"


@pytest.fixture
def drawn(desk: Path, initialised: Path) -> Path:
    """The shipped process in a directory of one's own, its model under another name."""
    for name, data in bpmn.shipped(CODE).files.items():
        path = desk / "drawn" / name.replace("to-be", "complaints-2")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return desk / "drawn"


def test_a_directory_becomes_the_next_version_and_cases_can_be_started_in_it(run: Run, drawn: Path) -> None:
    deployed = run("deploy", drawn, "--version", "V1.1")

    assert (deployed.exit_code, deployed.stderr) == (0, "")
    assert deployed.stdout.startswith(f"{CODE} V1.1 is deployed")
    database = engine.connect("sqlite:///var/pilotrun.db")
    with engine.writing(database) as c:
        assert [row.version for row in engine.list_processes(c)] == ["V1.1"]
        assert engine.start_case(c, CODE, INTAKE, by=None, now=WEDNESDAY_TEN, channel="public").number == f"{CODE}-00001"


def test_one_model_file_brings_the_directory_it_lies_in(run: Run, drawn: Path) -> None:
    assert run("deploy", drawn / "complaints-2.bpmn", "--version", "V1.1").exit_code == 0


def test_a_version_that_is_taken_is_refused_and_nothing_changes(run: Run, drawn: Path, initialised: Path) -> None:
    before = contents(initialised)

    refused = run("deploy", drawn)

    assert (refused.exit_code, refused.stdout) == (2, "")
    assert is_one_line(refused.stderr)
    assert "V1.0 is deployed already" in refused.stderr
    assert contents(initialised) == before


def test_programs_get_one_document(run: Run, drawn: Path) -> None:
    deployed = run("deploy", drawn, "--version", "V2.0", "--json")

    document = json.loads(deployed.stdout)
    assert deployed.stderr == ""
    assert (document["code"], document["version"], document["missing_posts"]) == (CODE, "V2.0", [])
    assert document["model_sha256"] == bpmn.shipped(CODE).model.sha256


def test_a_post_that_nobody_knows_is_a_warning_beside_the_deployment(run: Run, drawn: Path) -> None:
    path = drawn / "complaints-2.bpmn"
    (drawn / "organisation.yaml").unlink()  # otherwise the bundle itself says that there is no such post
    path.write_text(path.read_text("utf-8").replace('responsible="sales-representative"', 'responsible="sales-robot"'), "utf-8")

    deployed = run("deploy", drawn, "--version", "V1.1")

    assert deployed.exit_code == 0
    assert deployed.stderr == "warning: the organisation has no sales-robot: nobody could do these steps yet\n"
