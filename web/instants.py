"""An instant in the words of the page, by the city's clocks."""

from __future__ import annotations

from datetime import datetime

from web.addresses import current_language
from web.formatters import clock_time, full_day
from web.parts import parts


def moment(instant: datetime) -> str:
    """Return day and time, like Friday 27 November, 10:30 am."""
    language, local = current_language(), instant.astimezone(parts().settings.zone)
    day = full_day(local.date(), language, parts().system_clock.today())
    return f"{day}{'' if language == 'zh' else ', '}{clock_time(local.time(), language)}"
