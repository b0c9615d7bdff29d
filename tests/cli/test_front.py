"""Every verb explains itself; whatever goes wrong is one line on stderr and a code that scripts can rely on."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import sqlalchemy.exc
from click.testing import CliRunner

import engine
from bpmn import BadModel, Finding
from tests.cli.conftest import Run, is_one_line
from webapp.cli import VERBS, main
from webapp.cli.front import Found, Verbs, one_line
from webapp.settings import SettingsError


@pytest.mark.parametrize("words", [[verb] for verb in VERBS] + [["log", "check"], ["log", "export"]], ids=" ".join)
def test_every_verb_has_help_with_an_example(run: Run, words: list[str]) -> None:
    shown = run(*words, "--help")

    assert shown.exit_code == 0
    assert "Example" in shown.stdout
    assert f"pilotrun {' '.join(words)}" in shown.stdout


def test_the_front_page_lists_every_verb_with_a_sentence(run: Run) -> None:
    shown = run("--help").stdout

    for verb in VERBS:
        line = next(line for line in shown.splitlines() if line.startswith(f"  {verb} "))
        assert len(line.split()) > 3


def test_the_version_is_the_one_of_the_package(run: Run) -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]

    assert run("--version").stdout == f"pilotrun {project['version']}\n"


@pytest.mark.parametrize(
    "words",
    [
        ["lnit"],
        ["lint"],
        ["lint", "--jsno", "x"],
        ["lint", "nowhere.bpmn"],
        ["lint", "CSC-1999-999"],
        ["deploy", "CSC-2024-001"],
        ["rehearse", "CSC-2024-001", "--cases", "many"],
        ["rehearse", "CSC-2024-001", "--cases", "0"],
        ["rehearse", "CSC-2024-001", "--start", "tomorrow"],
        ["report", "CSC-2024-001"],
        ["report", "CSC-2024-001", "--at", "soon"],
        ["pack", "CSC-2024-001"],
        ["verify", "nowhere.zip"],
        ["log"],
        ["log", "check"],
        ["log", "export", "CSC-2024-001", "--format", "doc", "-o", "x"],
        ["web"],
        ["worker"],
        ["serve"],
    ],
    ids=" ".join,
)
def test_bad_input_is_one_line_and_code_two(run: Run, words: list[str]) -> None:
    refused = run(*words)

    assert (refused.exit_code, refused.stdout) == (2, "")
    assert is_one_line(refused.stderr), refused.stderr


@pytest.mark.parametrize("variable", ["PILOTRUN_PROT", "PILOTRUN_PORT", "PILOTRUN_DATABASE_URL", "PILOTRUN_SECRET_KEY_FILE"])
@pytest.mark.parametrize("verb", ["init", "serve", "web", "worker"])
def test_an_environment_that_cannot_be_read_is_bad_input(run: Run, verb: str, variable: str) -> None:
    refused = run(verb, env={variable: "nonsense"})

    assert refused.exit_code == 2
    assert is_one_line(refused.stderr)
    assert variable in refused.stderr


def test_a_verb_that_looks_for_the_database_makes_none(run: Run) -> None:
    run("log", "check")

    assert not Path("var/pilotrun.db").exists()


def test_a_file_that_is_no_database_is_bad_input(run: Run) -> None:
    Path("other.db").write_bytes(b"this is not a database at all, whatever its name says " * 20)

    refused = run("log", "check", env={"PILOTRUN_DATABASE_URL": "sqlite:///other.db"})

    assert refused.exit_code == 2
    assert is_one_line(refused.stderr)


def test_a_server_that_is_not_there_is_bad_input_and_its_password_stays_secret(run: Run) -> None:
    refused = run("init", env={"PILOTRUN_DATABASE_URL": "postgresql://pilot:hush@127.0.0.1:1/none"})

    assert refused.exit_code == 2
    assert is_one_line(refused.stderr)
    assert "hush" not in refused.stderr


def raising(error: BaseException) -> Verbs:
    """A command line whose one verb fails."""
    group = Verbs("pilotrun")

    @group.command()
    def fail() -> None:
        raise error

    return group


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Found("the chain is broken"), 1),
        (SettingsError("PILOTRUN_X is not a setting"), 2),
        (engine.NotFound(), 2),
        (engine.Refused([Finding("rule", "one\ntwo"), Finding("rule", "three")]), 2),
        (BadModel([Finding("rule", "many", element=f"e{number}") for number in range(500)]), 2),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "x"), 2),
        (OSError(errno.ENOSPC, "No space left on device"), 2),
        (sqlalchemy.exc.OperationalError("SELECT 1", {}, Exception("disk is\nfull")), 2),
        (ZeroDivisionError("division by zero"), 2),
        (RecursionError("too deep"), 2),
        (KeyboardInterrupt(), 130),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else str(value),
)
def test_each_kind_of_failure_has_its_code_and_never_a_traceback(error: BaseException, code: int) -> None:
    failed = CliRunner().invoke(raising(error), ["fail"])

    assert (failed.exit_code, failed.stdout) == (code, "")
    assert is_one_line(failed.stderr) or isinstance(error, KeyboardInterrupt)
    assert len(failed.stderr) < 1_000


def test_with_debug_the_error_is_shown_where_it_happened() -> None:
    failed = CliRunner().invoke(raising(ZeroDivisionError()), ["fail"], env={"PILOTRUN_DEBUG": "1"})

    assert isinstance(failed.exception, ZeroDivisionError)


def test_a_name_in_a_model_cannot_steer_the_terminal() -> None:
    assert one_line("a\x1b[2Jb\r\nc\u202ed\u0007") == "a [2Jb c d"


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m webapp.cli --help | true; exit ${{PIPESTATUS:-0}}"],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        timeout=60,
        check=False,
    )

    assert done.stderr == ""


def test_the_command_line_starts_without_loading_the_engine() -> None:
    probe = "import sys, webapp.cli; sys.exit('engine' in sys.modules or 'scipy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", probe], timeout=60, check=False).returncode == 0
    assert main.name == "main"
