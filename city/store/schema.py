"""Which schema the database has, which the code needs, and the way between them (Alembic).

Owns: upgrade, downgrade and the comparison that `learncity doctor` and `/readyz` ask for.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import OperationalError

from city.errors import DatabaseUnavailable
from city.store.database import Database

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the database up to `revision`; repeating it changes nothing."""
    _run(database, "upgrade", revision)


def downgrade(database: Database, revision: str = "base") -> None:
    """Bring the database down to `revision`."""
    _run(database, "downgrade", revision)


def needed_revision() -> str:
    """Return the revision the code was written for."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def present_revision(database: Database) -> str | None:
    """Return the database's revision, None when it was never migrated; raises DatabaseUnavailable."""
    try:
        with database.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    except OperationalError as fault:
        raise DatabaseUnavailable(f"The database does not answer: {fault.orig}") from fault


def is_current(database: Database) -> bool:
    """True when the database has exactly the schema the code needs."""
    return present_revision(database) == needed_revision()


def require_current(database: Database) -> None:
    """Raise DatabaseUnavailable with what to type when the schema is missing or differs."""
    present = present_revision(database)
    if present != needed_revision():
        state = "has no tables yet" if present is None else f"has schema {present}, the code needs {needed_revision()}"
        raise DatabaseUnavailable(f"The database {state}: type `learncity init`.")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def _run(database: Database, verb: str, revision: str) -> None:
    config = _config()
    try:
        with database.engine.begin() as connection:
            config.attributes["connection"] = connection
            getattr(command, verb)(config, revision)
    except OperationalError as fault:
        raise DatabaseUnavailable(f"The database could not be migrated: {fault.orig}") from fault
