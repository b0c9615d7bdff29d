"""Rehearse, report, pack, verify: the same figures everywhere, and no change goes unnoticed."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

import bpmn
import engine
import pilots
from tests.cli.conftest import Run, call, is_one_line

CODE = "CSC-2024-001"
FEW = ("--cases", "12", "--seed", "3")
LATER = ("--at", "2026-03-31T00:00+08:00")


@pytest.fixture(scope="module")
def desk_with_rehearsal(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of an installation in which the shipped process has a rehearsed pilot of twelve cases."""
    folder = tmp_path_factory.mktemp("evidence")
    env = {"PILOTRUN_DATABASE_URL": f"sqlite:///{folder / 'pilotrun.db'}", "PILOTRUN_VAR": str(folder)}
    assert call("init", env=env).exit_code == 0
    database = engine.connect(env["PILOTRUN_DATABASE_URL"])
    bundle = bpmn.shipped(CODE)
    with engine.writing(database) as c:
        engine.import_organisation(c, bundle.organisation, password_hash=None, now=datetime(2026, 3, 1, tzinfo=UTC))
        pilots.rehearse(c, CODE, bundle=bundle, cases=12, seed=3)
    database.dispose()
    return env


@pytest.fixture
def env(desk_with_rehearsal: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The same, set."""
    for name, value in desk_with_rehearsal.items():
        monkeypatch.setenv(name, value)
    return desk_with_rehearsal


@pytest.fixture
def packed(run: Run, env: dict[str, str], desk: Path) -> Path:
    """The pack of the rehearsed pilot."""
    made = run("pack", CODE, "-o", "evidence.zip", "--rehearsal", "--language", "en", *LATER)
    assert made.exit_code == 0, made.stderr
    return desk / "evidence.zip"


def test_the_same_seed_gives_the_same_document_and_another_seed_another(run: Run) -> None:
    first, again, other = (run("rehearse", CODE, "--cases", "12", "--seed", seed, "--json") for seed in ("3", "3", "4"))

    assert first.exit_code == 0
    assert first.stderr == ""  # no progress bar where nobody looks
    assert first.stdout == again.stdout != other.stdout
    document = json.loads(first.stdout)
    assert (document["cases"], document["seed"], document["report"]["rehearsal"]) == (12, 3, True)


def test_a_rehearsal_leaves_nothing_behind(run: Run, desk: Path) -> None:
    run("rehearse", CODE, *FEW)

    assert list(desk.iterdir()) == []


def test_a_rehearsal_can_begin_on_another_day(run: Run) -> None:
    document = json.loads(run("rehearse", CODE, *FEW, "--start", "2026-05-11", "--json").stdout)

    assert document["started_at"] == "2026-05-11T00:00:00Z"
    assert document["report"]["starts"] == "2026-05-11"


def test_a_rehearsal_says_in_plain_text_that_it_is_one(run: Run) -> None:
    shown = run("rehearse", CODE, *FEW).stdout

    assert shown.startswith("REHEARSAL: ")
    assert "12 cases started, 12 completed" in shown
    assert "Solved and reported back within 48 hours\t85% within PT48H\t" in shown


def test_a_rehearsal_without_assumptions_is_bad_input(run: Run, desk: Path) -> None:
    for name, data in bpmn.shipped(CODE).files.items():
        if name != "rehearsal.yaml":
            (desk / "drawn" / name).parent.mkdir(parents=True, exist_ok=True)
            (desk / "drawn" / name).write_bytes(data)

    refused = run("rehearse", desk / "drawn", *FEW)

    assert refused.exit_code == 2
    assert is_one_line(refused.stderr)
    assert "rehearsal.yaml" in refused.stderr


def test_a_report_is_one_document_and_equal_to_the_rehearsals_own(run: Run, env: dict[str, str]) -> None:
    rehearsed = json.loads(run("rehearse", CODE, *FEW, "--json").stdout)

    told = run("report", CODE, "--rehearsal", "--json", "--at", rehearsed["ended_at"])

    report = json.loads(told.stdout)
    assert told.stderr == ""
    for part in ("criteria", "decision", "summary", "steps", "weeks"):
        assert report[part] == rehearsed["report"][part]


def test_a_report_can_be_asked_for_an_earlier_day(run: Run, env: dict[str, str]) -> None:
    started = [
        json.loads(run("report", CODE, "--rehearsal", "--json", "--at", day).stdout)["summary"]["started"]
        for day in ("2026-03-02", "2026-03-03", "2026-03-31")
    ]

    assert started[0] == 0 < started[1] < started[2] == 12


def test_a_process_without_a_pilot_says_where_to_look(run: Run, env: dict[str, str]) -> None:
    refused = run("report", CODE)

    assert refused.exit_code == 2
    assert "--rehearsal shows the rehearsed one" in refused.stderr


def test_an_unknown_code_is_told_what_is_deployed(run: Run, env: dict[str, str]) -> None:
    for words in (["report", "XYZ"], ["pack", "XYZ", "-o", "x.zip"], ["log", "export", "XYZ", "-o", "x.csv"]):
        refused = run(*words)

        assert refused.exit_code == 2
        assert f"deployed here: {CODE}" in refused.stderr
        assert not Path(words[-1]).exists()


def test_a_pack_holds_and_says_how_much_was_recomputed(run: Run, packed: Path) -> None:
    held = run("verify", packed)
    document = json.loads(run("verify", packed, "--json").stdout)

    assert held.exit_code == 0
    assert document["ok"] is True
    assert f"{document['figures']} figures were recomputed" in held.stdout


def test_a_pack_is_the_same_bytes_again(run: Run, packed: Path) -> None:
    run("pack", CODE, "-o", "again.zip", "--rehearsal", "--language", "en", *LATER)

    assert Path("again.zip").read_bytes() == packed.read_bytes()


@pytest.mark.parametrize(
    "part", ["events.csv", "metrics.json", "plan.json", "report.html", "model.bpmn", "metrics.xlsx", "events.xes"]
)
def test_one_changed_byte_is_found_and_its_file_is_named(run: Run, packed: Path, part: str) -> None:
    parts = {name: bytearray(data) for name, data in read_zip(packed).items()}
    parts[part][len(parts[part]) // 2] ^= 1

    changed = Path("changed.zip")
    with zipfile.ZipFile(changed, "w") as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), bytes(data))
    verified, document = run("verify", changed), run("verify", changed, "--json")

    assert verified.exit_code == 1
    assert is_one_line(verified.stderr)
    assert part in verified.stderr
    assert any(problem.startswith(part) for problem in json.loads(document.stdout)["problems"])


def read_zip(path: Path) -> dict[str, bytes]:
    """The parts of a pack."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_head_that_was_noted_elsewhere_is_compared(run: Run, packed: Path) -> None:
    head = run("pack", CODE, "-o", "again.zip", "--rehearsal", *LATER).stdout.split()[-1]

    assert run("verify", packed, "--head", head).exit_code == 0
    assert run("verify", packed, "--head", "0" * 64).exit_code == 1


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 cut off"])
def test_a_file_that_is_no_pack_does_not_hold(run: Run, content: bytes) -> None:
    Path("other.zip").write_bytes(content)

    verified = run("verify", "other.zip")

    assert verified.exit_code == 1
    assert is_one_line(verified.stderr)


def test_a_pack_that_cannot_be_written_leaves_no_half_file(run: Run, env: dict[str, str], desk: Path) -> None:
    refused = run("pack", CODE, "-o", "nowhere/evidence.zip", "--rehearsal")

    assert refused.exit_code == 2
    assert is_one_line(refused.stderr)
    assert list(desk.iterdir()) == []


def test_the_log_is_exported_with_its_chain(run: Run, env: dict[str, str]) -> None:
    run("log", "export", CODE, "--rehearsal", "-o", "events.csv")
    run("log", "export", CODE, "--rehearsal", "--format", "xes", "-o", "events.xes")

    rows = list(csv.DictReader(io.StringIO(Path("events.csv").read_text("utf-8"))))
    assert len({row["case_id"] for row in rows if row["case_id"]}) == 12
    assert Path("events.xes").read_bytes().count(b"<trace>") == 12


def test_real_and_rehearsed_events_are_never_in_one_file(run: Run, env: dict[str, str]) -> None:
    run("log", "export", CODE, "-o", "real.csv")

    rows = list(csv.DictReader(io.StringIO(Path("real.csv").read_text("utf-8"))))
    assert not [row for row in rows if row["case_id"].startswith("R-")]


def test_an_intact_chain_is_code_zero(run: Run, env: dict[str, str]) -> None:
    checked, document = run("log", "check"), json.loads(run("log", "check", "--json").stdout)

    assert checked.exit_code == 0
    assert f"{document['entries']} entries" in checked.stdout
    assert document["head"] in checked.stdout


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET person = 'somebody.else' WHERE seq = 9",
        "UPDATE event SET at = '2026-03-01 00:00:00.000000' WHERE seq = 9",
        "UPDATE event SET data = '{}' WHERE seq = 9",
        "DELETE FROM event WHERE seq = 9",
        "DELETE FROM event WHERE seq = (SELECT max(seq) FROM event)",
    ],
)
def test_a_broken_chain_is_a_finding(run: Run, env: dict[str, str], desk: Path, statement: str) -> None:
    copy = desk / "copy.db"
    with sqlite3.connect(env["PILOTRUN_DATABASE_URL"].removeprefix("sqlite:///")) as source, sqlite3.connect(copy) as target:
        source.backup(target)
        for (trigger,) in target.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            target.execute(f'DROP TRIGGER "{trigger}"')
        target.execute(statement)

    checked = run("log", "check", env={"PILOTRUN_DATABASE_URL": f"sqlite:///{copy}"})
    document = json.loads(run("log", "check", "--json", env={"PILOTRUN_DATABASE_URL": f"sqlite:///{copy}"}).stdout)

    assert checked.exit_code == 1
    assert is_one_line(checked.stderr)
    assert document["ok"] is False
    assert str(document["broken_at"]) in checked.stderr
