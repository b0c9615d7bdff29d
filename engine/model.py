"""The tables. State of record is the case's blob and the event log; every other row is derived in the same transaction."""

from __future__ import annotations

from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, MetaData, Table, Text, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from engine.db import Utc

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite numbers rows only for INTEGER PRIMARY KEY


class Json(TypeDecorator[Any]):
    """JSON as text, the same bytes on every database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Keys sorted, so that equal values are equal bytes."""
        return None if value is None else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Plain lists, dicts, texts, numbers."""
        return None if value is None else orjson.loads(value)


def _id() -> Column[int]:
    return Column("id", BIG, primary_key=True, autoincrement=True)


def _ref(name: str, target: str, *, null: bool = False, index: bool = False) -> Column[Any]:
    return Column(name, ForeignKey(target), nullable=null, index=index)


process_version = Table(
    "process_version",
    metadata,
    _id(),
    Column("code", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("model_sha256", Text, nullable=False),
    Column("content_sha256", Text, nullable=False),  # over every file of the bundle: the key of the in-process cache
    Column("public_intake", sa.Boolean, nullable=False),
    Column("owner_post", Text),
    Column("starts_on", Text),  # `message NAME` or `signal NAME` when its start event waits for that
    Column("deployed_at", Utc, nullable=False),
    Column("deployed_by", Text),
    UniqueConstraint("code", "version"),
)
process_file = Table(
    "process_file",
    metadata,
    _ref("process_version_id", "process_version.id"),
    Column("name", Text, nullable=False),
    Column("content", sa.LargeBinary, nullable=False),
    sa.PrimaryKeyConstraint("process_version_id", "name"),
)
process_call = Table(
    "process_call",  # which process a call activity meant when its version was deployed
    metadata,
    _ref("process_version_id", "process_version.id"),
    Column("called", Text, nullable=False),  # as it stands in the drawing: a code or the id of a process
    Column("code", Text, nullable=False),
    sa.PrimaryKeyConstraint("process_version_id", "called"),
)

department = Table(
    "department",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name", Json, nullable=False),
    Column("part", Text, nullable=False),
)
post = Table(
    "post",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name", Json, nullable=False),
    _ref("department_code", "department.code"),
)
person = Table(
    "person",
    metadata,
    _id(),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Json, nullable=False),
    Column("roles", Json, nullable=False),
    Column("locale", Text, nullable=False),
    Column("password_hash", Text),
    Column("active", sa.Boolean, nullable=False),
)
holding = Table(
    "holding",
    metadata,
    _ref("person_id", "person.id"),
    _ref("post_code", "post.code", index=True),
    sa.PrimaryKeyConstraint("person_id", "post_code"),
)

pilot = Table(
    "pilot",
    metadata,
    _id(),
    Column("code", Text, nullable=False, index=True),
    _ref("process_version_id", "process_version.id"),
    Column("rehearsal", sa.Boolean, nullable=False),
    Column("state", Text, nullable=False),  # planned, running, closed
    Column("plan", Json, nullable=False),
    Column("plan_hash", Text),
    Column("registered_at", Utc, nullable=False),
    Column("frozen_at", Utc),
)

cases = Table(
    "cases",
    metadata,
    _id(),
    Column("number", Text, nullable=False, unique=True),
    Column("receipt", Text, nullable=False, unique=True),
    _ref("process_version_id", "process_version.id"),
    Column("code", Text, nullable=False),
    _ref("pilot_id", "pilot.id", null=True, index=True),
    Column("rehearsal", sa.Boolean, nullable=False),
    Column("channel", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("state", Text, nullable=False),  # running, completed, cancelled
    Column("blob", sa.LargeBinary, nullable=False),
    Column("version", sa.Integer, nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("started_by", Text),
    Column("ended_at", Utc),
    Column("wake_at", Utc),  # when the model's own timers want to be looked at next
    Column("incident", Text),
    Column("called", Json),  # code -> [version id, content] of all that it calls, as of its start; NULL: nothing
    Index("ix_cases_wake", "wake_at"),
    Index("ix_cases_board", "code", "state"),
)
case_counter = Table(
    "case_counter",
    metadata,
    Column("prefix", Text, primary_key=True),
    Column("last", sa.Integer, nullable=False),
)

work_item = Table(
    "work_item",
    metadata,
    _id(),
    _ref("case_id", "cases.id"),
    Column("activation", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("post", Text, nullable=False),
    Column("department", Text),
    Column("state", Text, nullable=False),  # offered, claimed, completed, withdrawn
    Column("offered_at", Utc, nullable=False),
    Column("claimed_at", Utc),
    _ref("claimed_by", "person.id", null=True),
    Column("closed_at", Utc),
    _ref("closed_by", "person.id", null=True),
    Column("answers", Json),
    Column("comment", Text),
    Column("process", Text),  # the code of the called process that the step belongs to; NULL is the case's own
    Column("instance", sa.Integer),  # of a repeated step: its number from 1, of how many (nothing in a loop), its entry
    Column("instances", sa.Integer),
    Column("about", Text),
    UniqueConstraint("case_id", "activation"),
    Index("ix_work_item_post", "state", "post"),
    Index("ix_work_item_mine", "claimed_by", "state"),
)

sla_clock = Table(
    "sla_clock",
    metadata,
    _id(),
    _ref("case_id", "cases.id", index=True),
    _ref("item_id", "work_item.id", null=True),
    Column("standard", Text, nullable=False),
    Column("calendar", Text, nullable=False),
    Column("calendar_version", Text, nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("reaction_due_at", Utc),
    Column("state", Text, nullable=False),  # running, paused, met, breached, cancelled
    Column("breached_at", Utc),
    Column("stopped_at", Utc),
    Column("rungs", Json, nullable=False),  # [percent, action, to, ISO instant], in order
    Column("rung", sa.Integer, nullable=False),  # index of the next rung to climb
    Column("wake_at", Utc),
    UniqueConstraint("item_id"),
    Index("ix_sla_clock_wake", "wake_at"),
    Index("ix_sla_clock_state", "state", "due_at"),
)
escalation = Table(
    "escalation",
    metadata,
    _id(),
    _ref("clock_id", "sla_clock.id"),
    _ref("case_id", "cases.id", index=True),
    _ref("item_id", "work_item.id", null=True),
    Column("percent", sa.Integer, nullable=False),
    Column("action", Text, nullable=False),
    Column("to_post", Text),
    Column("recipients", Json, nullable=False),  # person ids
    Column("raised_at", Utc, nullable=False),
    Column("acknowledged_at", Utc),
    _ref("acknowledged_by", "person.id", null=True),
    Column("note", Text),
    UniqueConstraint("clock_id", "percent"),
    Index("ix_escalation_open", "acknowledged_at", "raised_at"),
)
notice = Table(
    "notice",
    metadata,
    _id(),
    Column("key", Text, nullable=False, unique=True),
    _ref("person_id", "person.id", index=True),
    _ref("escalation_id", "escalation.id"),
    Column("state", Text, nullable=False),  # due, sent
    Column("created_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("attempts", sa.Integer, nullable=False),
    Column("sent_at", Utc),
    Index("ix_notice_due", "state", "due_at"),
)

incident = Table(
    "incident",
    metadata,
    _id(),
    Column("kind", Text, nullable=False),
    Column("cause", Text, nullable=False),
    _ref("case_id", "cases.id", null=True, index=True),
    _ref("item_id", "work_item.id", null=True),
    Column("step", Text),
    Column("reason", Text, nullable=False),
    Column("state", Text, nullable=False),  # open, resolved
    Column("since", Utc, nullable=False),
    Column("last_at", Utc, nullable=False),
    Column("times", sa.Integer, nullable=False),
    Column("attempt", Json),
    _ref("assigned_to", "person.id", null=True),
    Column("resolved_at", Utc),
    Column("resolved_by", Text),
    Column("resolution", Text),
    Index(
        "ux_incident_open",
        "cause",
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    ),
    Index("ix_incident_list", "state", "since"),
)

event = Table(
    "event",
    metadata,
    Column("seq", BIG, primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False),
    Column("recorded_at", Utc, nullable=False),
    Column("kind", Text, nullable=False),
    Column("case_id", BIG, index=True),  # no foreign key: the log outlives what it tells of
    Column("case_number", Text),
    Column("item_id", BIG),
    Column("step", Text),
    Column("person", Text),
    Column("post", Text),
    Column("department", Text),
    Column("data", Text, nullable=False),
    Column("prev", Text, nullable=False),
    Column("hash", Text, nullable=False),
)
event_head = Table(
    "event_head",
    metadata,
    Column("id", sa.Integer, primary_key=True, autoincrement=False),
    Column("seq", BIG, nullable=False),
    Column("hash", Text, nullable=False),
)

command_key = Table(
    "command_key",
    metadata,
    Column("key", Text, primary_key=True),
    Column("command", Text, nullable=False),
    Column("result", Json, nullable=False),
    Column("at", Utc, nullable=False),
)
web_session = Table(
    "web_session",
    metadata,
    Column("token_hash", Text, primary_key=True),
    _ref("person_id", "person.id", index=True),
    Column("created_at", Utc, nullable=False),
    Column("seen_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
)
sign_in_attempt = Table(
    "sign_in_attempt",
    metadata,
    _id(),
    Column("login", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("ok", sa.Boolean, nullable=False),
    Index("ix_sign_in_login", "login", "at"),
    Index("ix_sign_in_address", "address", "at"),
)
heartbeat = Table(
    "heartbeat",
    metadata,
    Column("name", Text, primary_key=True),
    Column("at", Utc),
)
