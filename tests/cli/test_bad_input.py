"""The bad models of the world: refused before anything is written, with a sentence that says what and where."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

import bpmn
from tests.cli.conftest import Run, is_one_line

CODE = "CSC-2024-001"
HOSTILE = Path(__file__).parents[2].parent / "shared" / "hostile"
GOOD = bpmn.shipped(CODE).files["to-be.bpmn"].decode()


def without(start: str, end: str) -> Callable[[str], str]:
    """Cuts the first passage from `start` to `end` out of a text."""

    def cut(text: str) -> str:
        head, _, rest = text.partition(start)
        return head + rest.partition(end)[2]

    return cut


def replaced(old: str, new: str) -> Callable[[str], str]:
    """Puts `new` where `old` stands first."""
    return lambda text: text.replace(old, new, 1)


@dataclass(frozen=True)
class Bad:
    """One way to spoil the shipped model; `says` must be in the finding."""

    spoil: Callable[[str], str]
    says: str
    readable: bool = True


BAD = {
    "broken XML": Bad(lambda text: text[: len(text) // 2], "XML", readable=False),
    "not XML": Bad(lambda text: "hello", "XML", readable=False),
    "empty": Bad(lambda text: "", "empty", readable=False),
    "a DTD": Bad(replaced("<bpmn:definitions", "<!DOCTYPE x>\n<bpmn:definitions"), "document type", readable=False),
    "an entity": Bad(
        replaced("<bpmn:definitions", '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>\n<bpmn:definitions'),
        "document type",
        readable=False,
    ),
    "an unsupported element": Bad(
        lambda text: text.replace('<bpmn:userTask id="receive"', '<bpmn:adHocSubProcess id="receive"', 1).replace(
            "</bpmn:userTask>", "</bpmn:adHocSubProcess>", 1
        ),
        "receive",
    ),
    "a step without a post": Bad(without("<pilot:raci", "/>"), "receive"),
    "a step without a standard": Bad(without('<pilot:standard completion="15 working minutes"', "/>"), "receive"),
    "a duration that cannot be read": Bad(replaced("15 working minutes", "a quarter of an hour"), "receive"),
    "a duration with months": Bad(replaced("15 working minutes", "P1M"), "receive"),
}


@pytest.fixture(params=list(BAD), ids=lambda name: name.replace(" ", "-"))
def bad(request: pytest.FixtureRequest) -> Bad:
    """Each of them."""
    return BAD[request.param]


@pytest.fixture
def folder(desk: Path, bad: Bad) -> Path:
    """The shipped process in a directory, its model spoilt."""
    made = desk / "drawn"
    for name, data in bpmn.shipped(CODE).files.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_bytes(data)
    spoilt = bad.spoil(GOOD)
    assert spoilt != GOOD
    (made / "to-be.bpmn").write_text(spoilt, "utf-8")
    return made


def test_lint_says_what_and_where(run: Run, bad: Bad, folder: Path) -> None:
    linted = run("lint", folder)

    assert linted.exit_code == (1 if bad.readable else 2)
    assert bad.says in linted.stdout
    assert is_one_line(linted.stderr)


def test_lint_gives_programs_the_place_of_each_finding(run: Run, bad: Bad, folder: Path) -> None:
    document = json.loads(run("lint", folder / "to-be.bpmn", "--json").stdout)

    worst = document["findings"][0]
    assert (document["ok"], worst["severity"], worst["file"]) == (False, "error", "to-be.bpmn")
    assert {"rule", "message", "line", "element", "name"} < worst.keys()
    assert bad.says in worst["message"] or bad.says == worst["element"]


def test_deploy_refuses_before_anything_is_written(run: Run, bad: Bad, folder: Path, initialised: Path) -> None:
    before = contents(initialised)

    refused = run("deploy", folder, "--version", "V9.0")

    assert (refused.exit_code, refused.stdout) == (2, "")
    assert is_one_line(refused.stderr)
    assert bad.says in refused.stderr
    assert contents(initialised) == before


def contents(path: Path) -> dict[str, list[object]]:
    """Every row of every table."""
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.connect() as c:
        tables = sa.inspect(c).get_table_names()
        found = {table: list(map(tuple, c.exec_driver_sql(f'SELECT * FROM "{table}"'))) for table in tables}
    engine.dispose()
    return found


@pytest.mark.parametrize("path", sorted(HOSTILE.glob("*.[bd]*mn")), ids=lambda path: path.stem)
def test_no_hostile_file_gets_through_or_gets_a_traceback(run: Run, path: Path) -> None:
    linted = run("lint", path, "--json")

    assert linted.exit_code in {0, 1, 2}
    assert "Traceback" not in linted.stderr
    assert "this should not happen" not in linted.stderr
    assert isinstance(json.loads(linted.stdout), dict)


def test_a_model_file_is_read_together_with_the_bundle_it_lies_in(run: Run, desk: Path) -> None:
    for name, data in bpmn.shipped(CODE).files.items():
        (desk / "drawn" / name).parent.mkdir(parents=True, exist_ok=True)
        (desk / "drawn" / name).write_bytes(data)
    shutil.copy(desk / "drawn" / "to-be.bpmn", desk / "alone.bpmn")

    assert run("lint", desk / "drawn" / "to-be.bpmn").exit_code == 0
    assert "form" in run("lint", desk / "alone.bpmn").stdout


def test_the_shipped_process_has_nothing_to_complain_about(run: Run) -> None:
    linted = run("lint", CODE, "--json")

    assert (linted.exit_code, linted.stderr) == (0, "")
    assert json.loads(linted.stdout)["ok"] is True


def test_a_directory_without_a_model_is_bad_input(run: Run, desk: Path) -> None:
    (desk / "empty").mkdir()

    assert run("lint", desk / "empty").exit_code == 2


def test_a_directory_that_is_no_process_is_not_read_through(run: Run, desk: Path) -> None:
    for number in range(600):
        (desk / f"{number}.txt").touch()

    refused = run("lint", desk)

    assert refused.exit_code == 2
    assert "holds more than 500 files" in refused.stderr
