"""Who asked for something, through which channel, and how that person is reached: the columns all askings share.

Owns: `Contact` (mixed into Enrolment, RoomBooking and BallotEntry) and the channels, which are all worth the same.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from city.model.base import Id, Json

LONGEST_NUMBER, LONGEST_NAME, LONGEST_PHONE, LONGEST_EMAIL = 12, 80, 20, 254


class Channel(StrEnum):
    """Through which door somebody came; none is worth more than another."""

    SCREEN = "screen"
    PHONE = "phone"
    DESK = "desk"
    HELPER = "helper"
    PAPER = "paper"


class GroupKind(StrEnum):
    """What holds a party of several people together."""

    NONE = ""
    FAMILY = "family"
    CLASS = "class"
    FIRM = "firm"


class Contact:
    """A number to quote, who is reached how, in which language, and who asked in the person's place."""

    number: Mapped[str] = mapped_column(String(LONGEST_NUMBER), default="")
    """The booking number: digits with a check digit, told to nobody but the person; unique where there is one."""
    party_size: Mapped[int] = mapped_column(default=1)
    """People in all, the one who asked included."""
    companions: Mapped[list[Any]] = mapped_column(Json, default=list)
    """Names of the others as they were given; may be shorter than the party."""
    group_kind: Mapped[str] = mapped_column(String(16), default=GroupKind.NONE)
    channel: Mapped[str] = mapped_column(String(16), default=Channel.SCREEN)
    contact_name: Mapped[str] = mapped_column(String(LONGEST_NAME), default="")
    contact_phone: Mapped[str] = mapped_column(String(LONGEST_PHONE), default="")
    """Digits with a leading + when not of this country; "" when none was given."""
    contact_email: Mapped[str] = mapped_column(String(LONGEST_EMAIL), default="")
    language: Mapped[str] = mapped_column(String(8), default="zh")
    """Language of the messages."""
    helper_name: Mapped[str] = mapped_column(String(LONGEST_NAME), default="")
    helper_phone: Mapped[str] = mapped_column(String(LONGEST_PHONE), default="")
    booked_by_id: Mapped[int | None] = mapped_column(Id)
    """The member of staff who typed it in, None when the person did."""
