"""Parties, waiting, attendance; ballots; study rooms by the hour; staff, messages, drafts, the audit log."""

from __future__ import annotations

import secrets
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
BEGINNING = "0" * 64


def _text(name: str, length: int, default: str = "") -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), nullable=False, server_default=default)


def _contact() -> list[sa.Column[Any]]:
    return [
        _text("number", 12),
        sa.Column("party_size", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("companions", JSON, nullable=False, server_default="[]"),
        _text("group_kind", 16),
        _text("channel", 16, "screen"),
        _text("contact_name", 80),
        _text("contact_phone", 20),
        _text("contact_email", 254),
        _text("language", 8, "zh"),
        _text("helper_name", 80),
        _text("helper_phone", 20),
        sa.Column("booked_by_id", ID, nullable=True),
    ]


ADDED: tuple[tuple[str, sa.Column[Any]], ...] = (
    ("operator", _text("email", 254)),
    ("operator", sa.Column("district_id", sa.String(64), nullable=True)),
    ("operator", sa.Column("reviewed", sa.Boolean(), nullable=False, server_default=sa.false())),
    ("operator", sa.Column("closed_at", INSTANT, nullable=True)),
    ("citizen", sa.Column("phone", sa.String(20), nullable=True)),
    ("citizen", sa.Column("email", sa.String(254), nullable=True)),
    ("citizen", sa.Column("phone_confirmed_at", INSTANT, nullable=True)),
    ("citizen", sa.Column("email_confirmed_at", INSTANT, nullable=True)),
    ("citizen", _text("password_hash", 200)),
    ("citizen", sa.Column("merged_into_id", ID, nullable=True)),
    ("staff", _text("name", 80)),
    ("staff", sa.Column("district_id", sa.String(64), nullable=True)),
    ("staff", _text("password_hash", 200)),
    ("staff", _text("totp_secret", 300)),
    ("staff", sa.Column("totp_last_step", sa.Integer(), nullable=False, server_default="0")),
    ("staff", sa.Column("recovery_hashes", JSON, nullable=False, server_default="[]")),
    ("staff", sa.Column("disabled_at", INSTANT, nullable=True)),
    ("venue", sa.Column("operator_id", ID, nullable=True)),
    ("run", sa.Column("ballot_id", ID, nullable=True)),
    ("run", _text("room", 80)),
    ("run", _text("term", 32)),
    ("run", sa.Column("term_limit", sa.Integer(), nullable=True)),
    ("run", sa.Column("residents_area_id", sa.String(64), nullable=True)),
    ("run", sa.Column("residents_until", INSTANT, nullable=True)),
    ("run", sa.Column("most_in_party", sa.Integer(), nullable=False, server_default="4")),
    ("run", sa.Column("keeps_waiting_list", sa.Boolean(), nullable=False, server_default=sa.true())),
    ("run", sa.Column("answer_hours", sa.Integer(), nullable=False, server_default="24")),
    ("class_session", sa.Column("cancelled", sa.Boolean(), nullable=False, server_default=sa.false())),
    *(("enrolment", column) for column in _contact()),
    ("enrolment", sa.Column("answer_by", INSTANT, nullable=True)),
    ("enrolment", _text("ended_because", 16)),
    ("enrolment", sa.Column("ballot_entry_id", ID, nullable=True)),
)
"""Added one by one: making a table anew would erase, by its foreign keys, what hangs on it."""
INDICES: tuple[tuple[str, str, list[str], dict[str, Any]], ...] = (
    ("ix_citizen_merged_into_id", "citizen", ["merged_into_id"], {}),
    ("uq_citizen_phone", "citizen", ["phone"], {"unique": True}),
    ("uq_citizen_email", "citizen", ["email"], {"unique": True}),
    ("ix_venue_operator_id", "venue", ["operator_id"], {}),
    ("ix_run_ballot_id", "run", ["ballot_id"], {}),
    ("ix_enrolment_ballot_entry_id", "enrolment", ["ballot_entry_id"], {}),
    (
        "ix_enrolment_waiting",
        "enrolment",
        ["run_id", "id"],
        {"sqlite_where": sa.text("status = 'waitlisted'"), "postgresql_where": sa.text("status = 'waitlisted'")},
    ),
    (
        "ix_enrolment_offered",
        "enrolment",
        ["answer_by"],
        {"sqlite_where": sa.text("answer_by IS NOT NULL"), "postgresql_where": sa.text("answer_by IS NOT NULL")},
    ),
)
NUMBERED: dict[str, Any] = {
    "unique": True,
    "sqlite_where": sa.text("number <> ''"),
    "postgresql_where": sa.text("number <> ''"),
}
STAFF_COLUMNS: tuple[sa.Column[Any], ...] = (
    sa.Column("id", ID, primary_key=True),
    sa.Column("email", sa.String(254), nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("operator_id", ID, sa.ForeignKey("operator.id", name="fk_staff_operator_id")),
    sa.Column("created_at", INSTANT, nullable=False),
)
ROLES_BEFORE = "role IN ('operator','planner','administrator')"
ROLES = "role IN ('editor','publisher','desk','moderator','planner','administrator')"


def upgrade() -> None:
    with op.batch_alter_table("staff", copy_from=_staff(with_added=False, roles=ROLES_BEFORE)) as staff:
        staff.drop_constraint(op.f("ck_staff_role"), type_="check")
    op.execute("UPDATE staff SET role = 'publisher' WHERE role = 'operator'")
    for table, column in ADDED:
        op.add_column(table, column._copy())
    with op.batch_alter_table("staff", copy_from=_staff(with_added=True)) as staff:
        staff.create_check_constraint(op.f("ck_staff_role"), ROLES)
    for name, table, columns, how in INDICES:
        op.create_index(name, table, columns, **how)
    _number_enrolments()
    op.create_index("uq_enrolment_number", "enrolment", ["number"], **NUMBERED)
    _create_taking_part()
    _create_ballots()
    _create_messages()
    _create_staffing()
    _create_portal()
    _create_audit()


def _staff(*, with_added: bool, roles: str = "") -> sa.Table:
    """Return the table as it stands at a moment: nothing refers to it, so that SQLite can make it anew."""
    table = sa.Table("staff", sa.MetaData(), sqlite_autoincrement=True)
    added = [column for name, column in ADDED if name == "staff"] if with_added else []
    for column in (*STAFF_COLUMNS, *added):
        table.append_column(column._copy())
    table.append_constraint(sa.UniqueConstraint("email", name="uq_staff_email"))
    if roles:
        table.append_constraint(sa.CheckConstraint(roles, name="ck_staff_role"))
    return table


def _number_enrolments() -> None:
    """Give each place that is there a booking number of its own."""
    enrolment = sa.table("enrolment", sa.column("id", ID), sa.column("number", sa.String()))
    connection, given = op.get_bind(), set[str]()
    for (enrolment_id,) in connection.execute(sa.select(enrolment.c.id)).all():
        number = _fresh(given)
        connection.execute(sa.update(enrolment).where(enrolment.c.id == enrolment_id).values(number=number))


def _fresh(given: set[str]) -> str:
    while (number := _with_check_digit(f"{secrets.randbelow(9_000_000) + 1_000_000}")) in given:
        pass
    given.add(number)
    return number


def _with_check_digit(digits: str) -> str:
    """Append the Luhn digit (ISO/IEC 7812-1)."""
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits)))
    return digits + str(-sum(value // 10 + value % 10 for value in doubled) % 10)


def _create_taking_part() -> None:
    op.create_table(
        "attendance_mark",
        sa.Column("id", ID, nullable=False),
        sa.Column("enrolment_id", ID, nullable=False),
        sa.Column("point", sa.String(40), nullable=False),
        sa.Column("person_count", sa.Integer(), nullable=False),
        sa.Column("way", sa.String(16), nullable=False),
        sa.Column("marked_at", INSTANT, nullable=False),
        sa.Column("marked_by_id", ID, nullable=True),
        sa.CheckConstraint("person_count >= 0", name=op.f("ck_attendance_mark_person_count")),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_attendance_mark_enrolment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance_mark")),
        sa.UniqueConstraint("enrolment_id", "point", name=op.f("uq_attendance_mark_enrolment_id_point")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "room_hour",
        sa.Column("study_room_id", ID, nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("seat_count", sa.Integer(), nullable=False),
        sa.Column("taken_count", sa.Integer(), nullable=False),
        sa.CheckConstraint("taken_count >= 0 AND taken_count <= seat_count", name=op.f("ck_room_hour_seats")),
        sa.ForeignKeyConstraint(
            ["study_room_id"], ["study_room.id"], name=op.f("fk_room_hour_study_room_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("study_room_id", "starts_at", name=op.f("pk_room_hour")),
    )
    op.create_table(
        "room_booking",
        sa.Column("id", ID, nullable=False),
        sa.Column("study_room_id", ID, nullable=False),
        sa.Column("citizen_id", ID, nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        *_contact(),
        sa.CheckConstraint(
            "status IN ('confirmed','cancelled','attended','released')", name=op.f("ck_room_booking_status")
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_room_booking_hours")),
        sa.ForeignKeyConstraint(
            ["study_room_id"], ["study_room.id"], name=op.f("fk_room_booking_study_room_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["citizen_id"], ["citizen.id"], name=op.f("fk_room_booking_citizen_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_booking")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_room_booking_citizen_id", "room_booking", ["citizen_id"])
    op.create_index("ix_room_booking_study_room_id_starts_at", "room_booking", ["study_room_id", "starts_at"])
    op.create_index("uq_room_booking_number", "room_booking", ["number"], **NUMBERED)


def _create_ballots() -> None:
    op.create_table(
        "ballot",
        sa.Column("id", ID, nullable=False),
        sa.Column("operator_id", ID, nullable=False),
        sa.Column("name", JSON, nullable=False),
        sa.Column("term", sa.String(32), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("opens_at", INSTANT, nullable=False),
        sa.Column("closes_at", INSTANT, nullable=False),
        sa.Column("rule", JSON, nullable=False),
        sa.Column("seed_kind", sa.String(16), nullable=False),
        sa.Column("seed_commitment", sa.String(64), nullable=False),
        sa.Column("seed_secret", sa.String(128), nullable=False),
        sa.Column("seed_source", sa.Text(), nullable=False),
        sa.Column("seed_public_value", sa.String(300), nullable=False),
        sa.Column("entry_count", sa.Integer(), nullable=True),
        sa.Column("entries_sha256", sa.String(64), nullable=False),
        sa.Column("outcome", JSON, nullable=False),
        sa.Column("drawn_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("status IN ('draft','announced','drawn','cancelled')", name=op.f("ck_ballot_status")),
        sa.CheckConstraint("seed_kind IN ('commit','public')", name=op.f("ck_ballot_seed_kind")),
        sa.CheckConstraint("closes_at > opens_at", name=op.f("ck_ballot_window")),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_ballot_operator_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ballot")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ballot_operator_id", "ballot", ["operator_id"])
    op.create_table(
        "ballot_entry",
        sa.Column("id", ID, nullable=False),
        sa.Column("ballot_id", ID, nullable=False),
        sa.Column("citizen_id", ID, nullable=False),
        sa.Column("pseudonym", sa.String(32), nullable=False),
        sa.Column("classes", JSON, nullable=False),
        sa.Column("ticket_count", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=True),
        sa.Column("outcome", JSON, nullable=False),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        *_contact(),
        sa.ForeignKeyConstraint(
            ["ballot_id"], ["ballot.id"], name=op.f("fk_ballot_entry_ballot_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["citizen_id"], ["citizen.id"], name=op.f("fk_ballot_entry_citizen_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ballot_entry")),
        sa.UniqueConstraint("pseudonym", name=op.f("uq_ballot_entry_pseudonym")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ballot_entry_ballot_id", "ballot_entry", ["ballot_id"])
    op.create_index("ix_ballot_entry_citizen_id", "ballot_entry", ["citizen_id"])
    op.create_index(
        "uq_ballot_entry_live",
        "ballot_entry",
        ["ballot_id", "citizen_id"],
        unique=True,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_index("uq_ballot_entry_number", "ballot_entry", ["number"], **NUMBERED)
    op.create_table(
        "ballot_wish",
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("run_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["ballot_entry.id"], name=op.f("fk_ballot_wish_entry_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_ballot_wish_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("entry_id", "rank", name=op.f("pk_ballot_wish")),
    )
    op.create_index("ix_ballot_wish_run_id", "ballot_wish", ["run_id"])
    op.create_table(
        "ballot_person",
        sa.Column("ballot_id", ID, nullable=False),
        sa.Column("person_key", sa.String(80), nullable=False),
        sa.Column("entry_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["ballot_id"], ["ballot.id"], name=op.f("fk_ballot_person_ballot_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["ballot_entry.id"], name=op.f("fk_ballot_person_entry_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ballot_id", "person_key", name=op.f("pk_ballot_person")),
    )
    op.create_index("ix_ballot_person_entry_id", "ballot_person", ["entry_id"])
    op.create_table(
        "ballot_file",
        sa.Column("ballot_id", ID, nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("published_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["ballot_id"], ["ballot.id"], name=op.f("fk_ballot_file_ballot_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ballot_id", "stage", name=op.f("pk_ballot_file")),
    )


def _create_messages() -> None:
    op.create_table(
        "message",
        sa.Column("id", ID, nullable=False),
        sa.Column("purpose", sa.String(40), nullable=False),
        sa.Column("way", sa.String(8), nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("enrolment_id", ID, nullable=True),
        sa.Column("room_booking_id", ID, nullable=True),
        sa.Column("ballot_entry_id", ID, nullable=True),
        sa.Column("run_id", ID, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("not_before", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("told_by_id", ID, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(300), nullable=False),
        sa.CheckConstraint("way IN ('sms','mail','call')", name=op.f("ck_message_way")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_message_sent_at_not_before", "message", ["sent_at", "not_before"])
    for column in ("enrolment_id", "ballot_entry_id", "run_id"):
        op.create_index(f"ix_message_{column}", "message", [column])


def _create_staffing() -> None:
    op.create_table(
        "one_time_code",
        sa.Column("id", ID, nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("target", sa.String(254), nullable=False),
        sa.Column("code_sha256", sa.String(64), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_code")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_one_time_code_target", "one_time_code", ["target", "purpose"])
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", ID, nullable=False),
        sa.Column("subject_sha256", sa.String(64), nullable=False),
        sa.Column("attempted_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sign_in_attempt_attempted_at", "sign_in_attempt", ["attempted_at"])
    op.create_index(
        "ix_sign_in_attempt_subject_sha256_attempted_at", "sign_in_attempt", ["subject_sha256", "attempted_at"]
    )
    op.create_table(
        "staff_invitation",
        sa.Column("id", ID, nullable=False),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("operator_id", ID, nullable=True),
        sa.Column("district_id", sa.String(64), nullable=True),
        sa.Column("invited_by_id", ID, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("accepted_at", INSTANT, nullable=True),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_staff_invitation_operator_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_invitation")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_staff_invitation_token_sha256")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_staff_invitation_operator_id", "staff_invitation", ["operator_id"])
    op.create_table(
        "staff_login_session",
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("second_factor_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_staff_login_session_staff_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_staff_login_session")),
    )
    op.create_index("ix_staff_login_session_staff_id", "staff_login_session", ["staff_id"])


def _create_portal() -> None:
    op.create_table(
        "draft",
        sa.Column("id", ID, nullable=False),
        sa.Column("operator_id", ID, nullable=False),
        sa.Column("staff_id", ID, nullable=True),
        sa.Column("offering_id", ID, nullable=True),
        sa.Column("values", JSON, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_draft_operator_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_draft_operator_id", "draft", ["operator_id"])
    op.create_index("ix_draft_offering_id", "draft", ["offering_id"])
    op.create_table(
        "moderation_decision",
        sa.Column("id", ID, nullable=False),
        sa.Column("offering_id", ID, nullable=False),
        sa.Column("decision", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by_id", ID, nullable=True),
        sa.Column("decided_at", INSTANT, nullable=False),
        sa.CheckConstraint("decision IN ('sent','published','returned')", name=op.f("ck_moderation_decision_decision")),
        sa.ForeignKeyConstraint(
            ["offering_id"], ["offering.id"], name=op.f("fk_moderation_decision_offering_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_decision")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_moderation_decision_offering_id", "moderation_decision", ["offering_id"])


def _create_audit() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", ID, nullable=False),
        sa.Column("happened_at", INSTANT, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("staff_id", ID, nullable=True),
        sa.Column("citizen_id", ID, nullable=True),
        sa.Column("on_behalf_of_id", ID, nullable=True),
        sa.Column("operation", sa.String(80), nullable=False),
        sa.Column("object_kind", sa.String(32), nullable=False),
        sa.Column("object_id", sa.String(80), nullable=False),
        sa.Column("before", JSON, nullable=False),
        sa.Column("after", JSON, nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("previous_sha256", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_entry_object", "audit_entry", ["object_kind", "object_id"])
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_count", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.bulk_insert(head, [{"id": 1, "entry_count": 0, "sha256": BEGINNING}])
    if op.get_bind().dialect.name == "sqlite":
        for deed in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_entry_no_{deed.lower()} BEFORE {deed} ON audit_entry "
                "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for deed in ("update", "delete"):
            op.execute(f"DROP TRIGGER audit_entry_no_{deed}")
    else:
        op.execute("DROP TRIGGER audit_entry_append_only ON audit_entry")
        op.execute("DROP FUNCTION refuse_audit_change()")
    for table in (
        "audit_head",
        "audit_entry",
        "moderation_decision",
        "draft",
        "staff_login_session",
        "staff_invitation",
        "sign_in_attempt",
        "one_time_code",
        "message",
        "ballot_file",
        "ballot_person",
        "ballot_wish",
        "ballot_entry",
        "ballot",
        "room_booking",
        "room_hour",
        "attendance_mark",
    ):
        op.drop_table(table)
    op.drop_index("uq_enrolment_number", "enrolment")
    for name, table, _, _ in reversed(INDICES):
        op.drop_index(name, table)
    with op.batch_alter_table("staff", copy_from=_staff(with_added=True, roles=ROLES)) as staff:
        staff.drop_constraint(op.f("ck_staff_role"), type_="check")
    op.execute("DELETE FROM staff WHERE role IN ('moderator')")
    op.execute("UPDATE staff SET role = 'operator' WHERE role IN ('editor','publisher','desk')")
    for table, column in reversed(ADDED):
        op.drop_column(table, column.name)
    with op.batch_alter_table("staff", copy_from=_staff(with_added=False)) as staff:
        staff.create_check_constraint(op.f("ck_staff_role"), ROLES_BEFORE)
