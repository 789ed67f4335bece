"""Saved searches from saving to the mail: who is told of what, once, and who is not."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from city.errors import NotFound
from city.mail import Mail, MailUnsent, message_of
from city.services.mailing import Mailing
from city.services.permissions import Actor
from city.services.saved_searches import CONFIRM, MOST_WAITING, NewSearch, SavingSearches, TooManySearches
from city.store.database import Database
from city.tokens import Tokens
from fixtures.factories import NOW, a_citizen, a_topic, a_venue, an_area, an_operator, in_days
from indexer.alerts import Alerts
from tests.integration.indexer.conftest import Catalogue, HandClock

TOKENS = Tokens("a key of at least thirty-two letters")
BRUSH: Mapping[str, Sequence[str]] = {"q": ["书法"]}


@dataclass
class Box:
    """Keeps what is sent; `broken` is a server that refuses."""

    mails: list[Mail] = field(default_factory=list)
    broken: bool = False

    def send(self, mail: Mail) -> None:
        if self.broken:
            raise MailUnsent("refused")
        self.mails.append(mail)


@dataclass
class Office:
    """One catalogue with everything that alerts; the clock is moved by hand and stands at nine in the morning."""

    catalogue: Catalogue
    clock: HandClock
    box: Box
    saving: SavingSearches
    alerts: Alerts
    mailing: Mailing

    def save(self, parameters: Mapping[str, Sequence[str]] = BRUSH, actor: Actor | None = None, **values: str) -> int:
        given = {"name": "书法", "language": "zh", "email": "lin@example.org"} | values
        wanted = NewSearch(parameters=parameters, **given)  # type: ignore[arg-type]
        return self.saving.save(actor or Actor.visitor(), wanted).saved_search_id

    def save_confirmed(self, parameters: Mapping[str, Sequence[str]] = BRUSH, **values: str) -> int:
        number = self.save(parameters, **values)
        with self.catalogue.database.writing() as work:
            work.saved_searches.get(number).confirmed_at = self.clock.now()
            work.commit()
        return number

    def publish(self, *titles: str, **values: object) -> list[int]:
        self.clock.pass_by(minutes=1)
        return self.catalogue.add(*titles, **{"published_at": self.clock.now(), **values})

    def round(self) -> list[Mail]:
        """Match all that waits and send what is due; return what was sent."""
        before = len(self.box.mails)
        while self.alerts.once().messages:
            pass
        self.mailing.once()
        return self.box.mails[before:]


@pytest.fixture
def office(sqlite_database: Database) -> Office:
    database = sqlite_database
    clock = HandClock(NOW.replace(hour=1))  # nine o'clock in Shanghai
    catalogue = Catalogue(database, clock)
    with database.writing() as work:
        work.areas.add(an_area("hubin", "湖滨区", level="district"))
        work.topics.add(a_topic("arts", "艺术", None))
        work.operators.add(an_operator("hubin"))
        work.venues.add(a_venue())
        work.citizens.add(a_citizen())
        work.commit()
    box = Box()
    mailing = Mailing(database, box, TOKENS, site="https://learn.example", clock=clock, system_clock=clock)
    saving = SavingSearches(database, clock, TOKENS)
    return Office(catalogue, clock, box, saving, Alerts(database, clock=clock, system_clock=clock), mailing)


def test_a_stranger_gets_one_question_and_no_news_until_the_answer(office: Office) -> None:
    number = office.save()
    office.publish("晨间书法")
    [asked] = office.round()
    assert "确认" in asked.subject and "/zh/searches/confirm/" in asked.text
    assert office.round() == []
    office.saving.confirm(TOKENS.make(CONFIRM, f"{number} lin@example.org"))
    [news] = office.round()
    assert "晨间书法" in news.text and "符合您保存的搜索“书法”" in news.text


def test_each_hit_is_mailed_once_and_a_search_writes_once_a_day(office: Office) -> None:
    office.save_confirmed()
    office.publish("晨间书法")
    assert len(office.round()) == 1
    [second] = office.publish("夜间书法")
    assert office.round() == []
    office.clock.pass_by(days=1)
    [mail] = office.round()
    assert "夜间书法" in mail.text and "晨间书法" not in mail.text
    office.catalogue.edit(second)
    office.clock.pass_by(days=1)
    assert office.round() == []


def test_a_weekly_search_waits_a_week(office: Office) -> None:
    office.save_confirmed(every="week")
    office.publish("晨间书法")
    office.round()
    office.publish("夜间书法")
    office.clock.pass_by(days=6)
    assert office.round() == []
    office.clock.pass_by(days=1)
    assert len(office.round()) == 1


def test_nobody_is_written_to_at_night(office: Office) -> None:
    office.save_confirmed()
    office.publish("晨间书法")
    office.clock.pass_by(hours=14)
    assert office.round() == []
    office.clock.pass_by(hours=10)
    assert len(office.round()) == 1


def test_what_was_there_before_is_no_news_even_when_it_changes(office: Office) -> None:
    [old] = office.publish("旧书法")
    office.clock.pass_by(minutes=1)
    office.save_confirmed()
    office.catalogue.edit(old)
    assert office.round() == []


def test_what_is_hidden_over_or_merged_until_the_mail_goes_out_is_left_out(office: Office) -> None:
    office.save_confirmed()
    hidden, merged, stays = office.publish("书法一", "书法二", "书法三")
    office.publish("去年的书法", days=[in_days(-30)])
    while office.alerts.once().messages:
        pass
    office.catalogue.edit(hidden, lambda offering: setattr(offering, "status", "hidden"))
    office.catalogue.edit(merged, lambda offering: setattr(offering, "merged_into_id", stays))
    [mail] = office.round()
    assert "书法三" in mail.text
    assert not any(title in mail.text for title in ("书法一", "书法二", "去年"))


def test_a_server_that_refuses_gets_the_same_mail_later(office: Office) -> None:
    office.save_confirmed()
    office.publish("晨间书法")
    office.box.broken = True
    assert office.round() == []
    office.box.broken = False
    assert len(office.round()) == 1


def test_an_alerter_that_died_after_its_claim_loses_nothing(office: Office) -> None:
    office.save_confirmed()
    office.publish("晨间书法")
    office.alerts._claim()  # and then it dies
    again = Alerts(office.catalogue.database, clock=office.clock, system_clock=office.clock)
    again.release_claims()
    assert again.once().hits == 1


def test_a_signed_in_citizen_needs_no_address_and_no_mail_is_sent(office: Office) -> None:
    office.save(actor=Actor.citizen(1), email="")
    office.publish("晨间书法")
    assert office.round() == []
    with office.catalogue.database.reading() as work:
        assert work.saved_search_hits.counts_since([1], NOW - timedelta(days=1)) == {1: 1}


def test_a_new_address_of_a_citizen_is_asked_once_and_known_from_then_on(office: Office) -> None:
    first = office.save(actor=Actor.citizen(1))
    assert "确认" in office.round()[0].subject
    office.saving.confirm(TOKENS.make(CONFIRM, f"{first} lin@example.org"))
    office.save({"q": ["国画"]}, actor=Actor.citizen(1))
    assert office.round() == []


def test_nobody_can_fill_a_strangers_box_with_questions(office: Office) -> None:
    for _ in range(MOST_WAITING):
        office.save()
    with pytest.raises(TooManySearches):
        office.save()


def test_relative_days_free_hours_and_home_are_read_on_the_day_of_the_match(office: Office) -> None:
    office.save_confirmed({"day": ["week"], "hours": ["5-0900-1200"]}, name="周末上午")
    saturday = office.clock.today() + timedelta(days=5 - office.clock.today().weekday())
    office.publish("下周书法", days=[saturday + timedelta(days=7)])
    assert office.round() == []


def test_ending_the_mails_of_a_stranger_takes_the_search_away_and_can_be_undone(office: Office) -> None:
    office.save_confirmed()
    office.publish("晨间书法")
    [mail] = office.round()
    token = mail.unsubscribe_url.rpartition("/")[2]
    back = office.saving.end_mails(token)
    office.publish("夜间书法")
    office.clock.pass_by(days=1)
    assert office.round() == []
    office.saving.restore(back)
    office.saving.restore(back)
    with office.catalogue.database.reading() as work:
        assert work.saved_searches.count_of(email="lin@example.org") == 1
    office.publish("午间书法")
    [mail] = office.round()
    assert "午间书法" in mail.text


def test_a_link_for_one_purpose_opens_no_other_and_a_changed_one_nothing(office: Office) -> None:
    number = office.save()
    token = TOKENS.make(CONFIRM, f"{number} lin@example.org")
    with pytest.raises(NotFound):
        office.saving.end_mails(token)
    with pytest.raises(NotFound):
        office.saving.confirm(token[:-2] + ("AA" if token[-2:] != "AA" else "BB"))


def test_what_nobody_confirmed_is_erased_after_two_days(office: Office) -> None:
    office.save()
    office.clock.pass_by(days=2, minutes=1)
    assert office.mailing.tidy() == 1


def test_many_searches_are_compiled_as_they_come_and_those_gone_are_not_met(office: Office) -> None:
    office.save_confirmed()
    office.publish("晨间书法")
    office.round()
    second = office.save_confirmed({"q": ["国画"]}, name="国画", email="wu@example.org")
    with office.catalogue.database.writing() as work:
        work.saved_searches.forget(1)
        work.commit()
    office.publish("国画入门", "书法入门")
    assert [mail.to for mail in office.round()] == ["wu@example.org"]
    assert second == 2


def test_the_mail_can_be_read_as_text_and_as_page_and_ended_with_one_click(office: Office) -> None:
    office.save_confirmed(language="en", name='<b>"quotes"</b>')
    office.publish("Brush & 书法")
    [mail] = office.round()
    raw = message_of(mail, sender="learn@city.example", clock=office.clock).as_bytes()
    read = email.message_from_bytes(raw, policy=email.policy.default)
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert read["List-Unsubscribe"].startswith("<https://learn.example/en/searches/end/")
    text, page = (read.get_body([kind]).get_content() for kind in ("plain", "html"))
    assert "Brush & 书法" in text and "Brush &amp; 书法" in page and "&lt;b&gt;" in page and "<b>" not in page
