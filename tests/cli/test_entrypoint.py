"""The container's entrypoint: our verbs go to pilotrun, everything else is run as it is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from webapp.cli import VERBS

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "docker" / "entrypoint.sh"


def enter(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """What the container does with these arguments, run by sh with our own pilotrun on the PATH."""
    env = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return subprocess.run(["sh", SCRIPT, *arguments], cwd=cwd, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_a_verb_is_run_by_pilotrun(tmp_path: Path) -> None:
    assert "Serve the pages alone" in enter("web", "--help", cwd=tmp_path).stdout


def test_an_option_goes_to_pilotrun(tmp_path: Path) -> None:
    assert enter("--version", cwd=tmp_path).stdout.startswith("pilotrun ")


def test_another_command_is_run_as_it_is(tmp_path: Path) -> None:
    done = enter("sh", "-c", 'printf "%s" "$1"; exit 7', "sh", "two words", cwd=tmp_path)

    assert (done.stdout, done.returncode) == ("two words", 7)


def test_nothing_given_means_web_and_web_says_what_is_missing(tmp_path: Path) -> None:
    done = enter(cwd=tmp_path)

    assert done.returncode == 2
    assert "run 'pilotrun init' first" in done.stderr


def test_files_made_in_the_container_are_not_for_everybody(tmp_path: Path) -> None:
    enter("sh", "-c", "touch made", cwd=tmp_path)

    assert (tmp_path / "made").stat().st_mode & 0o077 == 0


def test_every_verb_of_the_command_line_is_known_to_the_entrypoint() -> None:
    verbs = re.search(r"^ +(init [^)]*)\| -\*\)", SCRIPT.read_text(), re.MULTILINE)

    assert verbs is not None
    assert set(verbs[1].replace("|", " ").split()) == set(VERBS)


@pytest.mark.parametrize("service", ["init", "web", "worker"])
def test_each_service_of_the_compose_file_is_ours_and_without_rights(service: str) -> None:
    described = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())["services"][service]

    assert described["command"] == [service]
    assert (described["cap_drop"], described["read_only"]) == (["ALL"], True)
    assert not [name for name in described["environment"] if "KEY" in name and not name.endswith("_FILE")]


def test_the_image_ends_without_root_and_copies_only_what_exists() -> None:
    lines = (ROOT / "docker" / "Dockerfile").read_text().splitlines()
    copied = [
        name
        for line in lines
        if line.startswith("COPY") and "--from" not in line
        for name in line.split()[1:-1]
        if name[0] != "-"
    ]

    assert [line for line in lines if line.startswith("USER ")] == ["USER pilotrun"]
    assert [name for name in copied if not (ROOT / name).exists()] == []
