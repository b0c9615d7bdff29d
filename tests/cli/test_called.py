"""Processes that call each other on the command line: linted alone, refused before the called one is there, rehearsed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import bpmn
from tests.cli.conftest import Run
from tests.returns import COMPLAINT, RETURN, complaint, goods_return


@pytest.fixture
def folders(desk: Path) -> Path:
    """Both processes as directories of files."""
    shipped = bpmn.shipped("CSC-2024-001").files
    kept = {name: shipped[name] for name in ("plan.yaml", "organisation.yaml")}
    for folder, files in (("returns", goods_return().files), ("complaints", {**complaint().files, **kept})):
        for name, data in files.items():
            path = desk / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data.replace(b"step: receive", b"step: goods_return/inspect"))
    return desk


def test_a_caller_is_linted_with_a_warning_and_deployed_after_what_it_calls(run: Run, folders: Path, initialised: Path) -> None:
    linted = run("lint", "complaints", "--json")
    assert (linted.exit_code, json.loads(linted.stdout)["ok"]) == (0, True)
    assert "is seen at deploy" in linted.stdout
    first = run("deploy", "complaints")
    assert first.exit_code != 0
    assert f"there is no process '{RETURN}' here: deploy the called process first" in first.stderr
    assert run("deploy", "returns").exit_code == 0
    assert run("deploy", "complaints").exit_code == 0


def test_two_processes_are_rehearsed_together(run: Run, folders: Path) -> None:
    alone = run("rehearse", "complaints", "--cases", "5")
    assert alone.exit_code != 0
    together = run("rehearse", "complaints", "--with", "returns", "--cases", "8", "--json")
    assert together.exit_code == 0, together.stderr
    report = json.loads(together.stdout)["report"]
    assert report["processes"] == [COMPLAINT]
    assert "goods_return/inspect" in {row["step"] for row in report["steps"]}
