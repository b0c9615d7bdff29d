"""HTTP and webhooks: JSON to one address that the administrator has set up, within one deadline, and to none inside unasked."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson

from webapp.connectors.asked import BusinessError, NoUse, TryAgain

MOST_BYTES = 256 * 1024  # of an answer
METHODS = frozenset({"POST", "PUT", "PATCH"})
_LATER = frozenset({408, 425, 429})
_Watched = tuple[http.client.HTTPConnection, threading.Event]
Resolve = Callable[[str, int], list[str]]


def addresses_of(host: str, port: int) -> list[str]:
    """The addresses of a host, as the system's resolver gives them."""
    try:
        return sorted({str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)})
    except OSError as error:
        raise TryAgain(f"the host {host} is not found") from error


def refuse_address(text: str, *, private: bool) -> None:
    """Raises NoUse for an address that nobody outside could reach; `private` allows those of one's own network.

    Never allowed: link-local ones (where clouds keep their secrets), multicast, unspecified and reserved ones.
    """
    address: Any = ipaddress.ip_address(text.partition("%")[0])
    address = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None) or address
    never = address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved
    if never or (not address.is_global and not private) or (private and not (address.is_global or address.is_private)):
        raise NoUse(f"the address {text} is not one that this connector may reach")


@dataclass(frozen=True)
class HttpConnector:
    """One address. `sign` is the secret of a webhook: the body's HMAC-SHA256 goes along as `Pilotrun-Signature`."""

    url: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = 10.0
    private: bool = False
    sign: str = field(default="", repr=False)
    resolve: Resolve = addresses_of

    def ask(self, key: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send the payload as JSON and read the answer as JSON. 422 with `{"error": code}` is an error of the business."""
        body = orjson.dumps(payload)
        headers = {**self.headers, "Content-Type": "application/json", "Accept": "application/json", "Idempotency-Key": key}
        if self.sign:
            headers["Pilotrun-Signature"] = "sha256=" + hmac.new(self.sign.encode(), body, hashlib.sha256).hexdigest()
        status, answer = self._exchange(body, headers)
        if 200 <= status < 300:
            return _object(answer)
        if status == 422 and isinstance(code := _read(answer).get("error"), str):
            raise BusinessError(code)
        if 300 <= status < 400:
            raise NoUse(f"it answers {status}, another address: set that one up")
        if status in _LATER or status >= 500:
            raise TryAgain(f"it answers {status}")
        raise NoUse(f"it answers {status}")

    def _exchange(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        found = self.resolve(host, port)
        for address in found:  # all of them: a name with one good and one bad address is a trick
            refuse_address(address, private=self.private)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            with self._connected(found[0], host, port, tls=parts.scheme == "https") as (connection, overdue):
                connection.request(self.method, path, body, dict(headers))
                answer = connection.getresponse()
                read = answer.read(MOST_BYTES + 1)
                if overdue.is_set():  # to whoever reads, a connection that we cut ends like one that is done
                    raise TimeoutError
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise TryAgain(f"no whole answer within {self.timeout:g} s ({type(error).__name__})") from error
        if len(read) > MOST_BYTES:
            raise NoUse(f"it answers with more than {MOST_BYTES // 1024} KB")
        endless = answer.length is None and not answer.chunked and answer.status != 204
        if answer.length or (endless and not read.strip()):  # less than was promised, or nothing and no promise
            raise TryAgain("its answer broke off")
        return answer.status, read

    @contextmanager
    def _connected(self, address: str, host: str, port: int, *, tls: bool) -> Iterator[_Watched]:
        """A connection to the address that was looked at, so that nobody can send us elsewhere between look and call.

        The socket's own timeout is for one read; a server that drips never lets it run out. So the whole has a deadline too.
        """
        plain, overdue = socket.create_connection((address, port), timeout=self.timeout), threading.Event()
        watchdog = threading.Timer(self.timeout, _shut, (plain, overdue))
        watchdog.daemon = True
        watchdog.start()
        connection = http.client.HTTPConnection(host, port, timeout=self.timeout)
        try:
            connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host) if tls else plain
            yield connection, overdue
        finally:
            watchdog.cancel()
            connection.close()
            plain.close()


def _shut(plain: socket.socket, overdue: threading.Event) -> None:
    overdue.set()
    with suppress(OSError):
        plain.shutdown(socket.SHUT_RDWR)


def _object(answer: bytes) -> Mapping[str, Any]:
    if not answer.strip():
        return {}
    try:
        found = orjson.loads(answer)
    except ValueError as error:
        raise TryAgain("its answer is not JSON") from error
    if not isinstance(found, dict):
        raise TryAgain("its answer is not a JSON object")
    return found


def _read(answer: bytes) -> Mapping[str, Any]:
    with suppress(TryAgain):
        return _object(answer)
    return {}
