"""Messages go out once, the oldest first, and none is forgotten when a server or a gateway is down."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from city.clock import FixedClock
from city.config import DEFAULT_SMS_BODY
from city.errors import InvalidInput
from city.mail import FileOutbox, Mail, MailUnsent, SmtpMailer
from city.model import Message, MessageWay
from city.services.sending import FAILURES_IN_A_ROW, LEASE, Sending, Sent
from city.sms import FileTexts, GatewayTexter, TextUnsent
from city.store.database import Database
from city.store.message_repository import MOST_TRIES
from fixtures.factories import NOW, SHANGHAI
from tests.faults.loopback import Talk, answer, serving


class Ways:
    """Mail and text messages as a list of what went out; `shut` is what they answer instead."""

    def __init__(self) -> None:
        self.went: list[str] = []
        self.shut: Exception | None = None

    def send(self, to: Mail | str, text: str = "", reference: str = "") -> None:
        if self.shut is not None:
            raise self.shut
        self.went.append(to.text.strip() if isinstance(to, Mail) else text)


def sending(database: Database, ways: Ways, now: datetime = NOW) -> Sending:
    return Sending(database, FixedClock(now, SHANGHAI), ways, ways)


def write(database: Database, *texts: str, way: MessageWay = MessageWay.SMS, not_before: datetime = NOW) -> None:
    address = "lin@example.org" if way == MessageWay.MAIL else "+8613800138000"
    with database.writing() as work:
        for text in texts:
            message = Message(purpose="confirmed", way=way, address=address, language="zh", subject="座位", text=text)
            message.created_at, message.not_before = NOW, not_before
            work.messages.add(message)
        work.commit()


def kept(database: Database, message_id: int = 1) -> Message:
    with database.reading() as work:
        found = work.messages.find(message_id)
        assert found is not None
        return found


def test_what_is_due_goes_out_oldest_first_and_once(database: Database) -> None:
    ways = Ways()
    write(database, "一", "二")
    write(database, "三", way=MessageWay.MAIL)
    write(database, "晚", not_before=NOW + timedelta(hours=1))
    write(database, "打电话", way=MessageWay.CALL)
    assert sending(database, ways).once().sentence() == "3 messages sent"
    assert sending(database, ways).once() == Sent()
    assert ways.went == ["一", "二", "三"]
    assert kept(database).sent_at == NOW


def test_what_one_worker_is_sending_no_other_sends(database: Database) -> None:
    write(database, "一", "二")
    first, second = Ways(), Ways()

    def interrupted(to: Mail | str, text: str = "", reference: str = "") -> None:
        first.went.append(text)
        sending(database, second).once()

    slow = Ways()
    slow.send = interrupted  # type: ignore[method-assign]
    sending(database, slow).once()
    assert (first.went, second.went) == (["一"], ["二"])


def test_a_message_whose_worker_died_goes_out_after_the_lease(database: Database) -> None:
    class Killed(BaseException): ...

    ways = Ways()
    ways.shut = Killed()  # type: ignore[assignment]
    write(database, "一")
    with pytest.raises(Killed):
        sending(database, ways).once()
    ways.shut = None
    assert sending(database, ways, NOW + LEASE - timedelta(seconds=1)).once() == Sent()
    assert sending(database, ways, NOW + LEASE).once() == Sent(sent=1)


def test_a_gateway_that_is_down_gets_few_tries_a_round_and_each_message_waits_longer(database: Database) -> None:
    ways = Ways()
    ways.shut = TextUnsent("The gateway answered 503.")
    write(database, *"一二三四五")
    assert sending(database, ways).once() == Sent(failed=FAILURES_IN_A_ROW)
    first = kept(database)
    assert (first.tries, first.last_error) == (1, "The gateway answered 503.")
    assert first.not_before == NOW + timedelta(minutes=1)
    sending(database, ways, NOW + timedelta(minutes=1)).once()
    ways.shut = None
    assert sending(database, ways, NOW + timedelta(minutes=20)).once() == Sent(sent=5)
    assert kept(database).last_error == ""


def test_after_the_last_try_a_text_message_is_left_for_a_call_by_staff(database: Database) -> None:
    ways, now = Ways(), NOW
    ways.shut = TextUnsent("down")
    write(database, "一")
    rounds = []
    for _ in range(MOST_TRIES):
        rounds.append(sending(database, ways, now).once())
        now = kept(database).not_before
    assert rounds[-1] == Sent(failed=1, to_call=1)
    assert (kept(database).way, kept(database).sent_at) == (MessageWay.CALL, None)


def test_a_late_retry_waits_for_the_morning(database: Database) -> None:
    ways, evening = Ways(), NOW + timedelta(hours=8, minutes=50)  # 20:50 in the city
    ways.shut = TextUnsent("down")
    write(database, "一")
    with database.writing() as work:
        message = work.messages.find(1)
        assert message is not None
        message.tries = 3
        work.commit()
    sending(database, ways, evening).once()
    assert kept(database).not_before.astimezone(SHANGHAI).hour == 8


def test_an_address_that_is_none_does_not_stop_the_others(database: Database) -> None:
    ways = Ways()
    ways.shut = InvalidInput("That is no e-mail address.", field="email")
    write(database, *"一二三四", way=MessageWay.MAIL)
    assert sending(database, ways).once() == Sent(failed=4)
    assert sending(database, ways, NOW + timedelta(days=3)).once() == Sent()


def test_messages_of_half_a_year_ago_are_erased(database: Database) -> None:
    write(database, "一", "二")
    assert sending(database, Ways(), NOW + timedelta(days=180)).forget() == 0
    assert sending(database, Ways(), NOW + timedelta(days=181)).forget() == 2


@contextmanager
def smtp(*, refuses: bool = False) -> Iterator[tuple[int, list[bytes]]]:
    """An SMTP server on loopback that keeps what it is given, or refuses every recipient."""
    mails: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def talk() -> None:
        client, _ = listener.accept()
        with client, client.makefile("rwb") as line:

            def say(words: str) -> None:
                line.write(words.encode() + b"\r\n")
                line.flush()

            say("220 loopback")
            while said := line.readline():
                verb = said[:4].upper().strip()
                if verb == b"DATA":
                    say("354 go on")
                    mails.append(b"".join(iter(line.readline, b".\r\n")))
                    say("250 kept")
                elif verb == b"RCPT" and refuses:
                    say("451 not now")
                else:
                    say("221 bye" if verb == b"QUIT" else "250 fine")

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    yield listener.getsockname()[1], mails
    thread.join(timeout=10)
    listener.close()


def test_a_mail_reaches_the_server_with_words_and_link(sqlite_database: Database) -> None:
    write(sqlite_database, "“夜里写字”有您的座位。\nhttps://learn.city.example/zh/places/x", way=MessageWay.MAIL)
    clock = FixedClock(NOW, SHANGHAI)
    with smtp() as (port, mails):
        mailer = SmtpMailer(f"smtp://127.0.0.1:{port}", sender="a@city.example", clock=clock)
        assert Sending(sqlite_database, clock, mailer, Ways()).once() == Sent(sent=1)
    read = message_from_bytes(mails[0], policy=policy.default)
    assert (read["To"], read["Subject"]) == ("lin@example.org", "座位")
    assert "“夜里写字”有您的座位。" in read.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert '<a href="https://learn.city.example/zh/places/x">' in read.get_body(("html",)).get_content()  # type: ignore[union-attr]


def test_a_mail_the_server_does_not_take_is_kept_with_the_reason(sqlite_database: Database) -> None:
    write(sqlite_database, "一", way=MessageWay.MAIL)
    clock = FixedClock(NOW, SHANGHAI)
    with smtp(refuses=True) as (port, _):
        mailer = SmtpMailer(f"smtp://127.0.0.1:{port}", sender="a@city.example", clock=clock)
        assert Sending(sqlite_database, clock, mailer, Ways()).once() == Sent(failed=1)
    assert "did not take the mail" in kept(sqlite_database).last_error
    assert MailUnsent("x").retry_after_seconds > 0


def test_a_text_message_reaches_the_gateway_and_a_redirect_leads_nowhere(sqlite_database: Database) -> None:
    write(sqlite_database, "座位是您的。")
    clock, bodies = FixedClock(NOW, SHANGHAI), list[bytes]()
    with serving({"/send": _keeping(bodies), "/moved": answer(status="302 Found", Location="/send")}) as server:
        moved = GatewayTexter(server.url("/moved"), body=DEFAULT_SMS_BODY, headers={})
        assert Sending(sqlite_database, clock, Ways(), moved).once() == Sent(failed=1)
        texter = GatewayTexter(server.url("/send"), body=DEFAULT_SMS_BODY, headers={"X-Key": "abc"})
        later = FixedClock(NOW + timedelta(minutes=1), SHANGHAI)
        assert Sending(sqlite_database, later, Ways(), texter).once() == Sent(sent=1)
    assert json.loads(bodies[0]) == {"to": "+8613800138000", "text": "座位是您的。", "reference": "learncity-1"}
    assert b"X-Key: abc" in server.requests[-1]


def _keeping(bodies: list[bytes]) -> Talk:
    def talk(client: socket.socket, head: bytes) -> None:
        head, _, body = head.partition(b"\r\n\r\n")
        length = int(next(line for line in head.splitlines() if line.lower().startswith(b"content-length")).split()[1])
        while len(body) < length:
            body += client.recv(4096)
        bodies.append(body)
        answer(b'{"code":0}')(client, head)

    return talk


def test_in_a_demonstration_both_ways_are_files_one_can_read(sqlite_database: Database, tmp_path: Path) -> None:
    write(sqlite_database, "短信里写的话")
    write(sqlite_database, "信里写的话", way=MessageWay.MAIL)
    clock = FixedClock(NOW, SHANGHAI)
    mailer = FileOutbox(tmp_path / "mail", sender="a@city.example", clock=clock)
    assert Sending(sqlite_database, clock, mailer, FileTexts(tmp_path / "sms", clock=clock)).once() == Sent(sent=2)
    (text,), (mail,) = (tmp_path / "sms").iterdir(), (tmp_path / "mail").iterdir()
    assert text.read_text(encoding="utf-8") == "To: +8613800138000\n\n短信里写的话\n"
    assert "信里写的话" in mail.read_text(encoding="utf-8") and "座位" in mail.read_text(encoding="utf-8")
