"""Which version of which process a call activity calls: found out when a case starts, kept with it, linked when it is loaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bpmn import BadModel, Bundle, Finding
from engine.called import MAX_LEVELS, Called, calls_of, too_much
from engine.db import AnyRow
from engine.errors import CannotGoOn
from engine.model import pilot, process_call
from engine.releases import Release, newest, release, releases, rows_of
from engine.runnable import check_model

Pins = Mapping[str, Sequence[Any]]
"""Code of a called process -> (id, content hash) of the version that a case runs, for all that it calls, directly or not."""

_CALLS = sa.select(process_call).where(process_call.c.process_version_id.in_(sa.bindparam("ids", expanding=True)))
_RUN_BY_PILOTS = sa.select(pilot.c.process_version_id).where(pilot.c.state == "running").distinct()


def pins_now(c: Connection, version_id: int) -> dict[str, Sequence[Any]]:
    """The newest version of everything that a version calls: what a case that starts now will run."""
    pins: dict[str, Sequence[Any]] = {}
    todo = [version_id]
    while todo:
        codes = {row.code for row in c.execute(_CALLS, {"ids": todo})} - pins.keys()
        found = newest(c, codes) if codes else {}
        pins |= {code: [one.id, one.content_sha256] for code, one in found.items()}
        todo = [one.id for one in found.values()]
    return pins


def linked(c: Connection, root: Release, pins: Pins) -> tuple[dict[str, Called], dict[str, Release]]:
    """What a version calls under these pins, by the words of its call activities; and the pinned versions by code."""
    held = releases(c, (version_id for version_id, _ in pins.values()))
    by_code = {one.code: one for one in held.values()}
    words = _words(c, [root.id, *held])
    return _tree(root.id, words, by_code, 0), by_code


def _words(c: Connection, version_ids: Iterable[int]) -> dict[int, dict[str, str]]:
    """Version id -> what its call activities say -> the code that was meant when it was deployed."""
    words: dict[int, dict[str, str]] = {}
    for row in c.execute(_CALLS, {"ids": sorted(version_ids)}):
        words.setdefault(row.process_version_id, {})[row.called] = row.code
    return words


def _tree(
    version_id: int, words: Mapping[int, Mapping[str, str]], by_code: Mapping[str, Release], level: int
) -> dict[str, Called]:
    if level > MAX_LEVELS:
        raise CannotGoOn(f"Calls of processes go more than {MAX_LEVELS} levels deep.")
    called = {}
    for word, code in words.get(version_id, {}).items():
        one = by_code[code]
        called[word] = Called(code, one.bundle, _tree(one.id, words, by_code, level + 1))
    return called


def meant_by(c: Connection, bundle: Bundle) -> dict[str, str]:
    """What the call activities of a bundle say -> the code of the deployed process: the code itself, or the id of its model."""
    wanted = {node.called for node in calls_of(bundle.model) if node.called}
    found = {code: code for code in newest(c, wanted)} if wanted else {}
    if wanted - found.keys():
        by_process_id = dict(_process_ids(c))
        found |= {word: by_process_id[word] for word in wanted - found.keys() if word in by_process_id}
    return found


def _process_ids(c: Connection) -> Iterator[tuple[str, str]]:
    """The id in the drawing and the code of every process, but of those that this release cannot read any more."""
    for row in rows_of(c):
        with suppress(BadModel):
            yield release(c, row.id, row.code, row.version, row.content_sha256).bundle.model.process_id, row.code


class Neighbours:
    """The processes as they will be once a new version of one of them is deployed: what it calls, and who calls it."""

    def __init__(self, c: Connection, bundle: Bundle, code: str) -> None:
        self.code, self.bundle = code, bundle
        self.meant = meant_by(c, bundle)
        self._c = c
        self._newest = {row.code: row for row in rows_of(c) if row.code != code}
        by_pilots = rows_of(c, c.execute(_RUN_BY_PILOTS).scalars())
        self._roots = list({row.id: row for row in (*self._newest.values(), *by_pilots)}.values())
        self.ids = frozenset(one.id for one in self._roots)
        self._words = _words(c, [one.id for one in self._roots])

    def called(self) -> dict[str, Called] | None:
        """What the new version calls, recursively; None where its calls would come back to it."""
        return None if self.circle() else self._under(self.meant)

    def circle(self) -> tuple[str, ...]:
        """The codes on a way from the new version back to itself; empty if there is none."""
        ways: list[tuple[str, ...]] = [(self.code, code) for code in sorted(set(self.meant.values()))]
        seen: set[str] = set()
        while ways:
            way = ways.pop()
            if way[-1] == self.code:
                return way
            if way[-1] not in seen:
                seen.add(way[-1])
                ways += [(*way, code) for code in self._codes(way[-1])]
        return ()

    def broken(self) -> list[Finding]:
        """Callers of this process that would not run any more with its new version: one finding each."""
        model = self.bundle.model
        found = []
        for root in self._roots:
            words = self._words.get(root.id, {})
            if root.code == self.code or not self._reaches(words.values()):
                continue
            under = self._under(words)
            bundle = self._bundle(root)
            reasons = [f"{one.name or one.element}: {one.message}" for one in _errors(bundle, under)]
            reasons += [sentence] if (sentence := too_much(bundle, under)) else []
            if reasons:
                message = f"{root.code} {root.version} calls this process and would not run with it any more: {reasons[0]}"
                found.append(Finding("call-breaks", message, model.process_id, model.name, model.line))
        return found

    def _codes(self, code: str) -> list[str]:
        one = self._newest.get(code)
        return sorted(set(self._words.get(one.id, {}).values())) if one is not None else []

    def _reaches(self, codes: Iterable[str]) -> bool:
        todo, seen = list(codes), set[str]()
        while todo:
            code = todo.pop()
            if code == self.code:
                return True
            if code not in seen:
                seen.add(code)
                todo += self._codes(code)
        return False

    def _under(self, words: Mapping[str, str]) -> dict[str, Called]:
        called = {}
        for word, code in words.items():
            if code == self.code:
                called[word] = Called(code, self.bundle, self._under(self.meant))
            elif (one := self._newest.get(code)) is not None:
                called[word] = Called(code, self._bundle(one), self._under(self._words.get(one.id, {})))
        return called

    def _bundle(self, row: AnyRow) -> Bundle:
        """Read only of those that have to do with the new version."""
        return release(self._c, row.id, row.code, row.version, row.content_sha256).bundle


def _errors(bundle: Bundle, called: Mapping[str, Called]) -> list[Finding]:
    findings = check_model(bundle.model, bundle.decisions, bundle.forms, called)
    return [finding for finding in findings if finding.severity == "error"]
