"""What the verbs share: reading models from where they lie, opening the database, and output for people and programs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import click
import orjson
import sqlalchemy as sa

import bpmn
import engine
from webapp.settings import Settings

MOST_FILES = 500
MOST_BYTES = 20_000_000  # of one file; each reader has its own, lower bound
BUNDLE_MARKS = ("card.yaml", "plan.yaml", "forms")

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout and nothing else.")


# --- what comes in -------------------------------------------------------------------------------------------------


def bundle_from(source: str) -> bpmn.Bundle:
    """The bundle at `source`: a directory, one model file, or the code of a shipped process.

    A model file that lies in a bundle (beside card.yaml, plan.yaml or forms/) is read together with it.
    Raises click.UsageError when there is no such thing, BadModel when it cannot be read.
    """
    path = Path(source)
    if path.is_dir():
        return bpmn.read_bundle(files_below(path))
    if path.is_file():
        if any((path.parent / mark).exists() for mark in BUNDLE_MARKS):
            return bpmn.read_bundle(files_below(path.parent), main=path.name)
        return bpmn.read_bundle({path.name: read_file(path)}, main=path.name)
    if source in bpmn.shipped_codes():
        return bpmn.shipped(source)
    known = ", ".join(bpmn.shipped_codes())
    raise click.UsageError(f"{source} is neither a file, nor a directory, nor a shipped process (these are {known})")


def model_file(bundle: bpmn.Bundle) -> str | None:
    """The name of the file that the bundle's model was read from."""
    names = [name for name in bundle.files if name.endswith((".bpmn", ".bpmn20.xml"))]
    return next((name for name in names if name == "to-be.bpmn" or len(names) == 1), None)


def files_below(folder: Path) -> dict[str, bytes]:
    """Every ordinary file below `folder` by its relative POSIX name, hidden ones left out."""
    seen = list(islice(folder.rglob("*"), MOST_FILES + 1))
    if len(seen) > MOST_FILES:
        raise click.UsageError(f"{folder} holds more than {MOST_FILES} files: name the directory of one process")
    parts = {path: path.relative_to(folder).parts for path in sorted(seen) if path.is_file()}
    paths = [path for path, names in parts.items() if not any(name.startswith((".", "__")) for name in names)]
    return {path.relative_to(folder).as_posix(): read_file(path) for path in paths}


def read_file(path: Path) -> bytes:
    """The bytes of a file of bearable size."""
    if (size := path.stat().st_size) > MOST_BYTES:
        raise click.UsageError(f"{path} has {size:,} bytes: at most {MOST_BYTES:,} are read")
    return path.read_bytes()


# --- the database --------------------------------------------------------------------------------------------------


@contextmanager
def database(settings: Settings) -> Iterator[engine.Engine]:
    """The database of this installation, with its tables. Raises click.UsageError when `pilotrun init` has not run."""
    missing = f"there is no pilotrun database at {shown(settings.database_url)}: run 'pilotrun init' first"
    path = sqlite_path(settings.database_url)
    if path is not None and not path.exists():
        raise click.UsageError(missing)
    opened = engine.connect(settings.database_url)
    try:
        if not sa.inspect(opened).has_table("event_head"):
            raise click.UsageError(missing)
        yield opened
    finally:
        opened.dispose()


def sqlite_path(url: str) -> Path | None:
    """The file behind a SQLite address; None for PostgreSQL and for a database in memory."""
    head, _, path = url.partition(":///")
    return Path(path) if head.startswith("sqlite") and path and path != ":memory:" else None


def shown(url: str) -> str:
    """A database address without its password."""
    head, found, tail = url.partition("://")
    user, at, rest = tail.rpartition("@")
    return f"{head}{found}{user.partition(':')[0]}{at}{rest}" if at else url


# --- what goes out -------------------------------------------------------------------------------------------------


def print_json(document: Any) -> None:
    """One JSON document on stdout: keys in the order given, instants in ISO 8601 with a Z."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS
    click.echo(orjson.dumps(document, default=_plain, option=options).decode())


def _plain(value: Any) -> Any:
    """What orjson does not know by itself: sets, tuples of our own kind, paths, bytes."""
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> None:
    """A table on a terminal; tab-separated lines with a header when the output goes elsewhere."""
    cells = [["" if cell is None else _clean(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for line in (columns, *cells):
            click.echo("\t".join(line))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for line in cells:
        table.add_row(*(Text(cell) for cell in line))
    Console().print(table)


def _clean(cell: object) -> str:
    """A cell without anything that could steer a terminal or break a line."""
    return "".join(char if char.isprintable() else " " for char in str(cell))


@contextmanager
def progress(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr, on a terminal only. Gives a function that is told how many are done."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.update(task, completed=done)


def write_file(path: Path, data: bytes) -> None:
    """Write `data` whole or not at all: a reader never finds half a file under the name."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise click.UsageError(f"{path} cannot be written: {error.strerror}") from None
