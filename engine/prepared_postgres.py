"""PostgreSQL below psycopg's cursors: statements prepared by name, sent one behind the other, answered when somebody asks.

A cursor costs several times what the server needs for such a statement, and a round trip. Here are libpq's own pipeline
(`psycopg.pq`) and psycopg's own adaptation of values (`psycopg.adapt`), and nothing between them.
"""

from __future__ import annotations

import select
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus

_FAILED = (ExecStatus.FATAL_ERROR, ExecStatus.PIPELINE_ABORTED)


class Answer:
    """What the server said to one statement, once it has."""

    __slots__ = ("_line", "result")

    def __init__(self, line: Line) -> None:
        self._line = line
        self.result: Any = None

    def arrive(self) -> None:
        """Wait for it, and with it for everything sent before; raises what went wrong among them."""
        if self.result is None:
            self._line.answer()

    def rowcount(self) -> int:
        """How many rows were written or read."""
        return self.result.command_tuples or 0

    def rows(self) -> list[tuple[Any, ...]]:
        """The rows, their values as psycopg reads them."""
        reader = self._line.values
        reader.set_pgresult(self.result)
        return reader.load_rows(0, self.result.ntuples, tuple)


class Line:
    """The line to the server: one for each connection, as long as it lives."""

    def __init__(self, driver: psycopg.Connection[Any]) -> None:
        self.driver, self.pg = driver, driver.pgconn
        self.patient = False  # whether statements wait for company
        self.values = Transformer(driver)
        self._names: dict[str, bytes] = {}
        self._made, self._fresh = 0, list[str]()  # names are never used twice; `fresh` are those not known to be prepared
        self._waiting: list[Answer | None] = []

    def send(self, sql: str, values: Sequence[Any]) -> Answer:
        """Hand a statement over (`$1` marks its first value); begins a transaction where none has begun."""
        written = self.values.dump_sequence(values, [PyFormat.TEXT] * len(values))
        if not self._waiting:
            self._open()
        name = self._names.get(sql)
        if name is None:
            name = self._names[sql] = b"pilotrun_%d" % self._made
            self._made += 1
            self._fresh.append(sql)
            self._waiting.append(None)
            self.pg.send_prepare(name, sql.encode())
        answer = Answer(self)
        self._waiting.append(answer)
        self.pg.send_query_prepared(name, written)
        return answer

    def _open(self) -> None:
        if self.pg.status == ConnStatus.BAD:
            raise psycopg.OperationalError("the connection is closed")
        begun = self.driver.autocommit or self.pg.transaction_status != TransactionStatus.IDLE
        self.pg.enter_pipeline_mode()
        self._waiting.append(None)
        self.pg.send_query_params(b";" if begun else self._begin(), None)

    def _begin(self) -> bytes:
        """As psycopg would begin, with what SQLAlchemy has set on the connection."""
        level, words = self.driver.isolation_level, ["BEGIN"]
        if level is not None:
            words.append("ISOLATION LEVEL " + psycopg.IsolationLevel(level).name.replace("_", " "))
        if self.driver.read_only is not None:
            words.append("READ ONLY" if self.driver.read_only else "READ WRITE")
        return " ".join(words).encode()

    def answer(self) -> None:
        """Let everything that was sent be answered. Raises the first error among the answers."""
        if not self._waiting:
            return
        try:
            wrong = self._answers()
            self.pg.exit_pipeline_mode()
        except BaseException:
            self.driver.close()  # in the middle of an answer nobody could tell what comes next
            raise
        fresh, self._fresh = self._fresh, []
        if wrong is not None:
            error = error_from_result(wrong, self.driver.info.encoding)
            for sql in [*self._names] if isinstance(error, psycopg.errors.InvalidSqlStatementName) else fresh:
                del self._names[sql]  # what stood behind the error was not prepared
            raise error

    def _answers(self) -> Any:
        """Fill in every answer; returns the result of the statement that failed, if one did."""
        waiting, self._waiting, wrong = self._waiting, [], None
        self.pg.pipeline_sync()
        for answer in waiting:
            for result in self._results():
                if answer is not None:
                    answer.result = result
                if wrong is None and result.status in _FAILED:
                    wrong = result
        for _sync in self._results(until_sync=True):
            pass
        return wrong

    def abandon(self) -> None:
        """After another error, which is the one to be told of."""
        self.patient = False
        with suppress(psycopg.Error):
            self.answer()

    def _results(self, *, until_sync: bool = False) -> Iterator[Any]:
        """The results of one statement; the line waits without holding other threads up."""
        while True:
            while self.pg.is_busy():
                self._wait()
            result = self.pg.get_result()
            if result is None:
                return
            yield result
            if until_sync and result.status == ExecStatus.PIPELINE_SYNC:
                return

    def _wait(self) -> None:
        unsent = self.pg.flush()
        poll = select.poll()
        poll.register(self.pg.socket, select.POLLIN | (select.POLLOUT if unsent else 0))
        poll.poll()
        self.pg.consume_input()
