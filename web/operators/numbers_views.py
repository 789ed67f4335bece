"""An operator's numbers: a finding, a drawing, tables, the same as CSV; and what was searched nearby and not found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from city.services.demand import unmet_demand
from city.services.numbers import NumbersRow, OperatorNumbers, operator_numbers
from city.services.permissions import Operation
from city.spreadsheet_cells import csv_text
from web import formatters
from web.addresses import current_language
from web.components.bars import Bar, draw_bars
from web.language import gettext, words
from web.operators.access import guarded, staff_actor
from web.operators.blueprint import operators
from web.operators.chosen import operator_in_question
from web.operators.frame import staff_frame
from web.parts import parts

DEMAND_DAYS, DEMAND_ROWS = 90, 20


@operators.get("/numbers")
@guarded(Operation.SEE_NUMBERS)
def numbers() -> ResponseReturnValue:
    """Show how often the offerings were seen, saved, enrolled in and attended."""
    operator_id = operator_in_question()
    told = _read(operator_id)
    return flask.render_template(
        "operators/numbers.html",
        page=staff_frame(gettext("Numbers"), "numbers"),
        told=told,
        chart=_chart(told),
        week=_week,
        name=_name,
        count=_count,
        demand=unmet_demand(parts().database, parts().clock.today(), DEMAND_DAYS, DEMAND_ROWS),
        demand_days=DEMAND_DAYS,
        csv_url=flask.url_for("operators.numbers_csv", operator=operator_id),
        offering_url=lambda id_: flask.url_for("citizens.offering", offering_id=id_),
    )


@operators.get("/numbers.csv")
@guarded(Operation.SEE_NUMBERS)
def numbers_csv() -> ResponseReturnValue:
    """Give the same figures for a spreadsheet."""
    response = flask.make_response(csv_text(_lines(_read(operator_in_question()))))
    response.headers["Content-Type"] = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="learncity-numbers.csv"'
    return response


def _read(operator_id: int) -> OperatorNumbers:
    return operator_numbers(parts().database, parts().clock, staff_actor(), operator_id)


def _chart(told: OperatorNumbers) -> Any:
    bars = [Bar(_monday(row.key), row.seen) for row in told.weeks if isinstance(row.key, date)]
    return draw_bars(bars, gettext("Seen, by week"), gettext("few"))


def _lines(told: OperatorNumbers) -> Iterator[list[object]]:
    figures = [gettext(text) for text in ("seen", "saved", "enrolled", "attended", "waiting")]
    yield [gettext("by"), gettext("name"), *figures]
    tables = ((gettext("week"), told.weeks), (gettext("district"), told.districts), (gettext("title"), told.offerings))
    for by, rows in tables:
        for row in rows:
            yield [by, str(_name(row)), *(_count(value) for value in _figures(row))]
    yield [gettext("together"), "", *(_count(value) for value in _figures(told.total))]


def _figures(row: NumbersRow) -> tuple[int | None, ...]:
    return row.seen, row.saved, row.enrolled, row.attended, row.waiting


def _count(value: int | None) -> object:
    return gettext("fewer than 10") if value is None else value


def _name(row: NumbersRow) -> Any:
    if isinstance(row.key, date):
        return _week(row.key)
    return words(row.name) if row.name else gettext("not known where")


def _week(monday: date) -> str:
    """Return a week by its first and last day."""
    language = current_language()
    ends = monday + timedelta(days=6)
    days = (formatters.short_day(day, language) for day in (monday, ends))
    return ("至" if language == "zh" else " to ").join(days)


def _monday(day: date) -> str:
    return f"{day.month}.{day.day}" if current_language() == "zh" else f"{day.day}/{day.month}"
