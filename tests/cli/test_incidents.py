"""`pilotrun incident`: list, retry, assign, dismiss, and what it says to bad input."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import bpmn
import engine
from tests.cli.conftest import Run, is_one_line
from tests.world import CODE, INTAKE, WEDNESDAY_TEN


@pytest.fixture
def desk_with_trouble(initialised: Path) -> Iterator[engine.Engine]:
    """A complaint that could not be opened is waiting."""
    database = engine.connect(f"sqlite:///{initialised}")
    with engine.writing(database) as c:
        engine.import_organisation(c, bpmn.shipped(CODE).organisation, password_hash=None, now=WEDNESDAY_TEN)
        reason = engine.CannotGoOn("The rule of the intake is broken.")
        engine.report_failed_start(c, CODE, INTAKE, reason, by=None, now=WEDNESDAY_TEN, channel="public")
    yield database
    database.dispose()


def test_a_complaint_that_could_not_be_opened_is_listed_and_opened(run: Run, desk_with_trouble: engine.Engine) -> None:
    (row,) = json.loads(run("incident", "list", "--json").stdout)
    assert (row["kind"], row["code"], row["reason"]) == ("start", CODE, "The rule of the intake is broken.")
    assert "The rule of the intake is broken." in run("incident", "list").stdout
    assert run("incident", "assign", "1", "--to", "zhao.lei", "--by", "li.na").stdout == "1: zhao.lei looks after it\n"

    retried = run("incident", "retry", "1", "--by", "li.na")

    assert (retried.exit_code, retried.stdout) == (0, "1: done\n")
    with engine.reading(desk_with_trouble) as c:
        assert [case.subject for case in engine.list_cases(c, CODE)] == [INTAKE["subject"]]
    assert json.loads(run("incident", "list", "--json").stdout) == []
    (closed,) = json.loads(run("incident", "list", "--all", "--json").stdout)
    assert (closed["state"], closed["resolution"], closed["resolved_by"]) == ("resolved", "retried", "li.na")


def test_what_fails_again_is_a_finding(run: Run, desk_with_trouble: engine.Engine) -> None:
    with engine.writing(desk_with_trouble) as c:
        engine.report_failed_start(
            c, CODE, INTAKE, engine.CannotGoOn("Nobody."), by=None, now=WEDNESDAY_TEN, channel="public", key="two"
        )
    assert run("incident", "dismiss", "2", "--reason", "A test", "--by", "admin").exit_code == 0

    again = run("incident", "retry", "1", "2", "--by", "li.na")

    assert (again.exit_code, again.stdout) == (1, "1: done\n")
    assert again.stderr == "2: This incident is closed already.\n1 of 2 failed again\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("retry", "1", "--by", "nobody"),
        ("retry", "1", "--by", "chen.jing"),
        ("retry", "99", "--by", "li.na"),
        ("retry", "one", "--by", "li.na"),
        ("retry", "1"),
        ("assign", "1", "--to", "nobody", "--by", "li.na"),
        ("dismiss", "1", "--reason", " ", "--by", "li.na"),
    ],
)
def test_bad_input_is_one_line_and_changes_nothing(
    run: Run, desk_with_trouble: engine.Engine, arguments: tuple[str, ...]
) -> None:
    said = run("incident", *arguments)
    assert said.exit_code == 2
    assert is_one_line(said.stderr), said.stderr
    (row,) = json.loads(run("incident", "list", "--json").stdout)
    assert (row["state"], row["times"], row["assigned_to"]) == ("open", 1, None)
