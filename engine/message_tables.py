"""The tables of what cases listen for, of what was thrown, and of who got it; written in the transaction that makes it true."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table, Text, UniqueConstraint

from engine.db import Utc
from engine.model import BIG, Json, metadata

subscription = Table(
    "subscription",
    metadata,
    Column("id", BIG, primary_key=True, autoincrement=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("kind", Text, nullable=False),  # message, signal
    Column("name", Text, nullable=False),
    Column("task", Text, nullable=False),  # the activation that waits
    Column("key", Text),
    UniqueConstraint("case_id", "task"),
    Index("ix_subscription_name", "kind", "name", "key"),
)
message = Table(
    "message",
    metadata,
    Column("id", BIG, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),  # message, signal
    Column("name", Text, nullable=False),
    Column("key", Text),  # the number or business key of the case that it is for
    Column("payload", Json, nullable=False),
    Column("source_case", BIG),  # no foreign key: a message may outlive its case
    Column("thrown_at", Utc, nullable=False),
    Column("dedupe", Text, nullable=False, unique=True),
    Column("expires_at", Utc, nullable=False),
    Column("state", Text, nullable=False),  # waiting, delivered, expired
    Column("wake_at", Utc),  # when the sweep looks at it next, None when it is done with
    Index("ix_message_wake", "wake_at"),
    Index("ix_message_waiting", "state", "kind", "name"),
)
delivery = Table(
    "delivery",
    metadata,
    Column("id", BIG, primary_key=True, autoincrement=True),
    Column("message_id", ForeignKey("message.id"), nullable=False),
    Column("place", Text, nullable=False),  # the case's id, or the code of a process that it starts
    Column("task", Text, nullable=False),  # the activation that got a message; empty for a signal, which all of a case get
    Column("state", Text, nullable=False),  # waiting, delivered, missed
    UniqueConstraint("message_id", "place", "task"),
)
