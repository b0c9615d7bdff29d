"""A real installation: `pilotrun` as processes of the operating system, with a port and a database of their own."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


def free_port() -> int:
    """A port that nothing listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    """Wait for something that other processes make true."""
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, f"{what} did not happen within {seconds} s"
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    """Whether the process is there and not only waiting to be collected."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@dataclass
class House:
    """One installation in `folder`; every process that was started is gone after `close`."""

    folder: Path
    database_url: str
    port: int = field(default_factory=free_port)
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def env(self) -> dict[str, str]:
        """Nothing but what the processes need."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PILOTRUN_DATABASE_URL": self.database_url,
            "PILOTRUN_PORT": str(self.port),
            "PILOTRUN_SWEEP_SECONDS": "1",
        }

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """One command, to its end."""
        return subprocess.run(
            self._command(*words), cwd=self.folder, env=self.env(), capture_output=True, text=True, timeout=60, check=False
        )

    def start(self, verb: str) -> subprocess.Popen[bytes]:
        """A long-running verb; its output is appended to <verb>.out and <verb>.err."""
        with (self.folder / f"{verb}.out").open("ab") as out, (self.folder / f"{verb}.err").open("ab") as err:
            process = subprocess.Popen(self._command(verb), cwd=self.folder, env=self.env(), stdout=out, stderr=err)
        self.running.append(process)
        return process

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-P", "-m", "webapp.cli", *words]

    def output(self, verb: str, stream: str = "out") -> str:
        """What the verb has said so far."""
        return (self.folder / f"{verb}.{stream}").read_text()

    def is_healthy(self) -> bool:
        """Whether the pages answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def close(self) -> None:
        """Stop what still runs, in order first and by force after a while."""
        for process in self.running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.running:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def children(pid: int) -> list[int]:
    """The processes that `pid` started and that still run."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(child) for child in listed if is_running(int(child))]


def family(pid: int) -> list[int]:
    """The descendants of `pid`."""
    return [below for child in children(pid) for below in (child, *family(child))]
