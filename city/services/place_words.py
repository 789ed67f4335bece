"""What a page, a desk or an operator reads of the rules of places: every limit and every refusal, in both languages.

Owns: the sentences. Each function returns one sentence by BCP 47 tag (zh-Hans, en); instants are aware in the city's
zone. Knows no database and no clock. Called by `city.services.place_rules` and by whoever lowers or cancels a run.
"""

from __future__ import annotations

from datetime import datetime

from city.day_words import clock_time, short_day
from city.localised import LocalisedText

Said = dict[str, str]


def said(zh: str, en: str) -> Said:
    """Return one sentence in both languages."""
    return {"zh-Hans": zh, "en": en}


def instant(local: datetime, language: str) -> str:
    """Return a day and an hour: 12月3日 上午8点, 3 December, 8 am."""
    day, hour = short_day(local.date(), language), clock_time(local.time(), language)
    return f"{day} {hour}" if language == "zh" else f"{day}, {hour}"


def named(text: LocalisedText, language: str) -> str:
    """Return a name in quotes of the language."""
    name = text.best(language)[0]
    return f"“{name}”" if language == "zh" else f'"{name}"'


def walk_in() -> Said:
    return said("这里不用报名，到时候直接来就行。", "No place has to be taken here. Just come when it is on.")


def draw(name: LocalisedText) -> Said:
    """The run's places are drawn; the sentence names the Ballot where it has a name."""
    if not name:
        return said(
            "这里的座位抽签决定，先到不先得。", "Places here are drawn by lot; coming first makes no difference."
        )
    return said(
        f"这里的座位由{named(name, 'zh')}抽签决定，先到不先得。请参加抽签。",
        f"Places here are drawn in the ballot {named(name, 'en')}; coming first makes no difference. Please enter it.",
    )


def not_open(opens: datetime) -> Said:
    return said(
        f"还没有开始报名，{instant(opens, 'zh')}开始。",
        f"Places cannot be taken yet. They can from {instant(opens, 'en')}.",
    )


def closed(closed_at: datetime) -> Said:
    return said(
        f"报名已经在{instant(closed_at, 'zh')}结束。",
        f"Taking places ended on {instant(closed_at, 'en')}.",
    )


def called_off() -> Said:
    return said("这一期不办了，不能报名。", "This does not take place, so no place can be taken.")


def over() -> Said:
    return said("这一期已经结束，不能报名。", "This is over, so no place can be taken.")


def full(*, waits: bool) -> Said:
    if waits:
        return said(
            "座位已经满了。可以候补，有空位就告诉您。",
            "All places are taken. You can wait in line, and hear from us when a place comes free.",
        )
    return said("座位已经满了。", "All places are taken.")


def full_for_party(left: int, party: int, *, waits: bool) -> Said:
    wait_zh, wait_en = ("，也可以候补", ", or wait in line") if waits else ("", "")
    return said(
        f"只剩{left}个座位，{party}个人坐不下。可以少几个人{wait_zh}。",
        f"Only {left} {'place is' if left == 1 else 'places are'} left, too few for {party} people. "
        f"Come with fewer people{wait_en}.",
    )


def never_fits(seats: int, party: int) -> Said:
    return said(
        f"一共只有{seats}个座位，{party}个人坐不下。",
        f"There are only {seats} places in all, too few for {party} people.",
    )


def already() -> Said:
    return said("这个号码已经报过名了。", "This number has a place on this already.")


def party_limit(most: int) -> Said:
    return said(
        f"一次最多可以给{most}个人报名。人更多的话请打电话给我们，或者到服务台办。",
        f"One booking holds at most {most} {'person' if most == 1 else 'people'}. "
        "For a larger group, telephone us or come to the desk.",
    )


def age_limit(lowest: int | None, highest: int | None) -> Said:
    """For whom it is, by age; at least one bound is given."""
    if lowest is not None and highest is not None:
        return said(f"{lowest}岁到{highest}岁的人可以参加。", f"This is for people aged {lowest} to {highest}.")
    if lowest is not None:
        return said(f"{lowest}岁以上的人可以参加。", f"This is for people aged {lowest} or over.")
    return said(f"{highest}岁以下的人可以参加。", f"This is for people aged {highest} or under.")


def birth_year_needed(lowest: int | None, highest: int | None) -> Said:
    limit = age_limit(lowest, highest)
    return said(
        f"{limit['zh-Hans']}请告诉我们参加的人是哪年出生的。",
        f"{limit['en']} Please say in which year the person who takes part was born.",
    )


def no_birth_year() -> Said:
    return said("请写四位数的出生年份，比如1958。", "Write the year of birth in four digits, like 1958.")


def residents_limit(area: LocalisedText, until: datetime | None) -> Said:
    """Who comes first: residents of an Area, for a while or for good."""
    if until is None:
        return said(
            f"只有住在{area.best('zh')[0]}的人可以报名。",
            f"Places are for people who live in {area.best('en')[0]}.",
        )
    return said(
        f"{instant(until, 'zh')}以前，住在{area.best('zh')[0]}的人先报名；之后谁都可以。",
        f"Until {instant(until, 'en')} places are for people who live in {area.best('en')[0]}; then for everybody.",
    )


def area_needed(area: LocalisedText, until: datetime | None) -> Said:
    limit = residents_limit(area, until)
    return said(f"{limit['zh-Hans']}请选您住在哪里。", f"{limit['en']} Please choose where you live.")


def term_limit(most: int) -> Said:
    return said(
        f"这一学期，同一个单位的课每人最多占{most}个位子。",
        f"In one term, one person holds at most {most} {'place' if most == 1 else 'places'} with the same operator.",
    )


def term_limit_reached(most: int) -> Said:
    limit = term_limit(most)
    return said(
        f"{limit['zh-Hans']}已经满{most}个了，先退掉一个才能再报。",
        f"{limit['en']} That many are held already; give one back to take this one.",
    )


def seats_below_taken(wanted: int, taken: int) -> Said:
    """An operator lowers the seats below the people enrolled."""
    return said(
        f"已经有{taken}个人报了名，座位不能减到{wanted}个。最少{taken}个；要再少，请先和报了名的人商量，替他们退掉座位。",
        f"{taken} {'person is' if taken == 1 else 'people are'} enrolled, so there cannot be {wanted} seats. "
        f"Keep at least {taken}, or first agree with people who are enrolled and give their places back.",
    )


def offer_gone() -> Said:
    return said(
        "答复的时间过了，座位给了下一位。还想来可以再排队。",
        "The time to answer is over, and the place went to the next in line. You may queue again.",
    )


def nothing_offered() -> Said:
    return said("这里没有等您答复的座位。", "No place waits for your answer here.")


def undo_too_late() -> Said:
    return said(
        "退座位过了一天，不能撤回了。可以重新报名。",
        "More than a day has passed, so this cannot be undone. You may take a place again.",
    )


def cannot_undo() -> Said:
    return said("这个座位不是您自己退的，不能撤回。", "This place was not given back by you, so that cannot be undone.")
