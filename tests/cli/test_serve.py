"""`pilotrun serve` keeps web and worker alive, ends in order, and leaves nothing behind when it is killed."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.house import House, children, family, is_running, until
from webapp.settings import Settings

pytestmark = pytest.mark.slow


@pytest.fixture
def house(initialised: Path, desk: Path) -> Iterator[House]:
    """An installation whose database is ready."""
    made = House(desk, f"sqlite:///{initialised}")
    yield made
    made.close()


def command_of(pid: int) -> str:
    """The command line of a process."""
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


def child_of(pid: int, verb: str) -> int:
    """The process that runs `verb` under the supervisor `pid`."""
    return next(child for child in children(pid) if f" {verb} --under" in command_of(child))


def test_it_says_where_the_pages_are_once_they_answer_and_ends_on_request(house: House) -> None:
    serving = house.start("serve")
    until(lambda: "is ready" in house.output("serve"), "the announcement")

    assert house.is_healthy()
    assert house.output("serve") == f"pilotrun is ready: http://127.0.0.1:{house.port}\n"
    everybody = family(serving.pid)
    assert len(everybody) == 3  # the web server's parent and its one process, and the worker

    serving.send_signal(signal.SIGINT)

    assert serving.wait(15) == 0
    assert not any(map(is_running, everybody))
    assert "Traceback" not in house.output("serve", "err")
    assert not (house.folder / ".gunicorn").exists()


def test_a_child_that_is_killed_is_started_again(house: House) -> None:
    serving = house.start("serve")
    until(house.is_healthy, "the first answer")
    web, worker = child_of(serving.pid, "web"), child_of(serving.pid, "worker")

    os.kill(web, signal.SIGKILL)
    os.kill(worker, signal.SIGKILL)

    until(lambda: len(children(serving.pid)) == 2 and not {web, worker} & set(children(serving.pid)), "two new children")
    until(house.is_healthy, "an answer again")
    assert house.run("worker", "--check").returncode == 0


def test_when_the_parent_is_killed_the_children_end_and_the_port_is_free_for_the_next(house: House) -> None:
    serving = house.start("serve")
    until(lambda: "is ready" in house.output("serve"), "the announcement")
    everybody = family(serving.pid)

    serving.kill()
    serving.wait()
    again = house.start("serve")

    until(lambda: not any(map(is_running, everybody)), "the end of the orphans")
    until(lambda: house.output("serve").count("is ready") == 2, "a second announcement")
    assert again.poll() is None


@pytest.mark.parametrize("verb", ["web", "serve"])
def test_a_port_that_is_taken_is_one_line_and_starts_nothing(house: House, verb: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", house.port))
        taken.listen()
        refused = house.run(verb)

    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert f"127.0.0.1:{house.port}" in refused.stderr
    assert "PILOTRUN_PORT" in refused.stderr


def test_a_worker_ends_on_request_and_says_whether_it_lived(house: House) -> None:
    assert house.run("worker", "--check").returncode == 1

    working = house.start("worker")
    until(lambda: house.run("worker", "--check").returncode == 0, "the first beat")
    working.send_signal(signal.SIGTERM)

    assert working.wait(15) == 0
    assert "worker stopped" in house.output("worker", "err")


@pytest.mark.parametrize(
    ("host", "address"), [("0.0.0.0", "http://127.0.0.1:8000"), ("::1", "http://[::1]:8000"), ("desk", "http://desk:8000")]
)
def test_the_address_is_one_that_a_browser_can_open(host: str, address: str) -> None:
    assert Settings(host=host).address == address
