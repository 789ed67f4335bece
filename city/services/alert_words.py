"""What mails of saved searches say, in both languages, as plain text and as simple HTML; and the frame of every mail.

Owns: the sentences, days and prices as a mail words them, and the layout. Every text of somebody's is escaped in HTML
and stands on one line in plain text. Called by `city.services.mailing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from zoneinfo import ZoneInfo

from city.mail import Mail
from city.model import ClassSession, Offering

DAYS_ZH = "一二三四五六日"
DAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS_EN = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
SAYS = {
    "zh": {
        "confirm_subject": "请确认：把“{name}”的新内容发到这个邮箱",
        "confirm_lead": "有人想把符合搜索“{name}”的新课程和活动发到这个邮箱。",
        "confirm_do": "如果是您，请打开这里确认：",
        "confirm_else": "如果不是您，什么都不用做。两天后这个请求会自动删除，我们不会再来信。",
        "confirm_label": "确认，请发给我",
        "subject": "{count}个新的：{name}",
        "lead": "这些是新发布的，都符合您保存的搜索“{name}”。",
        "why": "符合您保存的搜索“{name}”",
        "more": "还有{count}个，请看全部：",
        "all": "看这个搜索的全部结果：",
        "all_label": "看这个搜索的全部结果",
        "end": "不想再收到这样的信，打开这里就停：",
        "end_label": "不再收到这样的信",
        "every": "最多每{every}一封。",
        "day": "天",
        "week": "周",
        "free": "免费",
        "online": "线上",
        "open": "随时可去",
        "place_unknown": "地点未说明",
        "brand": "学城",
    },
    "en": {
        "confirm_subject": 'Please confirm: news of "{name}" to this address',
        "confirm_lead": 'Somebody would like news of the search "{name}" to be sent to this address.',
        "confirm_do": "If that was you, open this to confirm:",
        "confirm_else": "If not, do nothing. The request is erased after two days, and we will not write again.",
        "confirm_label": "Yes, send it to me",
        "subject": "{count} new: {name}",
        "lead": 'These are new, and each matches your search "{name}".',
        "why": 'Matches your search "{name}"',
        "more": "And {count} more. See all of them:",
        "all": "See all results of this search:",
        "all_label": "See all results of this search",
        "end": "To get no more of these mails, open this:",
        "end_label": "No more of these mails",
        "every": "At most one a {every}.",
        "day": "day",
        "week": "week",
        "free": "free",
        "online": "online",
        "open": "open at any time",
        "place_unknown": "place not stated",
        "brand": "Learncity",
    },
}
STYLE = "font-family:sans-serif;font-size:18px;line-height:1.7;color:#1a1a1a;max-width:38em"
HTML_TAGS = {"zh": "zh-Hans", "en": "en"}


@dataclass(frozen=True)
class Line:
    """One offering in a mail: title, what to know of it, and where its page is."""

    title: str
    facts: str
    url: str


def confirmation(to: str, name: str, language: str, url: str) -> Mail:
    """Return the mail that asks an address for its yes."""
    says = {key: text.format(name=name, count="", every="") for key, text in SAYS[language].items()}
    text = f"{says['confirm_lead']}\n\n{says['confirm_do']}\n{url}\n\n{says['confirm_else']}\n\n{says['brand']}\n"
    body = (
        f"<p>{escape(says['confirm_lead'])}</p><p>{link_of(url, says['confirm_label'])}</p>"
        f"<p>{escape(says['confirm_else'])}</p>"
    )
    return Mail(to, says["confirm_subject"], text, page_of(language, says["confirm_subject"], body), language)


def news(
    to: str, name: str, language: str, every: str, lines: Sequence[Line], more: int, links: tuple[str, str]
) -> Mail:
    """Return the mail with what is new; `links` are (all results, end of the mails), `more` is what is not shown."""
    says, (all_url, end_url) = SAYS[language], links
    subject = says["subject"].format(count=len(lines) + more, name=name)
    why, often = says["why"].format(name=name), says["every"].format(every=says[every])
    rest = says["more"].format(count=more) if more else says["all"]
    entries = "\n\n".join(f"· {line.title}\n  {line.facts}\n  {why}\n  {line.url}" for line in lines)
    text = (
        f"{says['lead'].format(name=name)}\n\n{entries}\n\n{rest}\n{all_url}\n\n"
        f"{often}\n{says['end']}\n{end_url}\n\n{says['brand']}\n"
    )
    items = "".join(
        f"<li>{link_of(line.url, line.title)}<br>{escape(line.facts)}<br><small>{escape(why)}</small></li>"
        for line in lines
    )
    body = (
        f"<p>{escape(says['lead'].format(name=name))}</p><ul>{items}</ul>"
        f"<p>{escape(rest) if more else ''} {link_of(all_url, says['all_label'])}</p>"
        f"<p>{escape(often)} {link_of(end_url, says['end_label'])}</p>"
    )
    return Mail(to, subject, text, page_of(language, subject, body), language, unsubscribe_url=end_url)


def line_of(offering: Offering, language: str, now: datetime, zone: ZoneInfo, url: str) -> Line:
    """Return an offering as a line: next meeting, place, price where it is nothing."""
    says = SAYS[language]
    meetings = offering.upcoming_meetings(now)
    when = says["open"] if offering.always_open else _when(meetings[0], language) if meetings else ""
    if offering.attendance == "online":
        where = says["online"]
    else:
        where = offering.venue.name.best(language)[0] if offering.venue else says["place_unknown"]
    facts = [when, where, says["free"] if offering.is_free() else ""]
    comma = "，" if language == "zh" else ", "
    return Line(_one_line(offering.title.best(language)[0]), _one_line(comma.join(filter(None, facts))), url)


def _when(meeting: ClassSession, language: str) -> str:
    day = _day(meeting.held_on, language)
    return f"{day} {meeting.starts_local:%H:%M}" if meeting.starts_local else day


def _day(day: date, language: str) -> str:
    if language == "zh":
        return f"{day.month}月{day.day}日 星期{DAYS_ZH[day.weekday()]}"
    return f"{DAYS_EN[day.weekday()]} {day.day} {MONTHS_EN[day.month - 1]}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def link_of(url: str, label: str) -> str:
    """Return a link in a mail."""
    return f'<a href="{escape(url)}">{escape(label)}</a>'


def page_of(language: str, title: str, body: str) -> str:
    """Return the HTML of a mail around its body, which is HTML already."""
    return (
        f'<!doctype html><html lang="{HTML_TAGS[language]}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'</head><body><div style="{STYLE}">{body}<p>{escape(SAYS[language]["brand"])}</p></div></body></html>\n'
    )
