"""A sample of the hostile files on the command line: one line, the right exit code, nothing written."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.test_bad_input import contents
from tests.door.hostile import Hostile
from tests.door.hostile_words import every

SAMPLE = every()[::6]


@pytest.mark.parametrize("hostile", SAMPLE, ids=lambda hostile: hostile.name)
def test_lint_draft_and_deploy_refuse_it_in_one_line(run: Run, desk: Path, initialised: Path, hostile: Hostile) -> None:
    for name, data in hostile.files.items():
        (desk / "theirs" / name).parent.mkdir(exist_ok=True)
        (desk / "theirs" / name).write_bytes(data)
    before = contents(initialised)
    for verb, source in (("lint", "theirs"), ("deploy", "theirs"), ("draft", "theirs/to-be.bpmn")):
        began = time.process_time()
        said = run(verb, source)
        assert time.process_time() - began < 5
        assert said.exit_code in ({0, 1, 2} if verb == "draft" else {1, 2}), said.stdout
        assert said.stderr.count("\n") <= 1
        assert "Traceback" not in said.stderr
        assert "this should not happen" not in said.stderr
    assert contents(initialised) == before
