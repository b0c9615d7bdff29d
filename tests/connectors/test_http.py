"""The HTTP connector against a real server that is slow, drips, redirects, answers nonsense and dies in the middle."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import struct
import time
from typing import Any

import pytest

from tests.connectors.server import Asked, Register, Reply, answer, endless, listening
from webapp.connectors import BusinessError, NoUse, TryAgain
from webapp.connectors.http import HttpConnector, addresses_of, refuse_address


def connector(register: Register, **words: Any) -> HttpConnector:
    return HttpConnector(register.url, private=True, timeout=words.pop("timeout", 2.0), **words)


def ask(reply: Reply, **words: Any) -> Any:
    with listening(reply) as register:
        return connector(register, **words).ask("case-1:abc", {"order": "A-1"})


def test_a_good_answer_comes_back_and_the_request_says_who_asks_once() -> None:
    with listening(answer(201, {"amount": 5})) as register:
        asked = connector(register, headers={"Authorization": "Bearer x"}, sign="s3cret")
        assert asked.ask("case-1:abc", {"order": "A-1"}) == {"amount": 5}
    (one,) = register.asked
    assert one.line == "POST /customers?x=1 HTTP/1.1"
    assert one.body == {"order": "A-1"}
    assert (one.headers["idempotency-key"], one.headers["authorization"]) == ("case-1:abc", "Bearer x")
    body = json.dumps({"order": "A-1"}, separators=(",", ":")).encode()
    assert one.headers["pilotrun-signature"] == "sha256=" + hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()
    assert "s3cret" not in repr(asked)
    assert "Bearer" not in repr(asked)


def test_an_empty_answer_is_an_answer_without_fields() -> None:
    assert ask(answer(204, raw=b"")) == {}


def test_an_error_of_the_business_has_its_code() -> None:
    with pytest.raises(BusinessError) as said:
        ask(answer(422, {"error": "BLOCKED"}))
    assert said.value.code == "BLOCKED"


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
def test_a_system_that_is_down_is_asked_again(status: int) -> None:
    with pytest.raises(TryAgain, match=str(status)):
        ask(answer(status))


@pytest.mark.parametrize("status", [400, 401, 404, 422])
def test_a_system_that_refuses_is_not_asked_again(status: int) -> None:
    with pytest.raises(NoUse, match=str(status)):
        ask(answer(status, {"message": "no"}))


def test_a_redirect_is_not_followed() -> None:
    with listening(answer(200, {"secret": 1})) as inner, pytest.raises(NoUse, match="another address"):
        ask(answer(302, headers=f"Location: http://127.0.0.1:{inner.port}/\r\n"))
    assert inner.asked == []


@pytest.mark.parametrize("raw", [b"<html>", b"[1, 2]", b'"text"', b"\xff\xfe", b"{"])
def test_nonsense_is_asked_again(raw: bytes) -> None:
    with pytest.raises(TryAgain, match="JSON"):
        ask(answer(200, raw=raw))


def _promised(connection: socket.socket, _asked: Asked) -> None:
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"amount": 5}')


def _reset(connection: socket.socket, _asked: Asked) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _silent(connection: socket.socket, _asked: Asked) -> None:
    connection.recv(1)


def _babble(connection: socket.socket, _asked: Asked) -> None:
    connection.sendall(b"\x16\x03\x01 not http at all\r\n\r\n")


@pytest.mark.parametrize("reply", [_promised, _reset, _silent, _babble, lambda connection, _asked: connection.close()])
def test_a_server_that_dies_or_says_nothing_is_asked_again_within_the_limit(reply: Reply) -> None:
    began = time.monotonic()
    with pytest.raises(TryAgain):
        ask(reply, timeout=0.5)
    assert time.monotonic() - began < 3


def test_a_server_that_drips_is_cut_off_at_the_deadline() -> None:
    """Every read succeeds in time; only the whole does not."""
    registers: list[Register] = []
    with listening(endless(b" ", 0.05, registers)) as register:
        registers.append(register)
        began = time.monotonic()
        with pytest.raises(TryAgain):
            connector(register, timeout=0.5).ask("k", {})
        assert 0.4 < time.monotonic() - began < 3


def test_an_answer_of_a_gigabyte_is_cut_off_at_a_quarter_of_a_megabyte() -> None:
    registers: list[Register] = []
    with listening(endless(b"x" * 65_536, 0, registers)) as register:
        registers.append(register)
        with pytest.raises(NoUse, match="more than 256 KB"):
            connector(register).ask("k", {})


def test_nobody_listening_is_asked_again() -> None:
    with listening(answer()) as register:
        pass
    with pytest.raises(TryAgain):
        connector(register).ask("k", {})


def test_a_host_that_is_not_found_is_asked_again() -> None:
    with pytest.raises(TryAgain, match="not found"):
        addresses_of("no-such-host.invalid", 443)


def _nothing(connection: socket.socket, _asked: Asked) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n  ")


def test_an_answer_without_a_length_that_says_nothing_is_none() -> None:
    """It cannot be told from one that broke off."""
    with pytest.raises(TryAgain, match="broke off"):
        ask(_nothing)


INNER = [
    *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
    *("224.0.0.1", "255.255.255.255", "240.0.0.1", "198.18.0.1", "192.0.2.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "2002:7f00:1::", "2002:a9fe:a9fe::", "fe80::1%eth0"),
]


@pytest.mark.parametrize("address", INNER)
def test_an_inner_address_is_not_reached_by_a_connector_to_the_outside(address: str) -> None:
    with pytest.raises(NoUse, match="may reach"):
        refuse_address(address, private=False)
    asked = HttpConnector("https://crm.example.com/", resolve=lambda host, port: ["93.184.215.14", address])
    with pytest.raises(NoUse, match="may reach"):
        asked.ask("k", {})


@pytest.mark.parametrize("address", ["169.254.169.254", "224.0.0.1", "0.0.0.0", "::", "fe80::1", "ff02::1", "240.0.0.1"])
def test_some_addresses_are_reached_by_none(address: str) -> None:
    with pytest.raises(NoUse, match="may reach"):
        refuse_address(address, private=True)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_an_outer_address_may_be_reached(address: str) -> None:
    refuse_address(address, private=False)
    refuse_address(address, private=True)


def test_the_address_that_was_looked_at_is_the_one_that_is_called() -> None:
    """A name that resolves differently the second time would lead past the look."""
    with listening(answer(200, {"ok": True})) as register:
        looked: list[str] = []

        def resolve(host: str, port: int) -> list[str]:
            looked.append(host)
            return ["127.0.0.1"]

        asked = HttpConnector(f"http://crm.internal:{register.port}/", private=True, resolve=resolve)
        assert asked.ask("k", {}) == {"ok": True}
    assert looked == ["crm.internal"]
    assert register.asked[0].headers["host"] == f"crm.internal:{register.port}"
