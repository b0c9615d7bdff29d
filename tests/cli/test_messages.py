"""`pilotrun message send` and `pilotrun signal send`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import engine
from engine.message_tables import message
from tests.cli.conftest import Run, is_one_line


def _kept(path: Path) -> list[tuple[str, str, str | None, dict[str, int], str]]:
    database = engine.connect(f"sqlite:///{path}")
    with engine.reading(database) as c:
        found = [(row.kind, row.name, row.key, row.payload, row.state) for row in c.execute(message.select())]
    database.dispose()
    return found


def test_a_message_is_kept_for_the_worker(run: Run, initialised: Path) -> None:
    done = run("message", "send", "Paid", "--key", "A-1", "--payload", '{"amount": 5}')
    assert (done.exit_code, done.stdout) == (0, "the message Paid is on its way\n")
    assert _kept(initialised) == [("message", "Paid", "A-1", {"amount": 5}, "waiting")]


def test_sent_again_under_the_same_key_nothing_is_sent(run: Run, initialised: Path) -> None:
    first, second = (run("message", "send", "Paid", "--once", "wire-77", "--json") for _ in range(2))
    assert [json.loads(done.stdout)["again"] for done in (first, second)] == [False, True]
    assert len(_kept(initialised)) == 1


def test_a_signal_that_nobody_hears_is_over_at_once(run: Run, initialised: Path) -> None:
    assert run("signal", "send", "Storm").stdout == "the signal Storm is on its way\n"
    assert _kept(initialised) == [("signal", "Storm", None, {}, "delivered")]


@pytest.mark.parametrize(
    "words",
    [
        ("message", "send", "Paid", "--payload", "{"),
        ("message", "send", "Paid", "--payload", "[1]"),
        ("message", "send", ""),
        ("signal", "send", "S" * 300),
        ("signal", "send"),
        ("message",),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_kept(run: Run, initialised: Path, words: tuple[str, ...]) -> None:
    refused = run(*words)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert is_one_line(refused.stderr), refused.stderr
    assert _kept(initialised) == []
