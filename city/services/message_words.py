"""What messages about places say, in both languages: each function returns (subject, text) in the language of the row.

Owns: the sentences, and that they fit: the words of a text message are at most 70 letters in Chinese and 160 in
English, a long title gives way, and the link follows on a line of its own. No ISO dates, no day without its date.
Called by the services that write messages (`city.services.telling.tell`); sends nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from city.booking_numbers import spoken
from city.day_words import clock_time, full_day, hours, short_day
from city.localised import LocalisedText
from city.model import RoomBooking, Run
from city.model.contact import Contact

MOST_LETTERS = {"zh": 70, "en": 160}
"""One text message without its link: GSM 03.40 holds 70 letters of UCS-2 or 160 of its own alphabet."""
SHORTEST_NAME, LONGEST_TERSE_PLACE = {"zh": 6, "en": 16}, {"zh": 10, "en": 24}
LONGEST_SUBJECT_NAME = 60
Words = tuple[str, str]


@dataclass(frozen=True)
class Facts:
    """What a message tells of: its name, when and where it is, and the address of the person's own page.

    `day` is None for what has no date; `more_count` says how many meetings follow the one told; `today` decides
    whether a day needs its year.
    """

    title: LocalisedText
    today: date
    where: LocalisedText = LocalisedText()  # noqa: RUF009  (immutable)
    day: date | None = None
    starts: time | None = None
    ends: time | None = None
    more_count: int = 0
    url: str = ""


def facts_of_run(run: Run, url: str, now: datetime, zone: ZoneInfo) -> Facts:
    """Return what there is to tell of a run: its next meeting, else its last, and how many follow."""
    held = [meeting for meeting in run.class_sessions if not meeting.cancelled] or list(run.class_sessions)
    ahead = [meeting for meeting in held if not meeting.is_over(now)]
    told = ahead[0] if ahead else held[-1] if held else None
    return Facts(
        title=run.offering.title,
        today=now.astimezone(zone).date(),
        where=run.offering.venue.name if run.offering.venue else LocalisedText(),
        day=told.held_on if told else None,
        starts=told.starts_local if told else None,
        ends=told.ends_local if told else None,
        more_count=max(0, len(ahead) - 1),
        url=url,
    )


def facts_of_room(booking: RoomBooking, url: str, now: datetime, zone: ZoneInfo) -> Facts:
    """Return what there is to tell of seats in a study room."""
    starts, ends = booking.starts_at.astimezone(zone), booking.ends_at.astimezone(zone)
    return Facts(
        title=booking.study_room.name,
        today=now.astimezone(zone).date(),
        where=booking.study_room.venue.name,
        day=starts.date(),
        starts=starts.time(),
        ends=ends.time(),
        url=url,
    )


def confirmed(row: Contact, facts: Facts) -> Words:
    """A place was taken."""
    return _say(
        row,
        facts,
        "您有座位了：{name}",
        "{name}有您的座位{party}。{when}，{where}。号码{number}。来不了请告诉我们：",
        "You have a place: {name}",
        "You have a place{party}: {name}. {when}, {where}. Number {number}. To see or cancel it:",
    )


def waitlisted(row: Contact, facts: Facts, place_in_line: int) -> Words:
    """All places were taken; the person waits."""
    return _say(
        row,
        facts,
        "您在候补：{name}",
        "{name}坐满了，{when_short}。您排在第{place}位{party}，有空位就告诉您。号码{number}。",
        "You are waiting: {name}",
        "{name}, {when_short}, is full. You are number {place} in line{party}; we tell you of a free place. "
        "Number {number}.",
        place=str(place_in_line),
    )


def promoted(row: Contact, facts: Facts, answer_by: datetime, zone: ZoneInfo) -> Words:
    """A place came free; the person has until `answer_by` to say yes."""
    return _say(
        row,
        facts,
        "轮到您了，请答复：{name}",
        "轮到您了：{name}，{when_short}{party}。请在{until}前说要不要。号码{number}。",
        "A place is yours if you say yes: {name}",
        "A place is free for you{party}: {name}, {when_short}. Please say yes by {until}. Number {number}.",
        until=lambda language: _instant(answer_by, zone, facts.today, language),
    )


def lapsed(row: Contact, facts: Facts) -> Words:
    """Nobody answered in time; the place went on."""
    return _say(
        row,
        facts,
        "座位给了下一位：{name}",
        "没等到您的答复，{name}（{when_short}）的座位给了下一位。还想来可以再排队。号码{number}。",
        "The place went on: {name}",
        "We had no answer, so the place on {name}, {when_short}, went to the next in line. You may queue again. "
        "Number {number}.",
    )


def cancelled(row: Contact, facts: Facts) -> Words:
    """The person gave a place, or seats of a room, back."""
    return _say(
        row,
        facts,
        "座位退了：{name}",
        "{name}（{when_short}）的座位退了{party}。一天之内可以要回来。号码{number}。",
        "You gave the place back: {name}",
        "Your place on {name}, {when_short}, is given back{party}. For one day you can undo this. Number {number}.",
    )


def undone(row: Contact, facts: Facts) -> Words:
    """The person took back that a place was given back."""
    return _say(
        row,
        facts,
        "座位又是您的了：{name}",
        "{name}的座位又是您的了{party}。{when}，{where}。号码{number}。",
        "The place is yours again: {name}",
        "Your place on {name} is yours again{party}. {when}, {where}. Number {number}.",
    )


def run_changed(row: Contact, facts: Facts, was: Facts | None = None) -> Words:
    """Day, hour or place are others now; `was` is how they were."""
    return _say(
        row,
        facts,
        "有变动：{name}",
        "{name}改了，现在是{when}，{where}{was}。号码{number}。",
        "Changed: {name}",
        "{name} has changed. Now: {when}, {where}{was}. Number {number}. If you cannot come:",
        was=lambda language: _was(was, language),
    )


def meeting_cancelled(row: Contact, facts: Facts) -> Words:
    """One meeting of several does not take place; `facts` tells that one."""
    return _say(
        row,
        facts,
        "有一次不上：{name}",
        "{name}{when_one}这一次不上，其他各次照常，您的座位还在。号码{number}。",
        "One meeting is off: {name}",
        "{name}: the meeting on {when_one} is off. The others take place, and you keep your place. Number {number}.",
    )


def run_cancelled(row: Contact, facts: Facts, reason: str = "") -> Words:
    """The whole run does not take place."""
    return _say(
        row,
        facts,
        "不办了：{name}",
        "对不起，{name}（{when_short}）不办了{reason}。您不用来。号码{number}。",
        "Called off: {name}",
        "Sorry, {name}, {when_short}, does not take place{reason}. You need not come. Number {number}.",
        reason=lambda language: (f"，因为{reason}" if language == "zh" else f": {reason}") if reason else "",
    )


def entered(row: Contact, facts: Facts, closes_at: datetime, zone: ZoneInfo) -> Words:
    """Somebody is in a draw; `facts.title` is the name of the Ballot."""
    return _say(
        row,
        facts,
        "您参加了抽签：{name}",
        "您参加了{name}的抽签{party}。{until}截止，之后抽签，早报晚报机会一样。号码{number}。",
        "You are in the draw: {name}",
        "You are in the draw for {name}{party}. It closes {until}; early or late makes no difference. Number {number}.",
        until=lambda language: _instant(closes_at, zone, facts.today, language),
    )


def withdrawn(row: Contact, facts: Facts) -> Words:
    """Somebody is no longer in a draw."""
    return _say(
        row,
        facts,
        "您退出了抽签：{name}",
        "您不再参加{name}的抽签。截止之前可以再报。号码{number}。",
        "You left the draw: {name}",
        "You are no longer in the draw for {name}. Until it closes you may enter again. Number {number}.",
    )


def drawn(row: Contact, facts: Facts) -> Words:
    """The draw gave a place."""
    return _say(
        row,
        facts,
        "抽中了：{name}",
        "抽中了，{name}有您的座位{party}。{when}，{where}。号码{number}。来不了请告诉我们：",
        "The draw gave you a place: {name}",
        "The draw gave you a place{party}: {name}. {when}, {where}. Number {number}. To see or cancel it:",
    )


def not_drawn(row: Contact, facts: Facts, place_in_line: int | None = None) -> Words:
    """The draw gave no place; the person waits at a place in line, where there is a line."""
    return _say(
        row,
        facts,
        "没有抽中：{name}",
        "{name}这次没有抽中您{line}。号码{number}。",
        "Not drawn: {name}",
        "The draw for {name} gave you no place this time{line}. Number {number}.",
        line=lambda language: _line(place_in_line, language),
    )


def ballot_cancelled(row: Contact, facts: Facts) -> Words:
    """There will be no draw."""
    return _say(
        row,
        facts,
        "抽签取消了：{name}",
        "对不起，{name}的抽签取消了，您不用做什么。号码{number}。",
        "The draw is off: {name}",
        "Sorry, there will be no draw for {name}. You need not do anything. Number {number}.",
    )


def room_booked(row: Contact, facts: Facts) -> Words:
    """Seats of a study room were taken."""
    return _say(
        row,
        facts,
        "您订了自习座位：{name}",
        "您的座位{party}：{where}{name}，{when}。号码{number}。晚到15分钟就给别人。",
        "Your seat: {name}",
        "Your seat{party}: {name}, {where}, {when}. Number {number}. It is held for 15 minutes from the start.",
    )


def room_released(row: Contact, facts: Facts) -> Words:
    """Nobody came to a study room in time, and the seats went on."""
    return _say(
        row,
        facts,
        "座位给了别人：{name}",
        "{where}{name}，{when_short}，15分钟没等到您，座位给了别人。号码{number}。还想来可以再订。",
        "Your seat went on: {name}",
        "Nobody came to {name}, {where}, {when_short}, in 15 minutes, so the seat went on. Number {number}. "
        "You may book again.",
    )


def sign_in_code(code: str, language: str, minutes: int) -> Words:
    """The digits somebody types to show that a phone or mailbox is theirs; no number, no link."""
    if language == "zh":
        return "学城：您的数字", f"学城：您要的数字是{spoken(code)}，{minutes}分钟内有效。请不要告诉任何人。"
    return (
        "Learncity: your digits",
        f"Learncity: your digits are {spoken(code)}, good for {minutes} minutes. Tell them to nobody.",
    )


Extra = str | Callable[[str], str]


def _say(
    row: Contact, facts: Facts, subject_zh: str, text_zh: str, subject_en: str, text_en: str, **extra: Extra
) -> Words:
    """Fill the sentences of the row's language so that the words fit into one text message where that can be.

    First a long name gives way, then the end of the hours and the count of meetings, then the name of the venue.
    """
    language = "en" if row.language == "en" else "zh"
    subject, text = (subject_en, text_en) if language == "en" else (subject_zh, text_zh)
    title = _one_line(facts.title.best(language)[0])
    more = {name: value if isinstance(value, str) else value(language) for name, value in extra.items()}
    for terse in (False, True):
        values = _values(row, facts, language, terse=terse) | more
        said = _fitted(text, title, values, language, shortest=SHORTEST_NAME[language])
        if len(said) <= MOST_LETTERS[language]:
            break
    return (
        subject.format(name=_quoted(_cut(title, LONGEST_SUBJECT_NAME, language), language)),
        f"{said}\n{facts.url}" if facts.url else said,
    )


def _fitted(text: str, title: str, values: dict[str, str], language: str, *, shortest: int) -> str:
    said = _one_line(text.format(name=_quoted(title, language), **values))
    if (over := len(said) - MOST_LETTERS[language]) <= 0:
        return said
    shorter = _cut(title, max(shortest, len(title) - over), language)
    return _one_line(text.format(name=_quoted(shorter, language), **values))


def _values(row: Contact, facts: Facts, language: str, *, terse: bool) -> dict[str, str]:
    where = _one_line(facts.where.best(language)[0]) or {"zh": "地点没有写", "en": "place not stated"}[language]
    day = _when(facts, language, ends=not terse)
    return {
        "number": spoken(row.number),
        "party": _party(row.party_size, language),
        "when": day if terse else day + _more(facts.more_count, language),
        "when_one": day,
        "when_short": _when(facts, language, short=True),
        "where": _cut(where, LONGEST_TERSE_PLACE[language], language) if terse else where,
    }


def _when(facts: Facts, language: str, *, short: bool = False, ends: bool = True) -> str:
    """Return day and hours; short: the day without its weekday, and only the start."""
    if facts.day is None:
        return {"zh": "日期没有写", "en": "day not stated"}[language]
    day = short_day(facts.day, language) if short else full_day(facts.day, language, facts.today)
    if facts.starts is None:
        return day
    said = hours(facts.starts, facts.ends if ends and not short else None, language)
    return f"{day}{'' if short else ' '}{said}" if language == "zh" else f"{day}, {said}"


def _instant(instant: datetime, zone: ZoneInfo, today: date, language: str) -> str:
    local = instant.astimezone(zone)
    day, hour = full_day(local.date(), language, today), clock_time(local.time(), language)
    return f"{day} {hour}" if language == "zh" else f"{day}, {hour}"


def _more(count: int, language: str) -> str:
    if not count:
        return ""
    return f"，还有{count}次" if language == "zh" else f" and {count} more meeting{'s' if count > 1 else ''}"


def _party(size: int, language: str) -> str:
    if size == 1:
        return ""
    return f"（{size}人）" if language == "zh" else f" for {size} people"


def _was(facts: Facts | None, language: str) -> str:
    if facts is None:
        return ""
    said = _when(facts, language, short=True)
    return f"（原来{said}）" if language == "zh" else f" (was {said})"


def _line(place_in_line: int | None, language: str) -> str:
    if place_in_line is None:
        return ""
    if language == "zh":
        return f"，您在候补第{place_in_line}位，有空位就告诉您"
    return f"; you wait at place {place_in_line} and hear from us when a place comes free"


def _quoted(name: str, language: str) -> str:
    return f"“{name}”" if language == "zh" else f'"{name}"'


def _cut(name: str, most: int, language: str) -> str:
    """Shorten a name; the dots in English are three, because GSM's alphabet has no "…"."""
    dots = "…" if language == "zh" else "..."
    return name if len(name) <= most else name[: most - len(dots)].rstrip() + dots


def _one_line(text: str) -> str:
    return " ".join(text.split())
