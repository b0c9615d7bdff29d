"""The command line as people use it: in a directory of its own, with nothing set in the environment."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from webapp.cli import main

Run = Callable[..., Result]


def call(*arguments: str | Path, env: dict[str, str] | None = None) -> Result:
    """One command line in this process; `exit_code`, `stdout` and `stderr` are what a shell would see."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments], env=env)


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory in which the person sits; no PILOTRUN_ variable is set."""
    for name in [name for name in os.environ if name.startswith("PILOTRUN_") and not name.startswith("PILOTRUN_TEST_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run() -> Run:
    """`run("lint", "model.bpmn")` is `pilotrun lint model.bpmn`."""
    return call


@pytest.fixture(scope="session")
def _prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli") / "pilotrun.db"
    made = call("init", env={"PILOTRUN_DATABASE_URL": f"sqlite:///{path}", "PILOTRUN_VAR": str(path.parent)})
    assert made.exit_code == 0, made.stderr
    return path


@pytest.fixture
def initialised(_prepared: Path, desk: Path) -> Path:
    """`pilotrun init` has been run here: the database file, with the shipped process and nobody but the administrator."""
    (desk / "var").mkdir()
    return Path(shutil.copy(_prepared, desk / "var" / "pilotrun.db"))


def is_one_line(text: str) -> bool:
    """Whether an error is what we promise: one line, no traceback."""
    return text.count("\n") == 1 and text.strip() != "" and "Traceback" not in text
