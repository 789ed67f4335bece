"""Sending what was written for people: the oldest first, by mail or text message, each by one worker at a time.

Owns: the claim of a message, what happens when it could not be sent, and how long messages are kept. A message is
claimed before it is sent, by moving its `not_before` on by a lease and counting a try in a transaction of its own, and
marked as sent afterwards. So two workers never send one at the same time, and a crash in between sends it again after
the lease: a confirmation twice does no harm, a lost offer with a deadline would. Called by the worker's job.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import escape

import structlog

from city.clock import Clock
from city.errors import InvalidInput, Unavailable
from city.mail import Mail, Mailer
from city.model import Message, MessageWay
from city.services.alert_words import link_of, page_of
from city.services.telling import by_day
from city.sms import Texter
from city.store.database import Database
from city.store.message_repository import MOST_TRIES

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=10)
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))
"""How long a message waits after its first, second, … failed try."""
SOON = timedelta(minutes=15)
"""A wait up to this goes on at night: somebody may sit in front of the screen."""
MOST_AT_ONCE = 500
FAILURES_IN_A_ROW = 3
"""After so many in a row a round ends: the server or gateway is down, and the others keep their tries."""
KEPT = timedelta(days=180)
LONGEST_ERROR = 300
LABELS = {"zh": "点这里看", "en": "Open it here"}


@dataclass(frozen=True)
class Sent:
    """How many messages of a round went out, failed, and were given to staff to phone."""

    sent: int = 0
    failed: int = 0
    to_call: int = 0

    def sentence(self) -> str:
        """Say it, "" when there was nothing to send."""
        told = [
            f"{self.sent} messages sent" if self.sent else "",
            f"{self.failed} not taken" if self.failed else "",
            f"{self.to_call} left for a call" if self.to_call else "",
        ]
        return ", ".join(filter(None, told))


class Sending:
    """Sends what is due; `clock` is the one by which messages are written."""

    def __init__(self, database: Database, clock: Clock, mailer: Mailer, texter: Texter) -> None:
        self._database = database
        self._clock = clock
        self._mailer = mailer
        self._texter = texter

    def once(self) -> Sent:
        """Send what is due now, the oldest first; ends early when nothing gets through."""
        done, in_a_row = Sent(), 0
        for _ in range(MOST_AT_ONCE):
            if in_a_row == FAILURES_IN_A_ROW or (message := self._claimed()) is None:
                break
            done, in_a_row = self._tried(message, done, in_a_row)
        return done

    def forget(self) -> int:
        """Erase messages of half a year ago; return how many."""
        with self._database.writing() as work:
            gone = work.messages.forget_before(self._clock.now() - KEPT)
            work.commit()
        return gone

    def _claimed(self) -> Message | None:
        """Return the oldest message that is due, its lease and try counted; None when there is none."""
        now = self._clock.now()
        with self._database.writing() as work:
            for message in work.messages.due(now, n=1):
                message.tries += 1
                message.not_before = now + LEASE
                work.commit()
                return message
        return None

    def _tried(self, message: Message, done: Sent, in_a_row: int) -> tuple[Sent, int]:
        try:
            self._send(message)
        except (Unavailable, InvalidInput) as fault:
            log.warning("message_unsent", message=message.id, way=message.way, error=str(fault))
            is_wrong = isinstance(fault, InvalidInput)
            if self._failed(message.id, str(fault), for_good=is_wrong or message.tries >= MOST_TRIES):
                done = replace(done, to_call=done.to_call + 1)
            return replace(done, failed=done.failed + 1), in_a_row + (not is_wrong)
        self._mark_sent(message.id)
        return replace(done, sent=done.sent + 1), 0

    def _send(self, message: Message) -> None:
        if message.way == MessageWay.SMS:
            self._texter.send(message.address, message.text, f"learncity-{message.id}")
        else:
            self._mailer.send(mail_of(message))

    def _mark_sent(self, message_id: int) -> None:
        with self._database.writing() as work:
            if (row := work.messages.find(message_id)) is not None:
                row.sent_at, row.last_error = self._clock.now(), ""
            work.commit()

    def _failed(self, message_id: int, reason: str, *, for_good: bool) -> bool:
        """Keep the reason and the next try; after the last one a text message becomes a call by staff: True then."""
        with self._database.writing() as work:
            row = work.messages.find(message_id)
            if row is None:
                return False
            row.last_error = reason[:LONGEST_ERROR]
            becomes_call = for_good and row.way == MessageWay.SMS
            if becomes_call:
                row.way = MessageWay.CALL
            elif for_good:
                row.tries = MOST_TRIES
            else:
                row.not_before = self._next_try(row.tries)
            work.commit()
        return becomes_call

    def _next_try(self, tries: int) -> datetime:
        wait = WAITS[min(tries, len(WAITS)) - 1]
        at = self._clock.now() + wait
        return at if wait <= SOON else by_day(at, self._clock.zone)


def mail_of(message: Message) -> Mail:
    """Return a message as a mail: its lines as paragraphs, the address at its end as a link."""
    language = "en" if message.language == "en" else "zh"
    lines = message.text.splitlines()
    body = "".join(
        f"<p>{link_of(line, LABELS[language]) if line.startswith(('https://', 'http://')) else escape(line)}</p>"
        for line in lines
    )
    subject = message.subject or lines[0]
    return Mail(message.address, subject, message.text + "\n", page_of(language, subject, body), language)
