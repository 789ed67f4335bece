"""The verb `learncity demand`: what citizens asked for and did not find.

Owns: options and the table. What may be shown is decided in `city.services.demand`.
"""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.table import Table

from city.cli import open_database
from city.config import load_settings
from city.services.demand import unmet_demand
from city.services.small_numbers import SMALLEST_SHOWN


@click.command()
@click.option("--days", type=click.IntRange(1, 365), default=30, show_default=True, help="How many days to look back.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many rows at most.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for machines.")
def demand(days: int, limit: int, as_json: bool) -> None:
    """What was asked for, where, how often, and how often nothing was found; rows under 10 are hidden.

    \b
    Example:
      learncity demand --days 90
    """
    today = load_settings().catalogue_clock.today()
    found = unmet_demand(open_database(), today, days, limit)
    if as_json:
        rows = [row.as_json() for row in found.rows]
        click.echo(json.dumps({"days": days, "asked": found.asked, "hidden_rows": found.hidden_rows, "rows": rows}))
        return
    table = Table("asked for", "where", "asked", "nothing found", "opened", "filters, an example")
    for row in found.rows:
        table.add_row(row.text or "(filters alone)", row.area_id or "not told", str(row.asked), _said(row.empty),
                      _said(row.clicked), row.filters)  # fmt: skip
    Console().print(table)
    click.echo(
        f"About {found.asked} searches in {days} days. About {found.hidden_rows} rows were asked for fewer than "
        f"{SMALLEST_SHOWN} times and are not shown; counts are rounded."
    )


def _said(count: int | None) -> str:
    return f"under {SMALLEST_SHOWN}" if count is None else str(count)
