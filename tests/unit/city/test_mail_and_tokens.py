"""Mail: one mailbox or nothing, no header of somebody else's; tokens that open one thing; words that may be counted."""

from __future__ import annotations

import email
import email.policy
import smtplib
from dataclasses import dataclass, field
from email.message import EmailMessage

import pytest

from city.clock import FixedClock
from city.errors import ConfigurationError, InvalidInput, NotFound
from city.mail import Mail, MailUnsent, SmtpMailer, mailbox, message_of
from city.services.demand import OTHER, storable
from city.tokens import Tokens
from fixtures.factories import NOW, SHANGHAI

CLOCK = FixedClock(NOW, SHANGHAI)


def mail(**fields: str) -> Mail:
    given = {"to": "lin@example.org", "subject": "新的", "text": "x", "html": "<p>x</p>", "language": "zh"} | fields
    return Mail(**given)


@pytest.mark.parametrize(
    "address",
    ["", "lin", "lin@", "@example.org", "lin@example", "a b@example.org", "lin@example.org,wu@example.org",
     "Lin <lin@example.org>", "lin@example.org>", "lin@-x.org", ".lin@example.org", "l" * 65 + "@example.org"],
)  # fmt: skip
def test_an_address_is_one_mailbox_or_refused(address: str) -> None:
    with pytest.raises(InvalidInput, match="e-mail"):
        mailbox(address)


def test_no_line_break_makes_a_header() -> None:
    evil = mail(subject="news\r\nBcc: all@example.org")
    read = email.message_from_bytes(message_of(evil, sender="a@b.example", clock=CLOCK).as_bytes())
    assert read["Bcc"] is None and "Bcc" in read["Subject"]
    with pytest.raises(InvalidInput):
        message_of(mail(to="lin@example.org\r\nBcc: all@example.org"), sender="a@b.example", clock=CLOCK)


@dataclass
class Server:
    """An SMTP server that notes what is done with it."""

    offers_tls: bool = True
    done: list[str] = field(default_factory=list)

    def __call__(self, host: str, port: int, timeout: float) -> Server:
        self.done.append(f"{host}:{port}")
        return self

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None: ...

    def ehlo(self) -> None: ...

    def has_extn(self, name: str) -> bool:
        return self.offers_tls

    def starttls(self, context: object) -> None:
        self.done.append("tls")

    def login(self, name: str, password: str) -> None:
        self.done.append(f"login {name} {password}")

    def send_message(self, message: EmailMessage) -> None:
        self.done.append(str(message["To"]))


def mailer(server: Server, url: str) -> SmtpMailer:
    return SmtpMailer(url, sender="a@b.example", clock=CLOCK, connect=server)  # type: ignore[arg-type]


def test_a_password_goes_over_tls_only() -> None:
    secure, plain = Server(), Server(offers_tls=False)
    mailer(secure, "smtp://me:p%40ss@mail.example").send(mail())
    assert secure.done == ["mail.example:587", "tls", "login me p@ss", "lin@example.org"]
    with pytest.raises(MailUnsent):
        mailer(plain, "smtp://me:p@mail.example").send(mail())
    assert plain.done == ["mail.example:587"]


def test_a_server_that_refuses_is_a_mail_unsent() -> None:
    class Refusing(Server):
        def send_message(self, message: EmailMessage) -> None:
            raise smtplib.SMTPRecipientsRefused({})

    with pytest.raises(MailUnsent, match=r"mail\.example:25"):
        mailer(Refusing(), "smtp://mail.example").send(mail())


@pytest.mark.parametrize("url", ["mail.example", "http://mail.example", "smtp://", "smtp://mail.example:port"])
def test_an_address_of_no_mail_server_is_said(url: str) -> None:
    with pytest.raises(ConfigurationError, match="LEARNCITY_MAIL_URL"):
        mailer(Server(), url)


def test_a_token_opens_its_purpose_alone() -> None:
    tokens = Tokens("key")
    token = tokens.make("end", "7 lin@example.org")
    assert tokens.read("end", token) == "7 lin@example.org"
    for wrong in (token[:-1], "", "a.b", "é.é", token + "x" * 9_000):
        with pytest.raises(NotFound):
            tokens.read("end", wrong)
    with pytest.raises(NotFound):
        tokens.read("confirm", token)
    with pytest.raises(NotFound):
        Tokens("other").read("end", token)


@pytest.mark.parametrize(
    "text",
    ["138 0013 8000", "１３８００１３８０００", "0300-641-7010", "lin@example.org", "3201021990010112X", "E12345678",
     "加微信 shufa123", "https://a.example/x", "我的身份证"],
)  # fmt: skip
def test_what_points_at_a_person_is_counted_without_its_words(text: str) -> None:
    assert storable(text) == OTHER


@pytest.mark.parametrize("text", ["书法", "English A2", "web 2.0", "2026年 春节", "excel 365", "四级 2026"])
def test_what_is_a_wish_to_learn_is_counted_by_its_words(text: str) -> None:
    assert storable(text) not in (OTHER, "")


def test_traditional_letters_and_wide_ones_are_counted_with_the_plain_ones() -> None:
    assert storable("書法 ＡＢＣ") == storable("书法 abc")
