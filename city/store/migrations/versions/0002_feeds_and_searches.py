"""Sources by schedule, field locks, duplicates, study rooms, saved searches and unmet demand."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ADDED: tuple[tuple[str, sa.Column[Any]], ...] = (
    ("offering", sa.Column("postponed", sa.Boolean(), nullable=False, server_default=sa.false())),
    ("offering", sa.Column("picture", JSON, nullable=False, server_default="{}")),
    ("offering", sa.Column("locked_fields", JSON, nullable=False, server_default="[]")),
    ("offering", sa.Column("merged_into_id", ID, nullable=True)),
    ("run", sa.Column("source_id", sa.String(200), nullable=True)),
    ("venue", sa.Column("special_hours", JSON, nullable=False, server_default="{}")),
    ("venue", sa.Column("locked_fields", JSON, nullable=False, server_default="[]")),
    ("venue", sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True)),
    ("citizen", sa.Column("free_hours", JSON, nullable=False, server_default="[]")),
    ("source_record", sa.Column("recurs", sa.Boolean(), nullable=False, server_default=sa.false())),
)
"""Added one by one: making a table anew would erase, by its foreign keys, what hangs on it."""


def upgrade() -> None:
    for table, column in ADDED:
        op.add_column(table, column._copy())
    op.create_index("ix_offering_merged_into_id", "offering", ["merged_into_id"])
    _create_places_and_feeds()
    _create_searches()


def _create_places_and_feeds() -> None:
    op.create_table(
        "study_room",
        sa.Column("id", ID, nullable=False),
        sa.Column("venue_id", ID, nullable=False),
        sa.Column("name", JSON, nullable=False),
        sa.Column("seat_count", sa.Integer(), nullable=True),
        sa.Column("opening_hours", JSON, nullable=False),
        sa.Column("special_hours", JSON, nullable=False),
        sa.Column("access_features", JSON, nullable=False),
        sa.CheckConstraint("seat_count IS NULL OR seat_count > 0", name=op.f("ck_study_room_seat_count")),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name=op.f("fk_study_room_venue_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_room")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_study_room_venue_id", "study_room", ["venue_id"])
    op.create_table(
        "source",
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("format", sa.String(16), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("operator_id", ID, nullable=False),
        sa.Column("options", JSON, nullable=False),
        sa.Column("interval_minutes", sa.Integer(), nullable=True),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("etag", sa.String(400), nullable=False),
        sa.Column("last_modified", sa.String(100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_good_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(500), nullable=False),
        sa.CheckConstraint("interval_minutes IS NULL OR interval_minutes > 0", name=op.f("ck_source_interval")),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_source_operator_id")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_source")),
    )
    op.create_index("ix_source_operator_id", "source", ["operator_id"])
    op.create_table(
        "duplicate_pair",
        sa.Column("first_id", ID, nullable=False),
        sa.Column("second_id", ID, nullable=False),
        sa.Column("likeness", sa.Double(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(16), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(80), nullable=False),
        sa.CheckConstraint("first_id < second_id", name=op.f("ck_duplicate_pair_order")),
        sa.CheckConstraint("decision IN ('','merged','distinct')", name=op.f("ck_duplicate_pair_decision")),
        sa.ForeignKeyConstraint(
            ["first_id"], ["offering.id"], name=op.f("fk_duplicate_pair_first_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["second_id"], ["offering.id"], name=op.f("fk_duplicate_pair_second_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("first_id", "second_id", name=op.f("pk_duplicate_pair")),
    )
    op.create_index("ix_duplicate_pair_second_id", "duplicate_pair", ["second_id"])


def _create_searches() -> None:
    op.create_table(
        "saved_search",
        sa.Column("id", ID, nullable=False),
        sa.Column("citizen_id", ID, nullable=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("parameters", JSON, nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("every", sa.String(8), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_mailed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("every IN ('day','week')", name=op.f("ck_saved_search_every")),
        sa.ForeignKeyConstraint(
            ["citizen_id"], ["citizen.id"], name=op.f("fk_saved_search_citizen_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_search")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_saved_search_citizen_id", "saved_search", ["citizen_id"])
    op.create_index("ix_saved_search_email", "saved_search", ["email"])
    op.create_table(
        "saved_search_hit",
        sa.Column("saved_search_id", ID, nullable=False),
        sa.Column("offering_id", ID, nullable=False),
        sa.Column("matched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["saved_search_id"],
            ["saved_search.id"],
            name=op.f("fk_saved_search_hit_saved_search_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["offering_id"], ["offering.id"], name=op.f("fk_saved_search_hit_offering_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("saved_search_id", "offering_id", name=op.f("pk_saved_search_hit")),
    )
    op.create_table(
        "unmet_demand",
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("text", sa.String(200), nullable=False),
        sa.Column("area_id", sa.String(64), nullable=False),
        sa.Column("filters", sa.Text(), nullable=False),
        sa.Column("asked_count", sa.Integer(), nullable=False),
        sa.Column("empty_count", sa.Integer(), nullable=False),
        sa.Column("clicked_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("asked_on", "text", "area_id", name=op.f("pk_unmet_demand")),
    )


def downgrade() -> None:
    for table in ("unmet_demand", "saved_search_hit", "saved_search", "duplicate_pair", "source", "study_room"):
        op.drop_table(table)
    op.execute("DELETE FROM outbox WHERE consumer = 'alerts'")
    op.drop_index("ix_offering_merged_into_id", table_name="offering")
    for table, column in reversed(ADDED):
        op.drop_column(table, column.name)
