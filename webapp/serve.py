"""The processes of one installation: the web server, and a supervisor that keeps web and worker alive side by side."""

from __future__ import annotations

import ctypes
import errno
import http.client
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from webapp.settings import Settings

log = logging.getLogger(__name__)

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE = 10.0  # seconds that a stopping process may take before it is killed
_PR_SET_PDEATHSIG = 1


class AddressError(OSError):
    """Something else already listens where the pages should be served."""


def end_with_parent(parent: int, how: signal.Signals) -> None:
    """Have the kernel send this process `how` when `parent` ends, even if that is by kill -9 (Linux; elsewhere nothing).

    Without it, children that outlive their parent would keep the port, and a restart would find it taken.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(how), 0, 0, 0)
    if os.getppid() != parent:  # it ended before we asked
        os.kill(os.getpid(), how)


# --- the web server ------------------------------------------------------------------------------------------------


class WebServer(BaseApplication):  # type: ignore[misc]
    """Gunicorn with one process and many threads; the application is made inside that process, after the fork."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Called by gunicorn: our settings in its words."""
        for name, value in gunicorn_options(self._settings).items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Called by gunicorn in the process that serves."""
        from webapp.app import create_app

        return create_app(self._settings)


def gunicorn_options(settings: Settings) -> dict[str, Any]:
    """One worker: what is kept in memory is kept once. Its control socket would lie in the home directory: none."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    shared_memory = Path("/dev/shm")  # noqa: S108 (gunicorn makes its own unlinked file there; a disk can block its heartbeat)
    return {
        "bind": [f"{host}:{settings.port}"],
        "workers": 1,
        "worker_class": "gthread",
        "threads": settings.threads,
        "timeout": 60,
        "graceful_timeout": int(GRACE) - 2,
        "keepalive": 5,
        "control_socket_disable": True,
        "worker_tmp_dir": str(shared_memory) if os.access(shared_memory, os.W_OK) else None,
        "loglevel": settings.log_level.lower(),
        "post_fork": lambda arbiter, _worker: end_with_parent(arbiter.pid, signal.SIGKILL),
    }


def run_web(settings: Settings) -> None:
    """Serve the pages until SIGTERM or SIGINT. Raises AddressError before anything is started."""
    wait_for_address(settings.host, settings.port)
    WebServer(settings).run()


def wait_for_address(host: str, port: int, *, patience: float = 3.0) -> None:
    """Return when `host:port` can be listened on; a server that was just killed may need a moment to let go.

    Raises AddressError after `patience` seconds, or OSError for an address that is not ours.
    """
    give_up = time.monotonic() + patience
    family, kind, *_rest, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    while True:
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                return probe.bind(address)
            except OSError as error:
                if error.errno != errno.EADDRINUSE or time.monotonic() > give_up:
                    text = (
                        f"{host}:{port} cannot be served ({error.strerror}): stop what is listening there, or set PILOTRUN_PORT"
                    )
                    raise AddressError(text) from None
        time.sleep(0.2)


# --- the supervisor ------------------------------------------------------------------------------------------------


@dataclass
class Child:
    """One supervised process: the command that starts it, and how often it died lately."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    started: float = 0.0
    not_before: float = 0.0

    def start(self) -> None:
        """Start it in a process group of its own: Ctrl-C reaches the supervisor alone, which stops it in order."""
        self.process = subprocess.Popen(self.command, process_group=0, stdin=subprocess.DEVNULL)  # noqa: S603 (our own command)
        self.started = time.monotonic()

    def look_after(self, now: float) -> None:
        """Start it if it is not there; after each death in a row wait longer, up to a quarter of a minute."""
        if self.process is None:
            if now >= self.not_before:
                self.start()
        elif (code := self.process.poll()) is not None:
            self.deaths = 0 if now - self.started > 60 else self.deaths + 1
            self.not_before = now + (pause := min(0.25 * 2**self.deaths, 15.0))
            self.process = None
            log.warning("%s ended with %s; starting it again in %.1f s", self.name, code, pause)

    def stop(self, deadline: float) -> None:
        """Ask it to end, and end it when it has not by `deadline` (monotonic seconds)."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("%s did not stop in time and was killed", self.name)
            self.process.kill()
            self.process.wait()


@dataclass
class Supervisor:
    """Keeps web and worker running until it is told to stop. `on_ready` is called once, when the pages answer."""

    settings: Settings
    on_ready: Callable[[], None]
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Blocks until SIGINT, SIGTERM or SIGHUP. Raises AddressError before anything is started."""
        wait_for_address(self.settings.host, self.settings.port)
        for stop in STOPPING:
            signal.signal(stop, lambda *_: self.stopping.set())
        children = [Child(name, own_command(name)) for name in ("web", "worker")]
        try:
            self._keep(children)
        finally:
            self._stop(children)

    def _keep(self, children: list[Child]) -> None:
        announced = False
        while not self.stopping.is_set():
            for child in children:
                child.look_after(time.monotonic())
            if not announced and is_healthy(self.settings):
                announced = True
                self.on_ready()
            self.stopping.wait(0.2)

    def _stop(self, children: list[Child]) -> None:
        for child in children:
            if child.process is not None:
                child.process.terminate()
        deadline = time.monotonic() + GRACE
        for child in children:
            child.stop(deadline)


def own_command(verb: str) -> list[str]:
    """The command line of one of our own verbs, to be run under this process and to end with it."""
    return [sys.executable, "-P", "-m", "webapp.cli", verb, "--under", str(os.getpid())]


def is_healthy(settings: Settings) -> bool:
    """Whether the pages answer `GET /healthz` with 200, within a second."""
    host, port = settings.address.removeprefix("http://").rsplit(":", 1)
    connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=1.0)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
