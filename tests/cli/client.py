"""A person's browser reduced to what a completion needs: cookies, the CSRF token of a page, and forms sent again."""

from __future__ import annotations

import http.client
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class NoAnswer(Exception):
    """The server was gone, or said that it could not do it: nobody knows whether it did."""


@dataclass
class Client:
    """One signed-in person; not shared between threads."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""

    def ask(self, method: str, path: str, form: Mapping[str, str] | None = None) -> tuple[int, str, str]:
        """Status, location and text of one request. Raises NoAnswer when the connection breaks at any point."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, urlencode(form) if form is not None else None, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(str(error)) from error
        finally:
            connection.close()
        for line in answer.headers.get_all("Set-Cookie") or ():
            self.cookies |= {name: crumb.value for name, crumb in SimpleCookie(line).items()}
        return answer.status, answer.headers.get("Location", ""), text

    def sign_in(self, login: str, password: str) -> None:
        """Through the form, as a browser does."""
        self._read_token("/sign-in")
        status, _, text = self.ask("POST", "/sign-in", {"csrf_token": self.token, "login": login, "password": password})
        assert status == 303, text
        self._read_token("/tasks")

    def _read_token(self, path: str) -> None:
        _, _, text = self.ask("GET", path)
        found = _TOKEN.search(text)
        assert found, text
        self.token = found[1]

    def complete(self, item: int, answers: Mapping[str, str], key: str) -> None:
        """Complete a task. Returns when it was acknowledged; raises NoAnswer for everything else."""
        form = {"csrf_token": self.token, "key": key} | {f"answer-{name}": value for name, value in answers.items()}
        status, location, text = self.ask("POST", f"/tasks/{item}", form)
        if status != 303 or not location.endswith("/tasks"):
            raise NoAnswer(f"{status} {text[:200]}")
