"""A system that an automated step asks: a real HTTP server on loopback, good, slow, dripping, lying or dying."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Reply = Callable[[socket.socket, "Asked"], None]


@dataclass
class Asked:
    """One request as it arrived."""

    line: str
    headers: dict[str, str]
    body: Any


@dataclass
class Register:
    """What was asked, in order, and how to answer."""

    reply: Reply
    asked: list[Asked] = field(default_factory=list)
    port: int = 0
    leave: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/customers?x=1"

    @property
    def keys(self) -> list[str]:
        """The idempotency keys it has seen."""
        return [one.headers["idempotency-key"] for one in self.asked]


def answer(status: int = 200, body: Any = None, *, raw: bytes | None = None, headers: str = "") -> Reply:
    """One whole answer."""
    data = raw if raw is not None else json.dumps(body if body is not None else {}).encode()

    def reply(connection: socket.socket, _asked: Asked) -> None:
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n{headers}\r\n"
        connection.sendall(head.encode() + data)

    return reply


def endless(chunk: bytes, pause: float, register: list[Register]) -> Reply:
    """A server that goes on and on, until it is told to leave or nobody listens."""

    def reply(connection: socket.socket, _asked: Asked) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        while not register[0].leave.wait(pause):
            connection.sendall(chunk)

    return reply


@contextmanager
def listening(reply: Reply) -> Iterator[Register]:
    """The server, for as long as the block runs."""
    register = Register(reply)
    with socket.create_server(("127.0.0.1", 0)) as server:
        register.port = server.getsockname()[1]
        thread = threading.Thread(target=_serve, args=(server, register), daemon=True)
        thread.start()
        yield register
        register.leave.set()
        server.shutdown(socket.SHUT_RDWR)  # closing alone would leave whoever waits in accept, and the port open


def _serve(server: socket.socket, register: Register) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_one, args=(connection, register), daemon=True).start()


def _one(connection: socket.socket, register: Register) -> None:
    with connection:
        try:
            asked = _read(connection)
            if asked is not None:
                register.asked.append(asked)
                register.reply(connection, asked)
        except OSError:
            return


def _read(connection: socket.socket) -> Asked | None:
    data = b""
    while b"\r\n\r\n" not in data:
        if not (more := connection.recv(65_536)):
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    line, *rest = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in rest)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65_536)
    return Asked(line, headers, json.loads(body))
