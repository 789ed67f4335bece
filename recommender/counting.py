"""How many people took up each offering lately, written where pages and the index read it.

Owns: the ten steps. Refuses: nothing. Called by: the job `popularity`, and `learncity train`.
"""

from datetime import timedelta
from math import floor, log2

from city.clock import Clock
from city.model import OfferingPopularity
from city.store.database import Database
from recommender.following import DAYS

STEPS = 10
STEPS_A_DOUBLING = 1.25


def count_popularity(database: Database, clock: Clock) -> str:
    """Write counts that changed; return a sentence, "" when none did. The index is told when a step changes."""
    now = clock.now()
    with database.reading() as work:  # a writer would be kept waiting while the log is read
        counts = work.interactions.people_counts(now - timedelta(days=DAYS), now)
    with database.writing() as work:
        present = {offering_id: row.people_count for offering_id, row in work.popularity.all().items()}
        known = work.offerings.versions().keys()
        changed = {
            each: counts.get(each, 0)
            for each in sorted((counts.keys() | present.keys()) & known)
            if counts.get(each, 0) != present.get(each, 0)
        }
        for offering_id, people in changed.items():
            row = OfferingPopularity(offering_id=offering_id, people_count=people, step=step_of(people), counted_at=now)
            work.popularity.put(row)
        work.commit()
    return f"popularity of {len(changed):,} offerings was counted" if changed else ""


def step_of(people: int) -> int:
    """Return the step, 0 for nobody to 10 for about 250 people and more: each doubling is 1¼ steps."""
    return min(STEPS, floor(STEPS_A_DOUBLING * log2(1 + people)))
