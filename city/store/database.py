"""One database, SQLite or PostgreSQL, opened so that both keep the same promises.

Owns: engine settings, how a transaction begins, which faults are worth another try. Refuses network file systems by
documentation only. Called by every `wiring`; the rest of the product sees `Database` and `UnitOfWork`.
"""

from __future__ import annotations

import json
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.orm import Session, sessionmaker

from city.errors import ConfigurationError, DatabaseUnavailable
from city.store.unit_of_work import UnitOfWork

T = TypeVar("T")

WEB_STATEMENT_SECONDS = 5
JOB_STATEMENT_SECONDS = 600
LOCK_SECONDS = 3
BUSY_MILLISECONDS = 5_000
# a page may hold several connections at once (its own, the recommender's), in each of a server's threads
POOL = {"pool_size": 8, "max_overflow": 32, "pool_timeout": 5}
TRIES = 5
# serialization failure, deadlock, unique violation (the loser of a same-moment repeat), lock not available
WORTH_ANOTHER_TRY = frozenset({"40001", "40P01", "23505", "55P03"})


class Database:
    """Units of work on one database; threads share it, processes each open their own."""

    def __init__(self, url: str, *, statement_seconds: int = WEB_STATEMENT_SECONDS) -> None:
        self.engine = _open_engine(url, statement_seconds)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False, autoflush=True)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        """Yield a unit of work that never writes; on SQLite it does not queue behind a writer."""
        with self._unit_of_work(writes=False) as work:
            yield work

    @contextmanager
    def writing(self) -> Iterator[UnitOfWork]:
        """Yield a unit of work; what is not committed when the block ends is rolled back."""
        with self._unit_of_work(writes=True) as work:
            yield work

    def retrying(self, use_case: Callable[[UnitOfWork], T]) -> T:
        """Run `use_case` in a writing unit of work, again with jitter when another transaction won.

        Raises DatabaseUnavailable after TRIES tries; the use case commits itself.
        """
        for attempt in range(TRIES):
            try:
                with self.writing() as work:
                    return use_case(work)
            except (IntegrityError, _LostRace):
                time.sleep(random.uniform(0.005, 0.03) * 2**attempt)
        raise DatabaseUnavailable("Too many people are asking at the same moment; please try again.")

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def _unit_of_work(self, *, writes: bool) -> Iterator[UnitOfWork]:
        engine = self.engine.execution_options(learncity_writes=writes)
        session = self._sessions(bind=engine)
        try:
            yield UnitOfWork(session)
        except (OperationalError, InterfaceError) as fault:
            raise _meaning_of(fault) from fault
        except PoolExhausted as fault:
            raise DatabaseUnavailable("Every connection to the database is in use; please try again.") from fault
        finally:
            _close_quietly(session)


class _LostRace(DatabaseUnavailable):
    """Another transaction won; trying again makes sense."""


def _close_quietly(session: Session) -> None:
    """Roll back and close; a connection that died meanwhile has nothing left to roll back."""
    try:
        session.close()
    except DBAPIError:
        session.invalidate()


def _meaning_of(fault: DBAPIError) -> DatabaseUnavailable:
    if getattr(fault.orig, "sqlstate", None) in WORTH_ANOTHER_TRY or _is_busy(fault.orig):
        return _LostRace("Another change came first; please try again.")
    reason = str(fault.orig).strip().splitlines()
    return DatabaseUnavailable(f"The database does not answer: {reason[0] if reason else type(fault.orig).__name__}")


def _is_busy(orig: BaseException | None) -> bool:
    """True when SQLite's write lock was not to be had in time: under a rush its waiting is not fair."""
    return isinstance(orig, sqlite3.OperationalError) and orig.sqlite_errorcode & 0xFF in (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
    )


def _open_engine(url: str, statement_seconds: int) -> Engine:
    try:
        address = make_url(url)
        if address.get_backend_name() == "sqlite":
            return _open_sqlite(url, address.database)
        if address.get_backend_name() == "postgresql":
            return _open_postgresql(url, statement_seconds)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as unusable:
        raise ConfigurationError(
            f"LEARNCITY_DATABASE_URL cannot be used ({unusable}): write sqlite:///path/to/file.db, or "
            "postgresql+psycopg://name:password@host/database with the extra [production] installed."
        ) from unusable
    raise ConfigurationError(
        f"LEARNCITY_DATABASE_URL names {address.get_backend_name()}: only sqlite and postgresql+psycopg are supported."
    )


def _open_sqlite(url: str, file: str | None) -> Engine:
    in_memory = not file or file == ":memory:"
    if not in_memory:
        Path(str(file)).parent.mkdir(parents=True, exist_ok=True)
    connect = {"timeout": BUSY_MILLISECONDS / 1000, "check_same_thread": False}
    engine = create_engine(
        url, connect_args=connect, json_serializer=to_json, json_deserializer=from_json, **({} if in_memory else POOL)
    )
    event.listen(engine, "connect", _prepare_sqlite_connection)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def to_json(value: Any) -> str:
    """Return a value as JSON; most columns of most rows hold nothing, and need no encoder to say so."""
    if value == {} or value == []:
        return "{}" if value == {} else "[]"
    return json.dumps(value)


def from_json(text: str) -> Any:
    """Return what JSON holds; here too nothing is what most columns of most rows hold."""
    if text == "{}" or text == "[]":
        return {} if text == "{}" else []
    return json.loads(text)


def _prepare_sqlite_connection(connection: Any, _record: object) -> None:
    """Switch off the driver's own transactions (it begins them too late) and set what keeps rows safe."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MILLISECONDS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("learncity_writes", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _open_postgresql(url: str, statement_seconds: int) -> Engine:
    options = (
        f"-c lock_timeout={LOCK_SECONDS}s -c statement_timeout={statement_seconds}s "
        f"-c idle_in_transaction_session_timeout={statement_seconds * 2}s -c timezone=UTC"
    )
    return create_engine(
        url,
        isolation_level="READ COMMITTED",
        json_serializer=to_json,
        json_deserializer=from_json,
        pool_pre_ping=True,
        **POOL,
        connect_args={"options": options, "connect_timeout": 3},
    )
