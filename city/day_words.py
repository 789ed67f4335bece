"""Days and hours in words, in Chinese and English (interface.md section 7): 11月27日 星期五 上午10点半.

Owns: how a day, an hour and an interval read in a language. Pure functions of values and a language, zh or en: no
clock. Never ISO dates. Called by messages, and by the pages through `web.formatters`.
"""

from __future__ import annotations

from datetime import date, time

WEEKDAYS = {
    "zh": ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
MONTHS_EN = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
FAR_DAYS = 300  # from here on a day carries its year


def weekday(number: int, language: str) -> str:
    """Return 星期五 or Friday; 0 is Monday."""
    return WEEKDAYS[language][number]


def short_day(day: date, language: str) -> str:
    """Return 11月27日 or 27 November."""
    return f"{day.month}月{day.day}日" if language == "zh" else f"{day.day} {MONTHS_EN[day.month - 1]}"


def full_day(day: date, language: str, today: date) -> str:
    """Return 11月27日 星期五 or Friday 27 November; a day far from `today` carries its year."""
    name = weekday(day.weekday(), language)
    far = abs((day - today).days) > FAR_DAYS
    if language == "zh":
        return f"{f'{day.year}年' if far else ''}{short_day(day, 'zh')} {name}"
    return f"{name} {short_day(day, 'en')}{f' {day.year}' if far else ''}"


def clock_time(wall: time, language: str) -> str:
    """Return 上午10点半 or 10:30 am."""
    if language == "zh":
        return f"{_part_zh(wall)}{_hour_zh(wall)}"
    return f"{_hour_en(wall)} {_half_en(wall)}"


def hours(starts: time, ends: time | None, language: str) -> str:
    """Return 晚上7点到8点半 or 7 to 8:30 pm; without an end only the start."""
    if ends is None:
        return clock_time(starts, language)
    if language == "zh":
        end = _hour_zh(ends) if _part_zh(starts) == _part_zh(ends) else clock_time(ends, "zh")
        return f"{clock_time(starts, 'zh')}到{end}"
    start = _hour_en(starts) if _half_en(starts) == _half_en(ends) else clock_time(starts, "en")
    return f"{start} to {clock_time(ends, 'en')}"


def _part_zh(wall: time) -> str:
    """Which part of the day an hour belongs to in speech."""
    for until, name in ((5, "凌晨"), (12, "上午"), (13, "中午"), (18, "下午")):
        if wall.hour < until:
            return name
    return "晚上"


def _hour_zh(wall: time) -> str:
    hour = wall.hour if wall.hour <= 12 else wall.hour - 12
    minutes = {0: "", 30: "半"}.get(wall.minute, f"{wall.minute:02d}分")
    return f"{hour}点{minutes}"


def _hour_en(wall: time) -> str:
    return f"{wall.hour % 12 or 12}{f':{wall.minute:02d}' if wall.minute else ''}"


def _half_en(wall: time) -> str:
    if wall.minute == 0 and wall.hour == 12:
        return "noon"
    return "am" if wall.hour < 12 else "pm"
