"""Messages about places: one text message each, with day, place, number and link, in the person's language."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import time

import pytest

from city.localised import LocalisedText
from city.model import Enrolment, Message
from city.services import message_words
from city.services.message_words import Facts, facts_of_run
from city.services.sending import mail_of
from fixtures.factories import NOW, SHANGHAI, TODAY, a_run, an_offering, in_days
from tests.room_city import at

Say = Callable[[Enrolment, Facts], tuple[str, str]]
URL = "https://learn.city.example/zh/places/MTIz.abc"
SHORT = LocalisedText({"zh-Hans": "夜里写字", "en": "Evening calligraphy"})
LONG = LocalisedText(
    {
        "zh-Hans": "中老年智能手机入门与防诈骗安全知识专题讲座系列活动（第三期）",
        "en": "Smartphones and how to stay safe from fraud, a series of talks for older people, third edition",
    }
)
EACH: dict[str, Say] = {
    "confirmed": message_words.confirmed,
    "waitlisted": lambda row, facts: message_words.waitlisted(row, facts, 12),
    "promoted": lambda row, facts: message_words.promoted(row, facts, at(12), SHANGHAI),
    "lapsed": message_words.lapsed,
    "cancelled": message_words.cancelled,
    "undone": message_words.undone,
    "run_changed": lambda row, facts: message_words.run_changed(row, facts, replace(facts, starts=time(18))),
    "meeting_cancelled": message_words.meeting_cancelled,
    "run_cancelled": message_words.run_cancelled,
    "entered": lambda row, facts: message_words.entered(row, facts, at(20), SHANGHAI),
    "withdrawn": message_words.withdrawn,
    "drawn": message_words.drawn,
    "not_drawn": lambda row, facts: message_words.not_drawn(row, facts, 7),
    "ballot_cancelled": message_words.ballot_cancelled,
    "room_booked": message_words.room_booked,
    "room_released": message_words.room_released,
}


def a_row(language: str, party_size: int = 1) -> Enrolment:
    return Enrolment(number="12345674", party_size=party_size, language=language)


def the_facts(title: LocalisedText = SHORT) -> Facts:
    where = LocalisedText({"zh-Hans": "湖滨图书馆", "en": "Hubin Library"})
    return Facts(title, TODAY, where, in_days(3), time(19), time(20, 30), url=URL)


@pytest.mark.parametrize("title", [SHORT, LONG], ids=["short", "long"])
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("purpose", EACH)
def test_every_message_fits_into_one_text_message_beside_its_link(
    purpose: str, language: str, title: LocalisedText
) -> None:
    subject, text = EACH[purpose](a_row(language), the_facts(title))
    said, url = text.split("\n")
    assert len(said) <= message_words.MOST_LETTERS[language]
    assert (url, len(subject.splitlines())) == (URL, 1)
    assert "1234 5674" in said
    assert title.best(language)[0][:4] in said
    assert not re.search(r"\d{4}-\d\d|今天|明天|today|tomorrow|[{}]", said + subject)
    assert language == "zh" or said.isascii()
    assert language == "en" or not re.search(r"[一-龥][,;:?!]", said)


def test_a_place_is_confirmed_with_day_hour_venue_and_party() -> None:
    assert message_words.confirmed(a_row("zh", 3), the_facts())[1].startswith(
        "“夜里写字”有您的座位（3人）。11月27日 星期五 晚上7点到8点半，湖滨图书馆。号码1234 5674。"
    )
    assert message_words.confirmed(a_row("en", 3), the_facts())[1].startswith(
        'You have a place for 3 people: "Evening calligraphy". Friday 27 November, 7 to 8:30 pm, Hubin Library.'
    )


def test_who_moved_up_reads_until_when_to_answer() -> None:
    assert "请在11月25日 星期三 中午12点前说要不要" in EACH["promoted"](a_row("zh"), the_facts())[1]
    assert "say yes by Wednesday 25 November, 12 noon" in EACH["promoted"](a_row("en"), the_facts())[1]


def test_a_change_tells_what_it_was_and_what_it_is() -> None:
    said = EACH["run_changed"](a_row("zh"), the_facts())[1]
    assert "现在是11月27日 星期五 晚上7点到8点半" in said and "原来11月27日晚上6点" in said


def test_what_has_no_hour_and_no_venue_is_said_so() -> None:
    facts = replace(the_facts(), starts=None, ends=None, where=LocalisedText())
    assert "11月27日 星期五，地点没有写" in message_words.confirmed(a_row("zh"), facts)[1]


def test_of_several_meetings_the_next_one_is_told_and_how_many_follow() -> None:
    run = a_run(in_days(-7), in_days(3), in_days(10))
    run.offering = an_offering(runs=[run])
    run.class_sessions[2].cancelled = True
    facts = facts_of_run(run, URL, NOW, SHANGHAI)
    assert (facts.day, facts.more_count) == (in_days(3), 0)
    run.class_sessions[2].cancelled = False
    assert "还有1次" in message_words.confirmed(a_row("zh"), facts_of_run(run, URL, NOW, SHANGHAI))[1]


def test_as_a_mail_the_link_can_be_pressed_and_no_title_becomes_markup() -> None:
    facts = the_facts(LocalisedText({"en": "<b>Evil</b>"}))
    subject, text = message_words.confirmed(a_row("en"), facts)
    mail = mail_of(Message(address="lin@example.org", language="en", subject=subject, text=text))
    assert f'<a href="{URL}">' in mail.html
    assert "&lt;b&gt;Evil" in mail.html and "<b>" not in mail.html
