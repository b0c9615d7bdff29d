"""The tables of drafts: what was handed in, byte for byte, and the answers so far. The draft is made anew from them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table, Text

from engine.db import Utc
from engine.model import BIG, Json, metadata

draft = Table(
    "draft",
    metadata,
    Column("id", BIG, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False),
    Column("process", Text),  # the one that was chosen, where the file holds several
    Column("state", Text, nullable=False),  # open, deployed, discarded
    Column("answers", Json, nullable=False),
    Column("seen", sa.Integer, nullable=False),  # grows with every change: two people who answer are told apart by it
    Column("process_version_id", ForeignKey("process_version.id")),
    Column("kept_by", Text, nullable=False),
    Column("kept_at", Utc, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", Utc, nullable=False),
    Index("ix_draft_state", "state"),
)
draft_file = Table(
    "draft_file",
    metadata,
    Column("draft_id", ForeignKey("draft.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("content", sa.LargeBinary, nullable=False),
    sa.PrimaryKeyConstraint("draft_id", "name"),
)
