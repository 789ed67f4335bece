"""Feeds as small files, and the database they go into."""

from __future__ import annotations

from pathlib import Path

import pytest

EVENT = """<event id="{id}"><titlec><![CDATA[{zh}]]></titlec><titlee><![CDATA[{en}]]></titlee><cat1/><cat2>{cat2}</cat2>
<predateC/><predateE><![CDATA[{dates}]]></predateE><venueid>{venue}</venueid><agelimite/><pricee>{price}</pricee>
<desce><![CDATA[{text}]]></desce></event>"""
VENUES = """<?xml version="1.0"?><venues>
<venue id="62"><venuec>大會堂</venuec><venuee>City Hall</venuee>
<latitude>22.28</latitude><longitude>114.16</longitude></venue>
<venue id="63"><venuec>公園</venuec><venuee>Park</venuee><latitude/><longitude/></venue></venues>"""


def an_event(id: str = "1", **values: str) -> str:
    defaults = {
        "zh": f"音樂會{id}",
        "en": f"Concert {id}",
        "cat2": "x",
        "dates": "",
        "venue": "62",
        "price": "",
        "text": "",
    }
    return EVENT.format(id=id, **(defaults | values))


def days_of(days: dict[str, list[str]]) -> str:
    rows = (
        f'<event id="{id}">' + "".join(f"<indate>{day}</indate>" for day in of) + "</event>" for id, of in days.items()
    )
    return f'<?xml version="1.0"?><event_dates>{"".join(rows)}</event_dates>'


@pytest.fixture
def programme(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Write a programme folder from events and their days; return its path."""

    def write(events: list[str], days: dict[str, list[str]] | None) -> Path:
        folder = tmp_path / "programme"
        folder.mkdir(exist_ok=True)
        (folder / "events.xml").write_text(f'<?xml version="1.0"?><events>{"".join(events)}</events>', "utf-8")
        (folder / "venues.xml").write_text(VENUES, "utf-8")
        if days is not None:
            (folder / "eventDates.xml").write_text(days_of(days), "utf-8")
        return folder

    return write
