"""The front of the command line: verbs loaded when used, and the one place where exceptions become a line and a code."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import click

FINDING, BAD_INPUT, INTERRUPTED = 1, 2, 130
LONGEST_LINE = 600


class Found(click.ClickException):
    """The command did its work and what it looked at is not in order: exit code 1."""

    exit_code = FINDING


class Verbs(click.Group):
    """A group whose verbs are imported when they are used and whose errors are one line on stderr."""

    def __init__(self, *args: Any, verbs: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._verbs = dict(verbs or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which a newcomer meets them."""
        return [*self._verbs, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb, imported now; None for a word that is no verb."""
        if cmd_name not in self._verbs:
            return super().get_command(ctx, cmd_name)
        module, name = self._verbs[cmd_name].split(":")
        found = getattr(importlib.import_module(module), name)
        assert isinstance(found, click.Command)
        return found

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any) -> NoReturn:  # type: ignore[override]
        """Run the command line and leave with its exit code."""
        extra["standalone_mode"] = False
        try:
            code = super().main(args=args, prog_name=prog_name or "pilotrun", **extra)
            sys.stdout.flush()
        except Exception as error:
            if os.environ.get("PILOTRUN_DEBUG") == "1":
                raise
            code = report_error(error)
        except KeyboardInterrupt:
            code = INTERRUPTED
        sys.exit(code if isinstance(code, int) else 0)


def report_error(error: Exception) -> int:
    """Say in one line what went wrong; the exit code for it."""
    if isinstance(error, BrokenPipeError):  # the reader of our output has seen enough, as `head` does
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (kept open: the interpreter flushes it on leaving)
        return FINDING
    if isinstance(error, click.Abort):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    click.echo(one_line(sentence_for(error)), err=True)
    return error.exit_code if isinstance(error, Found) else BAD_INPUT


def sentence_for(error: Exception) -> str:
    """What to tell a person about `error`."""
    if isinstance(error, click.UsageError):
        where = error.ctx.command_path if error.ctx else "pilotrun"
        return f"{where}: {error.format_message()} (see {where} --help)"
    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    if _is_ours(error):
        return str(error)
    if type(error).__module__.startswith("sqlalchemy."):
        return f"the database cannot be used: {getattr(error, 'orig', None) or error}"
    return f"this should not happen ({type(error).__name__}: {error}); PILOTRUN_DEBUG=1 shows where"


def _is_ours(error: Exception) -> bool:
    """An error of one of our rooms is a sentence for people, and its findings are counted rather than listed."""
    return any(cls.__module__.partition(".")[0] in {"bpmn", "engine", "pilots", "webapp"} for cls in type(error).__mro__)


def one_line(text: str) -> str:
    """`text` without line breaks and control characters (a model's names must not steer a terminal), and not endless."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…"
