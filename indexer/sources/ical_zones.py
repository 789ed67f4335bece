"""Which IANA zone a calendar means by a TZID: many programs write names of their own.

Owns: the order of guesses, and the check that a guess's clocks agree with the VTIMEZONE of the file. Refuses
(InvalidInput) a TZID that no zone answers to. Called by `indexer.sources.ical`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from icalendar import Timezone
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from city.errors import InvalidInput
from indexer.sources.ical_rules import parts_of
from indexer.sources.ical_scan import ScannedCalendar

UTC_NAMES = frozenset({"UTC", "GMT", "Z", "ETC/UTC", "ETC/GMT", "ZULU", "ETC/ZULU", "ETC/UCT", "UCT"})
UTC_ZONE = ZoneInfo("UTC")
FIRST_GUESSES = ("Europe/Berlin", "Europe/London", "America/New_York", "America/Chicago", "America/Los_Angeles")
"""Tried before others whose clocks stand the same."""
PROBE_EVERY = timedelta(days=5, hours=1)
PROBED = timedelta(days=2 * 366)
MOST_RULES = 200
"""Observances a VTIMEZONE may have to be compared."""


class Zones:
    """The zones of one calendar; `default` is that of times without one, and of whole days."""

    def __init__(self, calendar: ScannedCalendar, city_zone: str) -> None:
        self._calendar = calendar
        self._known: dict[tuple[str, int], ZoneInfo] = {}
        named = calendar.properties.get("X-WR-TIMEZONE")
        found = _by_name(named.value) if named else None
        self.unknown_default = named if named and named.value and found is None else None
        self.default = found if found is not None and found != UTC_ZONE else ZoneInfo(city_zone)

    def of(self, tzid: str, year: int) -> ZoneInfo:
        """Return the zone a TZID means for times from a year on; raises InvalidInput."""
        key = (tzid, year)
        if key not in self._known:
            self._known[key] = self._looked_up(tzid, year)
        return self._known[key]

    def _looked_up(self, tzid: str, year: int) -> ZoneInfo:
        if (named := _by_name(tzid)) is not None:
            return named
        lines = self._calendar.zones.get(tzid)
        guesses = [zone for name in _suffixes(tzid, lines or ()) if (zone := _by_name(name)) is not None]
        if lines is None and guesses:
            return guesses[0]
        own = _own_clocks(lines) if lines else None
        if own is not None:
            common = (ZoneInfo(name) for name in (*FIRST_GUESSES, *WINDOWS_TO_OLSON.values()))
            probes = list(_probes(year))
            for zone in (*guesses, self.default, *common):
                if _agree(zone, own, probes):
                    return UTC_ZONE if zone.key.upper() in UTC_NAMES else zone
        raise InvalidInput(
            f"No time zone is known by the name {tzid[:80]!r}.",
            field="TZID",
            value=tzid[:80],
            remedy="a name of the IANA list, like Asia/Shanghai or Europe/Berlin",
        )


def _by_name(name: str) -> ZoneInfo | None:
    """Return the zone of an IANA or Windows name, None when it is neither."""
    stripped = name.strip().strip("/").removeprefix("posix/").removeprefix("right/")
    if stripped.upper() in UTC_NAMES:
        return UTC_ZONE
    for key in (stripped, WINDOWS_TO_OLSON.get(stripped, "")):
        if key in _iana_names():
            return ZoneInfo(key)
    return None


@cache
def _iana_names() -> frozenset[str]:
    return frozenset(available_timezones()) - {"localtime", "Factory"}


def _suffixes(tzid: str, lines: Iterable[str]) -> Iterator[str]:
    """Yield what may be an IANA name within a TZID ("/vendor/2008/Europe/Berlin"), and what its VTIMEZONE names."""
    for line in lines:
        if line.upper().startswith("X-LIC-LOCATION:"):
            yield line.partition(":")[2]
    parts = (
        tzid.replace("_", "/", 1).strip("/").split("/") if tzid.startswith("custom_") else tzid.strip("/").split("/")
    )
    for begin in range(1, min(len(parts), 8)):
        yield "/".join(parts[begin:])


def _own_clocks(lines: list[str]) -> tzinfo | None:
    """Return the clocks that a VTIMEZONE states, None when it states none that can be computed safely."""
    try:
        rules = [line.partition(":")[2] for line in lines if line[:6].upper() == "RRULE:"]
        if len(lines) > MOST_RULES or any(parts_of(rule)["FREQ"] != "YEARLY" for rule in rules):
            return None
        zone = Timezone.from_ical("\r\n".join(lines))
        found = zone.to_tz(lookup_tzid=False) if isinstance(zone, Timezone) else None
    except Exception:  # whatever a library says of a broken zone: it has no clocks
        return None
    return found


def _probes(year: int) -> Iterator[datetime]:
    begin = datetime(min(max(year, 1901), 2190), 1, 1, 12)  # noqa: DTZ001  (a wall clock)
    at = begin
    while at - begin < PROBED:
        yield at
        at += PROBE_EVERY


def _agree(zone: ZoneInfo, own: tzinfo, probes: list[datetime]) -> bool:
    """True when both clocks stand alike all the time probed."""
    return all(at.replace(tzinfo=zone).utcoffset() == at.replace(tzinfo=own).utcoffset() for at in probes)
