"""Why seats of a study room cannot be had: every refusal as one sentence in both languages.

Owns: the sentences, by BCP 47 tag. Called by `city.services.room_booking`.
"""

from __future__ import annotations

from datetime import datetime

from city.services.place_words import Said, instant, said


def closed(local: datetime) -> Said:
    return said(
        f"{instant(local, 'zh')}这个房间不开门，请选别的时间。",
        f"The room is not open at {instant(local, 'en')}. Please choose another hour.",
    )


def over() -> Said:
    return said("这个时间已经过去了，请选后面的时间。", "That hour is over. Please choose a later one.")


def too_far(days: int) -> Said:
    return said(f"最早只能订{days}天以内的座位。", f"Seats can be booked for the next {days} days.")


def full(local: datetime, free: int) -> Said:
    if not free:
        return said(
            f"{instant(local, 'zh')}坐满了，请选别的时间。",
            f"No seat is left at {instant(local, 'en')}. Please choose another hour.",
        )
    return said(
        f"{instant(local, 'zh')}只剩{free}个座位了，请选别的时间。",
        f"At {instant(local, 'en')} only {free} seat{'s are' if free > 1 else ' is'} left. Please choose another hour.",
    )


def uncounted() -> Said:
    return said("这个房间不用订，来了就可以坐。", "Seats in this room are not booked. Just come and sit down.")


def day_limit(most: int, left: int) -> Said:
    return said(
        f"一个人一天最多订{most}个小时，这一天您还能订{left}个小时。",
        f"One person may book {most} hours a day; on that day {left} are left for you.",
    )


def overlaps(local: datetime) -> Said:
    return said(
        f"{instant(local, 'zh')}您已经订了座位。",
        f"You have a seat booked at {instant(local, 'en')} already.",
    )


def gone() -> Said:
    return said("座位已经给了别人，请再订一次。", "The seat went to somebody else. Please book again.")


def not_yet(minutes: int) -> Said:
    return said(
        f"最早提前{minutes}分钟签到。",
        f"You can say that you are there from {minutes} minutes before the start.",
    )


def too_late_to_undo() -> Said:
    return said("已经过了可以要回来的时间，请再订一次。", "It is too late to take that back. Please book again.")
