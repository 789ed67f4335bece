"""What was kept for a day only is forgotten, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from city.config import Settings
from city.housekeeping import forget_answers
from city.model import IdempotentRequest
from city.store.database import Database


def test_answers_of_yesterday_are_forgotten_and_those_of_today_kept(database: Database, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    now = settings.system_clock.now()
    with database.writing() as work:
        for key, hours in (("old", 25), ("new", 1)):
            at = now - timedelta(hours=hours)
            work.enrolments.keep_answer(
                IdempotentRequest(account="visitor", key=key, request_sha256="0" * 64, answer={}, created_at=at)
            )
        work.commit()
    assert forget_answers(settings, database) == "1 kept answers of yesterday erased."
    with database.reading() as work:
        assert work.enrolments.answer("visitor", "old") is None
        assert work.enrolments.answer("visitor", "new") is not None
    assert forget_answers(settings, database) == ""
