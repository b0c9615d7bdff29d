"""Settings: one frozen value, read once from the environment; a misspelt name or an unreadable value is an error."""

from __future__ import annotations

import os
import secrets
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PREFIX = "PILOTRUN_"
#: Read by the command line alone, before any settings exist.
OUTSIDE = frozenset({"debug"})
DATABASES = ("sqlite", "postgresql")
LANGUAGES = ("en", "zh_Hans_CN")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class SettingsError(ValueError):
    """A setting cannot be used; the message names the variable and says what to write."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How this installation runs. Each field is the environment variable `PILOTRUN_<NAME>`.

    Secrets (`database_url`, `secret_key`) may also be given as `PILOTRUN_<NAME>_FILE`, the path of a file that holds
    the value. `var` is the directory of everything that is written at run time: database, secret key, sockets.
    """

    database_url: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    var: Path = Path("var")
    host: str = "127.0.0.1"
    port: int = 8000
    session_hours: int = 12
    session_idle_minutes: int = 120
    cookie_secure: bool = False
    language: str = "zh_Hans_CN"
    time_zone: str = "Asia/Shanghai"
    sweep_seconds: int = 2
    connectors: Path | None = None
    public_rate_per_minute: int = 10
    threads: int = 32
    log_level: str = "INFO"

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Settings:
        """Read `env`, and make the directory and the secret key where they are missing.

        Raises SettingsError with one sentence for an unknown name or a value that cannot be read.
        """
        values = {name: _read(name, text) for name, text in _given(env).items()}
        var = values.setdefault("var", cls.__dataclass_fields__["var"].default)
        values["database_url"] = values.get("database_url") or f"sqlite:///{var / 'pilotrun.db'}"
        values["secret_key"] = values.get("secret_key") or _kept_key(var)
        return cls(**values)

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The time zone in which people read and write dates."""
        return zoneinfo.ZoneInfo(self.time_zone)

    @property
    def address(self) -> str:
        """Where a browser finds the pages."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104 (recognised, not bound)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def _given(env: Mapping[str, str]) -> dict[str, str]:
    """The texts that were given, by field name; `_FILE` variants are replaced by what their file holds."""
    given: dict[str, str] = {}
    for variable, text in sorted(env.items()):
        name = variable.removeprefix(PREFIX).lower()
        if not variable.startswith(PREFIX) or name.startswith("test_") or name in OUTSIDE:
            continue
        if name.removesuffix("_file") in _SECRETS and name.endswith("_file"):
            name, text = name.removesuffix("_file"), _secret_from(variable, Path(text))
        if name not in _FIELDS:
            known = ", ".join(PREFIX + known.upper() for known in _FIELDS)
            raise SettingsError(f"{variable} is not a setting; known are {known}")
        if name in given:
            raise SettingsError(f"{PREFIX}{name.upper()} and {variable} are both set; give one of them")
        given[name] = text.strip()
    return given


def _secret_from(variable: str, path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SettingsError(f"{variable} names {path}, which cannot be read: {reason}") from None


def _read(name: str, text: str) -> Any:
    try:
        return _READERS.get(name, str)(text)
    except ValueError as error:
        shown = "cannot be used" if name in _SECRETS else f"is {text!r}"
        raise SettingsError(f"{PREFIX}{name.upper()} {shown}: {error}") from None


def _between(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise ValueError(f"write a whole number from {least} to {most}")
        return int(text)

    return read


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"write one of {', '.join(words)}")
        return text

    return read


def _boolean(text: str) -> bool:
    if text.lower() not in {"true", "false", "1", "0", "yes", "no"}:
        raise ValueError("write true or false")
    return text.lower() in {"true", "1", "yes"}


def _database(text: str) -> str:
    scheme = urlsplit(text).scheme.partition("+")[0]
    if scheme not in DATABASES or "://" not in text:
        raise ValueError("write sqlite:///path/to/file.db or postgresql://user:password@host/name")
    return text


def _zone(text: str) -> str:
    try:
        zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("write the name of a time zone such as Asia/Shanghai") from None
    return text


def _secret(text: str) -> str:
    if len(text) < 16:
        raise ValueError("a secret key has at least 16 characters")
    return text


def _kept_key(var: Path) -> str:
    """The key in `var/secret-key`, made on first use and readable by its owner alone.

    Two processes may start together: the key is linked into place complete, and the loser reads the winner's.
    """
    path = var / "secret-key"
    try:
        var.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            draft = var / f"secret-key.{os.getpid()}.{secrets.token_hex(4)}"
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.write(secrets.token_urlsafe(48))
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return _secret(path.read_text("utf-8").strip())
    except OSError as error:
        raise SettingsError(f"{error.filename or path} cannot be used for the secret key: {error.strerror}") from None
    except ValueError as error:
        raise SettingsError(f"{path} cannot be used: {error}") from None


_SECRETS = frozenset({"database_url", "secret_key"})
_FIELDS = tuple(field.name for field in fields(Settings))
_READERS: dict[str, Callable[[str], Any]] = {
    "database_url": _database,
    "secret_key": _secret,
    "var": Path,
    "connectors": Path,
    "port": _between(1, 65_535),
    "session_hours": _between(1, 24 * 30),
    "session_idle_minutes": _between(1, 24 * 60),
    "cookie_secure": _boolean,
    "language": _one_of(*LANGUAGES),
    "time_zone": _zone,
    "sweep_seconds": _between(1, 3_600),
    "public_rate_per_minute": _between(1, 10_000),
    "threads": _between(1, 1_000),
    "log_level": _one_of(*LOG_LEVELS),
}
