"""What the worker does for saved searches: match what is new, send the mails that are due, erase what is old.

Owns: how often. Called by `indexer.jobs`.
"""

from __future__ import annotations

from city.config import Settings
from city.jobs import Job
from city.services.demand import erase_old_demand
from city.services.mailing import Mailing
from indexer.alerts import Alerted, Alerts
from indexer.wiring import build_alerts, build_mailing, job_database

ALERT_PAUSE_SECONDS, MAIL_PAUSE_SECONDS = 2.0, 15.0


def alert_jobs(settings: Settings) -> list[Job]:
    """Return the jobs of saved searches: what they meet, their mails, and what is erased each night."""
    alerts, mailing = build_alerts(settings), build_mailing(settings)
    return [
        Job("alerts", AlertLoop(alerts).step, pause_seconds=ALERT_PAUSE_SECONDS),
        Job("mails", lambda: mailing.once().sentence(), pause_seconds=MAIL_PAUSE_SECONDS),
        Job("saved searches tidying", lambda: tidy_searches(mailing, settings), minute="47", hour="19"),
    ]


class AlertLoop:
    """Takes back at first what a process that died had claimed, then settles batch after batch."""

    def __init__(self, alerts: Alerts) -> None:
        self._alerts = alerts
        self._started = False

    def step(self) -> str:
        """Settle all that waits and say what was met."""
        if not self._started:
            self._alerts.release_claims()
            self._started = True
        messages, hits = 0, 0
        while (done := self._alerts.once()).messages:
            messages, hits = messages + done.messages, hits + done.hits
        return Alerted(messages, hits).sentence()


def tidy_searches(mailing: Mailing, settings: Settings) -> str:
    """Erase what nobody confirmed, hits of long ago, and counts of demand older than a year."""
    gone = mailing.tidy()
    gone += erase_old_demand(job_database(settings), settings.catalogue_clock.today())
    return f"{gone} rows of saved searches and of demand erased." if gone else ""
