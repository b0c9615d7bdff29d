"""The file of connectors, read once when the worker starts; whatever is wrong in it is one sentence with its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from webapp.connectors.asked import Connector, TryAgain
from webapp.connectors.http import METHODS, HttpConnector
from webapp.connectors.mail import MailConnector
from webapp.settings import SettingsError

GROUP = "pilotrun.connectors"
_TIMEOUT = (0.1, 60.0)


@dataclass(frozen=True)
class PythonConnector:
    """A company's own connector: a function of an installed package, `f(key, payload) -> answer`."""

    function: Callable[[str, Mapping[str, Any]], Any]

    def ask(self, key: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """Call it. It has to end by itself: nothing can end a thread from outside."""
        answer = self.function(key, payload)
        if not isinstance(answer, Mapping):
            raise TryAgain("it answers with something that is not a mapping")
        return answer


def read_connectors(path: Path | None) -> dict[str, Connector]:
    """The connectors by name. Raises SettingsError, which names the file, the connector and the word."""
    if path is None:
        return {}
    try:
        found = yaml.safe_load(path.read_text("utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not YAML"
        raise SettingsError(f"the connectors {path} cannot be read: {reason}") from None
    if not isinstance(found, dict):
        raise SettingsError(f"the connectors {path} are not a list of names with what each is")
    return {str(name): _connector(path, str(name), given) for name, given in found.items()}


def _connector(path: Path, name: str, given: Any) -> Connector:
    try:
        if not isinstance(given, dict):
            raise ValueError("it says nothing")
        words = dict(given)
        kind = words.pop("kind", None)
        if kind not in _KINDS:
            raise ValueError(f"its kind is one of {', '.join(_KINDS)}")
        return _KINDS[kind](words)
    except ValueError as error:
        raise SettingsError(f"{path}: connector {name!r}: {error}") from None


def _http(words: dict[str, Any]) -> Connector:
    url, private = _text(words, "url"), _flag(words, "private")
    parts = urlsplit(url)
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username or parts.password:
        raise ValueError("its url is https://host/path, without a name or a password in it")
    if parts.scheme == "http" and not private:
        raise ValueError("plain http is for a private network only: write https, or private: true")
    method = _text(words, "method", "POST").upper()
    if method not in METHODS:
        raise ValueError(f"its method is one of {', '.join(sorted(METHODS))}")
    headers = {str(key): _secret(value) for key, value in _mapping(words, "headers").items()}
    if any(char in text for pair in headers.items() for text in pair for char in "\r\n\0"):
        raise ValueError("a header holds a line break")
    found = HttpConnector(url, method, headers, _timeout(words), private, _secret(words.pop("sign", "")))
    _nothing_left(words)
    return found


def _mail(words: dict[str, Any]) -> Connector:
    domains = words.pop("domains", None)
    if not isinstance(domains, list) or not domains:
        raise ValueError("its domains are a list of those that it may write to")
    found = MailConnector(
        host=_text(words, "host"),
        sender=_text(words, "from"),
        domains=frozenset(str(domain).lower() for domain in domains),
        port=_port(words),
        tls=_flag(words, "tls"),
        login=_text(words, "login", ""),
        password=_secret(words.pop("password", "")),
        timeout=_timeout(words),
    )
    _nothing_left(words)
    return found


def _python(words: dict[str, Any]) -> Connector:
    wanted = _text(words, "entry_point")
    _nothing_left(words)
    point = next((point for point in entry_points(group=GROUP) if point.name == wanted), None)
    if point is None:
        raise ValueError(f"no installed package has the entry point {wanted!r} in the group {GROUP}")
    return PythonConnector(point.load())


_KINDS: Mapping[str, Callable[[dict[str, Any]], Connector]] = {"http": _http, "mail": _mail, "python": _python}


def _text(words: dict[str, Any], name: str, default: str | None = None) -> str:
    found = words.pop(name, default)
    if not isinstance(found, str) or (default is None and not found.strip()):
        raise ValueError(f"its {name} is missing or no text")
    return found.strip()


def _flag(words: dict[str, Any], name: str) -> bool:
    found = words.pop(name, False)
    if not isinstance(found, bool):
        raise ValueError(f"its {name} is true or false")
    return found


def _port(words: dict[str, Any]) -> int:
    found = words.pop("port", 25)
    if not isinstance(found, int) or not 0 < found < 65_536:
        raise ValueError("its port is a number from 1 to 65535")
    return found


def _timeout(words: dict[str, Any]) -> float:
    found = words.pop("timeout", 10)
    if isinstance(found, bool) or not isinstance(found, int | float) or not _TIMEOUT[0] <= found <= _TIMEOUT[1]:
        raise ValueError(f"its timeout is a number of seconds, at most {_TIMEOUT[1]:g}")
    return float(found)


def _mapping(words: dict[str, Any], name: str) -> dict[Any, Any]:
    found = words.pop(name, {})
    if not isinstance(found, dict):
        raise ValueError(f"its {name} are names with values")
    return found


def _secret(value: Any) -> str:
    """A text, or `{file: path}` of one that is kept apart."""
    if isinstance(value, dict) and set(value) == {"file"}:
        try:
            return Path(str(value["file"])).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise ValueError(f"the file {value['file']} cannot be read") from None
    if not isinstance(value, str):
        raise ValueError("a header or secret is a text, or {file: path}")
    return value


def _nothing_left(words: Mapping[str, Any]) -> None:
    if words:
        raise ValueError(f"{', '.join(sorted(map(str, words)))} is not known here")
