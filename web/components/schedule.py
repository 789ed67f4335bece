"""Meetings in words: one line for a regular run, a list of the days for any.

Owns: when a run counts as regular (same weekday and hours each time). Called by the offering page and the elder view.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from city.model import ClassSession, Run
from web import formatters
from web.components.cards import Viewpoint
from web.language import Words, joined, ngettext, sentence, words


@dataclass(frozen=True)
class MeetingRow:
    """One meeting: its number, day and hours, its own title if it has one, whether it is over."""

    number: int
    day: str
    hours: str
    title: Words
    is_over: bool
    is_cancelled: bool = False
    """True when this one meeting was called off; then it is not said to be over as well."""


def run_in_words(run: Run, view: Viewpoint) -> Markup:
    """Return "Tuesdays 7 to 8:30 pm, from 8 December, 8 meetings", or the next meeting and the number of meetings."""
    meetings = _held(run)
    if not meetings:
        return sentence("Not stated")
    if len(meetings) > 1 and is_regular(meetings):
        return _regular(run, view)
    ahead = [meeting for meeting in meetings if not meeting.is_over(view.now)] or meetings
    first = ahead[0]
    said = formatters.day_and_hours(first.held_on, first.starts_local, first.ends_local, view.language, view.today)
    return said if len(meetings) == 1 else joined([said, _count(meetings)], view.language)


def is_regular(meetings: Iterable[ClassSession]) -> bool:
    """True when all meetings have the same weekday and hours, and the hour is known."""
    patterns = {(meeting.weekday(), meeting.starts_local, meeting.ends_local) for meeting in meetings}
    return len(patterns) == 1 and next(iter(patterns))[1] is not None


def meeting_rows(run: Run, view: Viewpoint) -> list[MeetingRow]:
    """Return the meetings of a run in order."""
    return [
        MeetingRow(
            number,
            formatters.full_day(meeting.held_on, view.language, view.today),
            formatters.hours(meeting.starts_local, meeting.ends_local, view.language) if meeting.starts_local else "",
            words(meeting.title, view.language),
            meeting.is_over(view.now) and not meeting.cancelled,
            bool(meeting.cancelled),
        )
        for number, meeting in enumerate(run.class_sessions, start=1)
    ]


def _regular(run: Run, view: Viewpoint) -> Markup:
    first = _held(run)[0]
    day = formatters.weekday(first.weekday(), view.language)
    hours = formatters.hours(first.starts_local, first.ends_local, view.language) if first.starts_local else ""
    start = formatters.short_day(first.held_on, view.language)
    return joined(
        [
            formatters.unbroken(day if view.language == "zh" else f"{day}s", hours),
            sentence("from %(day)s", day=formatters.unbroken(start)),
            _count(_held(run)),
        ],
        view.language,
    )


def _held(run: Run) -> list[ClassSession]:
    """Return the meetings that take place; of a run of which none does, all of them."""
    return [meeting for meeting in run.class_sessions if not meeting.cancelled] or run.class_sessions


def _count(meetings: list[ClassSession]) -> Markup:
    return formatters.unbroken(ngettext("%(num)s meeting", "%(num)s meetings", len(meetings)))
