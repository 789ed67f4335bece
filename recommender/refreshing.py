"""The state lists are made of, kept current beside the requests that read it.

Owns: when to look whether something changed, reading only what did, swapping the state in one step. Refuses: to make a
request wait for it, but for the very first state; to let a fault of it reach anybody. Called by: serving.

Messages of the outbox name what changed; they are read with some overlap, because on PostgreSQL a lower number may be
committed after a higher one. Once an hour everything is read again.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from city.clock import Clock
from city.errors import ArtefactRefused, DatabaseUnavailable
from city.store.database import Database
from recommender.artefact import ArtefactStore
from recommender.following import NOBODY, Following, read_following
from recommender.laying import LoadedModel, lay, load_model
from recommender.live import LiveOfferings, read_all, read_some
from recommender.offering_facts import OfferingFacts
from recommender.ranking import LiveState
from recommender.scorer import Scoring

log = structlog.get_logger(__name__)

LOOK_SECONDS, COUNT_SECONDS, WHOLE_SECONDS = 1.0, 900.0, 3600.0
OVERLAP = 500
WARMING = 20


@dataclass(frozen=True)
class _Seen:
    """What the state was made of."""

    message_id: int = -1
    version: str = ""
    counted: float = float("-inf")
    whole: float = float("-inf")


class Refresher:
    """Holds one state; `state()` never waits once there is one. `seconds` is a clock that only goes forward."""

    def __init__(
        self, database: Database, store: ArtefactStore, clock: Clock, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._database, self._store, self._clock, self._seconds = database, store, clock, seconds
        self._state = LiveState(LiveOfferings(()))
        self._model: LoadedModel | None = None
        self._following: Following = NOBODY
        self._seen = _Seen()
        self._looked = float("-inf")
        self._refreshing = threading.Lock()

    def state(self) -> LiveState:
        """Return the state; at most once a second look, in a thread of its own, whether there is a newer one."""
        now = self._seconds()
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            if self._seen.message_id < 0:
                self.refresh()
            else:
                threading.Thread(target=self.refresh, name="recommender-refresh", daemon=True).start()
        return self._state

    def refresh(self) -> None:
        """Bring the state up to date; one at a time. What fails is logged, and tried again at the next look."""
        if not self._refreshing.acquire(blocking=self._seen.message_id < 0):
            return
        self._looked = self._seconds()
        try:
            self._refresh()
        except DatabaseUnavailable as fault:
            log.warning("suggestions_not_refreshed", error=str(fault))
        except Exception:
            log.exception("suggestions_not_refreshed")
        finally:
            self._refreshing.release()

    def _refresh(self) -> None:
        now = self._seconds()
        with self._database.reading() as work:
            message_id = work.outbox.last_id()
        version = self._store.current_version()
        whole = now - self._seen.whole >= WHOLE_SECONDS
        counted = now - self._seen.counted >= COUNT_SECONDS
        same = (message_id, version) == (self._seen.message_id, self._seen.version)
        if same and not whole and not counted:
            return
        live = self._read_offerings(whole)
        if counted:
            self._count()
        if version != self._seen.version:
            self._load_model()
        relaid = whole or version != self._seen.version or _facts(live) != _facts(self._state.live)
        self._state = LiveState(live, self._laid(live) if relaid else self._state.scoring, self._following)
        self._seen = _Seen(
            message_id, version, now if counted else self._seen.counted, now if whole else self._seen.whole
        )

    def _read_offerings(self, whole: bool) -> LiveOfferings:
        now = self._clock.now()
        with self._database.reading() as work:
            if whole:
                return read_all(work, now).read()
            changed = work.outbox.offerings_since(self._seen.message_id - OVERLAP)
            found, gone = read_some(work, now, sorted(changed))
        return self._state.live.updated(found, gone).read()

    def _count(self) -> None:
        with self._database.reading() as work:
            self._following = read_following(work, self._clock.now())

    def _load_model(self) -> None:
        """Take the published model; when none is sound the one in use stays, and the log says why."""
        try:
            self._model = load_model(self._store)
        except ArtefactRefused as refused:
            log.warning("artefact_refused", error=str(refused))
            return
        for refusal in self._model.refusals:
            log.warning("artefact_refused", error=refusal, kept=self._model.version)

    def _laid(self, live: LiveOfferings) -> Scoring | None:
        """The model over what is live, asked once so that no request waits for what it prepares; None without one."""
        if self._model is None or not len(live):
            return None
        try:
            scoring = lay(self._model, _facts(live), self._clock.now())
            scoring.score({int(each): 1.0 for each in live.ids[:WARMING]}).contributions(0)
            scoring.score({int(live.ids[0]): 1.0})
        except Exception:  # lists without taste are better than none
            log.exception("model_not_laid", version=self._model.version)
            return None
        return scoring


def _facts(live: LiveOfferings) -> list[OfferingFacts]:
    """What the model sees of them; a seat taken changes none of it."""
    return [offering.facts for offering in live.offerings]
