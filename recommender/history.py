"""What a citizen did, read as a profile: weights for the model, what is taken already, what is not wanted.

Owns: how deeds that were taken back count, which word is the last, and the length of a profile. Refuses: nothing.
Called by: serving, for a citizen's own log and for the cookie of a visitor.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from city.model import InteractionKind
from city.model.interaction import KIND_WEIGHTS, TAKEN_BACK_BY
from city.store.interaction_repositories import Deed

LONGEST_PROFILE, MOST_DISLIKED = 200, 30
DISLIKED = -1.0
UNDOES = {undo: kind for kind, undo in TAKEN_BACK_BY.items()}
KEPT = frozenset({InteractionKind.SAVE, InteractionKind.ENROL, InteractionKind.ATTEND})
"""An offering the citizen has already is not suggested again; one that was only looked at may be."""


@dataclass(frozen=True)
class History:
    """`profile` offering → weight, negative for "less like this"; `actions` the strongest standing deed of each liked.

    Both hold the latest; `kept` and `dismissed` hold all that is not suggested again.
    """

    profile: Mapping[int, float]
    actions: Mapping[int, InteractionKind]
    kept: frozenset[int]
    dismissed: frozenset[int]

    @property
    def chosen(self) -> list[int]:
        """What was saved or taken, not only looked at, the latest last."""
        return [each for each, action in self.actions.items() if action in KEPT]

    @property
    def unwanted(self) -> list[int]:
        """The latest of what the person wants less of."""
        return [each for each, weight in self.profile.items() if weight < 0]

    @property
    def has_taste(self) -> bool:
        """True when something was liked; dislikes alone make no profile."""
        return bool(self.actions)


def history_of(deeds: Iterable[Deed]) -> History:
    """Read a log, oldest first: a deed counts while it stands, the strongest one of an offering gives its weight."""
    standing: dict[int, set[InteractionKind]] = {}
    for deed in deeds:
        kinds = standing.setdefault(deed.offering_id, set())
        kind = InteractionKind(deed.kind)
        if kind in UNDOES:
            kinds.discard(UNDOES[kind])
            continue
        if kind in KEPT:
            kinds.discard(InteractionKind.DISMISS)  # who takes it after all does want it
        kinds.add(kind)
        standing[deed.offering_id] = standing.pop(deed.offering_id)  # the latest deeds stand last
    return _settled(standing)


def history_of_visitor(profile: Iterable[int], dismissed: Iterable[int]) -> History:
    """Read a visitor's cookie, newest first: what it names was saved."""
    saved = [Deed(offering_id, InteractionKind.SAVE) for offering_id in reversed(list(profile))]
    return history_of([*saved, *(Deed(offering_id, InteractionKind.DISMISS) for offering_id in dismissed)])


def _settled(standing: Mapping[int, set[InteractionKind]]) -> History:
    dismissed = [each for each, kinds in standing.items() if InteractionKind.DISMISS in kinds]
    liked = {
        each: max(kinds, key=lambda kind: KIND_WEIGHTS.get(kind, 0.0))
        for each, kinds in standing.items()
        if kinds and InteractionKind.DISMISS not in kinds
    }
    latest = dict(list(liked.items())[-LONGEST_PROFILE:])
    weights = {each: KIND_WEIGHTS[kind] for each, kind in latest.items()}
    return History(
        weights | dict.fromkeys(dismissed[-MOST_DISLIKED:], DISLIKED),
        latest,
        frozenset(each for each, kinds in standing.items() if kinds & KEPT),
        frozenset(dismissed),
    )


NOTHING = history_of([])
