"""Mails of saved searches: the question to an address whether it wants them, and what is new.

Owns: when a mail is due (at most one a day or a week for each search, in the city's waking hours), that each hit is
mailed once, and that nothing over, hidden or merged is. A hit is marked before its mail goes out and set free again
when the server refuses it: a crash between loses a mail rather than sending it twice. Called by the worker's job.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

import structlog

from city.clock import Clock
from city.errors import InvalidInput
from city.mail import Mail, Mailer, MailUnsent
from city.model import Offering, SavedSearch
from city.services import alert_words
from city.services.saved_searches import CONFIRM, CONFIRM_WITHIN, END, HITS_KEPT, token_payload
from city.store.database import Database
from city.store.searching_repositories import DueSearch
from city.store.unit_of_work import UnitOfWork
from city.tokens import Tokens

log = structlog.get_logger(__name__)

MOST_SHOWN = 20
MOST_AT_ONCE = 200
"""Mails of one round; what is left goes out in the next."""
FIRST_HOUR, LAST_HOUR = 7, 21
A_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Mailed:
    """How many mails went out in a round, and how many the server did not take."""

    sent: int = 0
    unsent: int = 0

    def __add__(self, other: Mailed) -> Mailed:
        return Mailed(self.sent + other.sent, self.unsent + other.unsent)

    def sentence(self) -> str:
        """Say it, "" when there was nothing to send."""
        if not (self.sent or self.unsent):
            return ""
        return f"{self.sent} mails sent" + (f", {self.unsent} not taken by the server" if self.unsent else "")


@dataclass(frozen=True)
class _Letter:
    """What goes out of one search: the offerings shown, and all hits that are settled by it."""

    saved: SavedSearch
    shown: list[Offering]
    settled: list[int]


class Mailing:
    """Sends what is due; `clock` is the catalogue's (what is over), `system_clock` real time (what is due)."""

    def __init__(
        self, database: Database, mailer: Mailer, tokens: Tokens, *, site: str, clock: Clock, system_clock: Clock
    ) -> None:
        self._database = database
        self._mailer = mailer
        self._tokens = tokens
        self._site = site
        self._clock = clock
        self._system_clock = system_clock

    def once(self) -> Mailed:
        """Send what is due now."""
        return self.send_confirmations() + self.send_news()

    def send_confirmations(self) -> Mailed:
        """Ask each new address once whether it wants the mails."""
        with self._database.writing() as work:
            waiting = work.saved_searches.unconfirmed_unmailed(n=MOST_AT_ONCE)
            for saved in waiting:
                saved.last_mailed_at = self._system_clock.now()
            work.commit()
        return sum((self._ask(saved) for saved in waiting), Mailed())

    def send_news(self) -> Mailed:
        """Mail what is due."""
        now = self._system_clock.now()
        if not FIRST_HOUR <= now.astimezone(self._system_clock.zone).hour < LAST_HOUR:
            return Mailed()
        with self._database.reading() as work:
            due = [each.id for each in work.saved_searches.with_news() if self._is_due(each, now)]
        return sum((self._tell(saved_search_id, now) for saved_search_id in due[:MOST_AT_ONCE]), Mailed())

    def tidy(self) -> int:
        """Erase searches whose address never said yes, and hits of long ago; return how many rows went."""
        now = self._clock.now()
        with self._database.writing() as work:
            gone = work.saved_searches.forget_unconfirmed_before(now - CONFIRM_WITHIN)
            gone += work.saved_search_hits.forget_before(now - HITS_KEPT)
            work.commit()
        return gone

    def _is_due(self, search: DueSearch, now: datetime) -> bool:
        if search.last_mailed_at is None:
            return True
        zone = self._system_clock.zone
        days = (now.astimezone(zone).date() - search.last_mailed_at.astimezone(zone).date()).days
        return days >= (1 if search.every == "day" else A_WEEK.days)

    def _ask(self, saved: SavedSearch) -> Mailed:
        url = f"{self._site}/{saved.language}/searches/confirm/{self._tokens.make(CONFIRM, token_payload(saved))}"
        try:
            self._mailer.send(alert_words.confirmation(saved.email, saved.name, saved.language, url))
        except (MailUnsent, InvalidInput) as fault:
            log.warning("mail_unsent", saved_search=saved.id, error=str(fault))
            self._ask_again(saved.id)
            return Mailed(unsent=1)
        return Mailed(sent=1)

    def _ask_again(self, saved_search_id: int) -> None:
        with self._database.writing() as work:
            found = work.saved_searches.find(saved_search_id)
            if found is not None:
                found.last_mailed_at = None
            work.commit()

    def _tell(self, saved_search_id: int, now: datetime) -> Mailed:
        letter, before = self._taken(saved_search_id, now)
        if letter is None:
            return Mailed()
        try:
            self._mailer.send(self._worded(letter))
        except (MailUnsent, InvalidInput) as fault:
            log.warning("mail_unsent", saved_search=saved_search_id, error=str(fault))
            self._set_free(letter, before)
            return Mailed(unsent=1)
        return Mailed(sent=1)

    def _taken(self, saved_search_id: int, now: datetime) -> tuple[_Letter | None, datetime | None]:
        """Mark all that waits as mailed; None when nothing of it can be met any more."""
        with self._database.writing() as work:
            saved = work.saved_searches.find(saved_search_id)
            if saved is None or not saved.email:
                return None, None
            before, waiting = saved.last_mailed_at, work.saved_search_hits.unmailed(saved_search_id)
            shown = self._listable(work, waiting)
            work.saved_search_hits.mark_mailed(saved_search_id, waiting, now)
            if shown:
                saved.last_mailed_at = now
            work.commit()
        return (_Letter(saved, shown, waiting) if shown else None), before

    def _listable(self, work: UnitOfWork, offering_ids: list[int]) -> list[Offering]:
        now = self._clock.now()
        return [offering for offering in work.offerings.many(offering_ids) if offering.is_listable(now)]

    def _set_free(self, letter: _Letter, before: datetime | None) -> None:
        with self._database.writing() as work:
            work.saved_search_hits.mark_mailed(letter.saved.id, letter.settled, None)
            found = work.saved_searches.find(letter.saved.id)
            if found is not None:
                found.last_mailed_at = before
            work.commit()

    def _worded(self, letter: _Letter) -> Mail:
        saved, language = letter.saved, letter.saved.language
        now, zone = self._clock.now(), self._clock.zone
        lines = [
            alert_words.line_of(each, language, now, zone, f"{self._site}/{language}/offerings/{each.id}?from=alert")
            for each in letter.shown[:MOST_SHOWN]
        ]
        token = self._tokens.make(END, token_payload(saved))
        links = (
            f"{self._site}/{language}/search?{urlencode(saved.parameters, doseq=True)}",
            f"{self._site}/{language}/searches/end/{token}",
        )
        more = max(0, len(letter.shown) - MOST_SHOWN)
        return alert_words.news(saved.email, saved.name, language, saved.every, lines, more, links)
