"""Days, hours, minutes on foot, prices and places in words, in Chinese and English (interface.md section 7).

Owns: how each figure reads in a language. Pure functions of values and a language, zh or en: no request, no clock.
Never ISO dates, never kilometres. Called by presenters, the elder view and whoever sends a message.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time

from markupsafe import Markup, escape

from city.day_words import clock_time as clock_time
from city.day_words import full_day as full_day
from city.day_words import hours as hours
from city.day_words import short_day as short_day
from city.day_words import weekday as weekday
from city.distances import LONGEST_WALK_MINUTES
from city.model import Price

CURRENCIES = {"CNY": ("元", " yuan"), "HKD": ("港元", " Hong Kong dollars"), "TWD": ("台币", " Taiwan dollars")}


def opening(opens: str, closes: str, language: str) -> str:
    """Return an opening interval in words, from "HH:MM" texts; 24:00 is the end of the day."""
    ends = time(0) if closes == "24:00" else time.fromisoformat(closes)
    return hours(time.fromisoformat(opens), ends, language)


def day_and_hours(day: date, starts: time | None, ends: time | None, language: str, today: date) -> Markup:
    """Return day and hours, each kept on one line; an hour that nobody stated is said so, never midnight."""
    said = full_day(day, language, today)
    if starts is None:
        unknown = {"zh": "几点没有写", "en": "hour not stated"}[language]
        return unbroken(said + ("，" if language == "zh" else ","), unknown)
    return unbroken(said + ("" if language == "zh" else ","), hours(starts, ends, language))


def unbroken(*parts: str) -> Markup:
    """Return the parts with blanks between them, each of which a browser keeps on one line where it fits."""
    return Markup(" ").join(Markup('<span class="nb">{}</span>').format(part) for part in parts)


def travel(minutes: float, language: str) -> str:
    """Return 步行8分钟 or 8 min walk; too far to walk: the minutes by bus or bicycle."""
    rounded = max(1, round(minutes))
    if minutes < LONGEST_WALK_MINUTES:  # at the limit itself it may be the quickest bus
        return f"步行{rounded}分钟" if language == "zh" else f"{rounded} min walk"
    return f"坐车约{rounded}分钟" if language == "zh" else f"about {rounded} min by bus"


def duration(minutes: int, language: str) -> str:
    """Return 1小时20分钟 or 1 hour 20 minutes."""
    whole, rest = divmod(minutes, 60)
    if language == "zh":
        return (f"{whole}小时" if whole else "") + (f"{rest}分钟" if rest or not whole else "")
    said = [f"{whole} hour{'s' if whole > 1 else ''}"] if whole else []
    said += [f"{rest} minute{'s' if rest != 1 else ''}"] if rest or not whole else []
    return " ".join(said)


def money(amount_minor: int, currency: str, language: str) -> str:
    """Return 免费, 20元 or 12.5元; Free, 20 yuan or 12.50 yuan."""
    if amount_minor == 0:
        return "免费" if language == "zh" else "Free"
    zh, en = CURRENCIES.get(currency, (f" {currency}", f" {currency}"))
    whole, rest = divmod(amount_minor, 100)
    if language == "zh":
        return f"{whole}{f'.{rest:02d}'.rstrip('0') if rest else ''}{zh}"
    return f"{whole}{f'.{rest:02d}' if rest else ''}{en}"


def price(tiers: Sequence[Price], language: str) -> Markup:
    """Return one price, or each tier with its label; what nobody stated is said so and is not free."""
    if not tiers:
        return escape("没有写" if language == "zh" else "Not stated")
    if len({tier.amount_minor for tier in tiers}) == 1:
        return escape(money(tiers[0].amount_minor, tiers[0].currency, language))
    return escape("，" if language == "zh" else ", ").join(_tier(tier, language) for tier in tiers)


def price_range(tiers: Sequence[Price], language: str) -> Markup:
    """Return one price or the lowest and highest of several, for where there is little room."""
    amounts = sorted({tier.amount_minor for tier in tiers})
    if len(amounts) < 2:
        return price(tiers, language)
    low, high = (money(amount, tiers[0].currency, language) for amount in (amounts[0], amounts[-1]))
    return escape(f"{low}到{high}" if language == "zh" else f"{low} to {high}")


def places_left(left: int, language: str) -> str:
    """Return 还剩3个座位 or 3 places left."""
    if language == "zh":
        return f"还剩{left}个座位"
    return f"{left} place{'s' if left != 1 else ''} left"


def _tier(tier: Price, language: str) -> Markup:
    label, tag = tier.label.best(language)
    amount = money(tier.amount_minor, tier.currency, language)
    if not label:
        return escape(amount)
    foreign = tag != {"zh": "zh-Hans", "en": "en"}[language]
    shown = Markup('<span lang="{}">{}</span>').format(tag, label) if foreign else escape(label)
    return shown + ("" if language == "zh" else " ") + escape(amount)
