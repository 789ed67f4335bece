"""What `learncity doctor` looks at: settings, database, schema, clock, and what packages add by `learncity.checks`.

Owns: `CheckResult` and the ground floor's own checks. Each entry point is a function `(settings) -> list[CheckResult]`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import entry_points

from city.config import Settings
from city.errors import LearncityError
from city.store import schema
from city.store.database import Database

GROUP = "learncity.checks"
EARLIEST_PLAUSIBLE = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class CheckResult:
    """One finding: what was looked at, whether it is well, a sentence, and what to type when it is not."""

    name: str
    ok: bool
    sentence: str
    remedy: str = ""

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def gather_checks(settings: Settings) -> list[CheckResult]:
    """Run all checks; a check that breaks is a finding itself."""
    results = [check_database(settings), check_schema(settings), check_clock(settings)]
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            results.extend(entry.load()(settings))
        except LearncityError as fault:
            results.append(CheckResult(entry.name, False, str(fault)))
    return results


def check_database(settings: Settings) -> CheckResult:
    """Can the database be opened and asked?"""
    try:
        database = Database(settings.effective_database_url)
        schema.present_revision(database)
        database.dispose()
    except LearncityError as fault:
        return CheckResult("database", False, str(fault), "check LEARNCITY_DATABASE_URL and that the server runs")
    return CheckResult("database", True, f"The {database.engine.dialect.name} database answers.")


def check_schema(settings: Settings) -> CheckResult:
    """Has the database the schema the code needs?"""
    try:
        database = Database(settings.effective_database_url)
        schema.require_current(database)
        database.dispose()
    except LearncityError as fault:
        return CheckResult("migrations", False, str(fault), "learncity init")
    return CheckResult("migrations", True, f"The schema is {schema.needed_revision()}, as the code needs.")


def check_clock(settings: Settings) -> CheckResult:
    """Is the machine's clock plausible, and is the catalogue's clock fixed?"""
    real = settings.system_clock.now()
    if real < EARLIEST_PLAUSIBLE:
        return CheckResult("clock", False, f"The machine's clock says {real:%d %B %Y}.", "set the clock of the machine")
    if settings.now is not None:
        shown = settings.catalogue_clock.now().astimezone(settings.zone)
        return CheckResult("clock", True, f"The catalogue's clock stands still at {shown:%d %B %Y %H:%M %Z}.")
    return CheckResult("clock", True, f"The clock reads {real.astimezone(settings.zone):%d %B %Y %H:%M %Z}.")
