"""The draw as by-laws: what it promises to whoever enters, on many small ballots."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from city.drawing import Drawn, DrawRule, EntryInDraw, RunInDraw, draw, in_order, seed_of

EVENINGS = [("2026-12-01T11:00Z", "2026-12-01T12:30Z"), ("2026-12-01T12:00Z", "2026-12-01T13:30Z")]
OTHER_DAY = ("2026-12-02T11:00Z", "2026-12-02T12:30Z")
few = settings(max_examples=40)
SEEDS = st.integers(0, 10**9).map(lambda number: seed_of("0" * 64, secret="", public_value=str(number)))
TURNS = st.sampled_from([((),), (("a",),), (("a", "b"),), (("a",), (), ("b",), ()), (("b", "a"), ())])


@st.composite
def runs_of_a_ballot(draw_from: st.DrawFn) -> list[RunInDraw]:
    """Two to four Runs; some of one offering, some at the same hour."""
    return [
        RunInDraw(
            id=number,
            offering_id=draw_from(st.integers(1, 3)) * 10,
            seats=draw_from(st.integers(0, 4)),
            meetings=tuple(draw_from(st.lists(st.sampled_from([*EVENINGS, OTHER_DAY]), max_size=2, unique=True))),
        )
        for number in range(1, draw_from(st.integers(2, 4)) + 1)
    ]


@st.composite
def ballots(draw_from: st.DrawFn) -> tuple[DrawRule, list[RunInDraw], list[EntryInDraw], str]:
    runs = draw_from(runs_of_a_ballot())
    rule = DrawRule(draw_from(TURNS), draw_from(st.integers(1, 2)), (6, 3, 2))
    some_wishes = st.lists(st.sampled_from([run.id for run in runs]), min_size=1, max_size=3, unique=True)
    entries = [
        EntryInDraw(
            pseudonym=f"p{number}",
            wishes=tuple(draw_from(some_wishes)),
            party=draw_from(st.integers(1, 3)),
            tickets=draw_from(st.sampled_from(rule.tickets)),
            classes=tuple(sorted(draw_from(st.sets(st.sampled_from("ab"))))),
        )
        for number in range(draw_from(st.integers(0, 9)))
    ]
    return rule, runs, entries, draw_from(SEEDS)


def people_on(drawn: Drawn, entries: list[EntryInDraw]) -> Counter[int]:
    party = {entry.pseudonym: entry.party for entry in entries}
    return Counter(dict.fromkeys(drawn.waiting, 0)) + Counter(
        run_id for turn in drawn.turns for run_id in turn.got for _ in range(party[turn.pseudonym])
    )


@few
@given(ballots(), st.randoms(use_true_random=False))
def test_the_order_in_which_entries_came_does_not_matter(ballot: object, shuffler: random.Random) -> None:
    rule, runs, entries, seed = ballot  # type: ignore[misc]
    otherwise = entries.copy()
    shuffler.shuffle(otherwise)
    assert draw(rule, runs, otherwise, seed) == draw(rule, runs, entries, seed)


@few
@given(ballots())
def test_nobody_gets_two_runs_that_clash_nor_more_than_the_rule_allows(ballot: object) -> None:
    rule, runs, entries, seed = ballot  # type: ignore[misc]
    by_id = {run.id: run for run in runs}
    for turn in draw(rule, runs, entries, seed).turns:
        assert len(turn.got) <= rule.most_runs
        assert not any(by_id[a].clashes_with(by_id[b]) for a in turn.got for b in turn.got if a < b)


@few
@given(ballots())
def test_no_more_people_get_a_seat_than_there_are_and_parties_stay_together(ballot: object) -> None:
    rule, runs, entries, seed = ballot  # type: ignore[misc]
    wished = {entry.pseudonym: entry.wishes for entry in entries}
    drawn = draw(rule, runs, entries, seed)
    taken = people_on(drawn, entries)
    assert all(taken[run.id] <= run.seats for run in runs)
    assert all(set(turn.got) <= set(wished[turn.pseudonym]) for turn in drawn.turns)


@few
@given(ballots())
def test_no_seat_stays_empty_while_somebody_who_could_use_it_waits(ballot: object) -> None:
    rule, runs, entries, seed = ballot  # type: ignore[misc]
    drawn = draw(rule, runs, entries, seed)
    taken, party = people_on(drawn, entries), {entry.pseudonym: entry.party for entry in entries}
    for run in runs:
        left = run.seats - taken[run.id]
        assert all(party[name] > left for name in drawn.waiting[run.id])


@few
@given(ballots())
def test_everybody_without_all_places_waits_for_each_wish_that_could_still_be_used(ballot: object) -> None:
    rule, runs, entries, seed = ballot  # type: ignore[misc]
    by_id, drawn = {run.id: run for run in runs}, draw(rule, runs, entries, seed)
    got = {turn.pseudonym: turn.got for turn in drawn.turns}
    for entry in entries:
        mine = got[entry.pseudonym]
        usable = {
            run_id
            for run_id in entry.wishes
            if len(mine) < rule.most_runs and not any(by_id[run_id].clashes_with(by_id[each]) for each in mine)
        }
        assert {run_id for run_id, names in drawn.waiting.items() if entry.pseudonym in names} == usable


@few
@given(ballots())
def test_lines_follow_the_order_of_turns(ballot: object) -> None:
    rule, runs, entries, seed = ballot  # type: ignore[misc]
    drawn = draw(rule, runs, entries, seed)
    turn_of = {turn.pseudonym: nth for nth, turn in enumerate(drawn.turns)}
    assert len(drawn.turns) == len(entries)
    for names in drawn.waiting.values():
        assert [turn_of[name] for name in names] == sorted(turn_of[name] for name in names)


@few
@given(ballots(), st.data())
def test_nobody_with_one_place_to_get_does_better_by_hiding_a_wish_or_its_order(
    ballot: object, data: st.DataObject
) -> None:
    rule, runs, entries, seed = ballot  # type: ignore[misc]
    if not entries:
        return
    rule = replace(rule, most_runs=1)
    me = data.draw(st.sampled_from(entries))
    lie = tuple(data.draw(st.permutations(me.wishes)))[: data.draw(st.integers(1, len(me.wishes)))]
    told = [replace(entry, wishes=lie) if entry is me else entry for entry in entries]

    def liked(drawn: Drawn) -> int:
        [got] = (turn.got for turn in drawn.turns if turn.pseudonym == me.pseudonym)
        return me.wishes.index(got[0]) if got else len(me.wishes)

    assert liked(draw(rule, runs, entries, seed)) <= liked(draw(rule, runs, told, seed))


def test_a_party_that_does_not_fit_lets_the_next_one_in_that_does() -> None:
    run = RunInDraw(1, 10, seats=1)
    entries = [EntryInDraw("pair", (1,), party=2, classes=("a",)), EntryInDraw("single", (1,))]
    drawn = draw(DrawRule((("a",),)), [run], entries, "seed")
    assert [(turn.pseudonym, turn.got) for turn in drawn.turns] == [("pair", ()), ("single", (1,))]
    assert drawn.waiting == {1: ("pair",)}


def test_second_places_come_only_after_everybody_had_a_turn() -> None:
    runs = [RunInDraw(1, 10, seats=1), RunInDraw(2, 20, seats=1)]
    entries = [EntryInDraw("first", (1, 2), classes=("a",)), EntryInDraw("second", (2,))]
    drawn = draw(DrawRule((("a",),), most_runs=2), runs, entries, "seed")
    assert [turn.got for turn in drawn.turns] == [(1,), (2,)]


def test_a_turn_kept_for_a_class_goes_to_everyone_when_nobody_of_the_class_is_left() -> None:
    entries = [EntryInDraw("mine", (1,), classes=("a",)), EntryInDraw("other", (1,)), EntryInDraw("third", (1,))]
    order = in_order(DrawRule((("a",),)), entries, "seed")
    assert order[0].pseudonym == "mine"
    assert {entry.pseudonym for entry in order[1:]} == {"other", "third"}


# the statistical tests: 10,000 draws each, seeds fixed, so that they say the same every time

DRAWS = 10_000
CHI_SQUARE_999 = {1: 10.83, 2: 13.82, 5: 20.52}
"""Above these a true claim is met once in a thousand (chi-square, degrees of freedom → value)."""


def chi_square(seen: dict[str, int], expected: dict[str, float]) -> float:
    return sum((seen.get(name, 0) - count) ** 2 / count for name, count in expected.items())


def first_of(rule: DrawRule, entries: list[EntryInDraw], place: int = 0) -> Counter[str]:
    """Return who had a turn (0: the first) how often in DRAWS draws."""
    return Counter(in_order(rule, entries, f"seed {n}")[place].pseudonym for n in range(DRAWS))


def test_entries_with_equal_tickets_come_first_equally_often() -> None:
    names = [f"e{number}" for number in range(6)]
    seen = first_of(DrawRule(), [EntryInDraw(name, (1,)) for name in names])
    assert chi_square(seen, dict.fromkeys(names, DRAWS / 6)) < CHI_SQUARE_999[5]


def test_whoever_won_once_comes_first_half_as_often_and_twice_a_third_as_often() -> None:
    entries = [
        EntryInDraw("none", (1,), tickets=6),
        EntryInDraw("once", (1,), tickets=3),
        EntryInDraw("twice", (1,), tickets=2),
    ]
    seen = first_of(DrawRule(), entries)
    expected = {"none": DRAWS * 6 / 11, "once": DRAWS * 3 / 11, "twice": DRAWS * 2 / 11}
    assert chi_square(seen, expected) < CHI_SQUARE_999[2]


def test_who_comes_second_is_drawn_by_tickets_among_those_who_are_left() -> None:
    """Efraimidis and Spirakis: drawing without replacement with chances by weight at each step."""
    entries = [
        EntryInDraw("six", (1,), tickets=6),
        EntryInDraw("three", (1,), tickets=3),
        EntryInDraw("two", (1,), tickets=2),
    ]
    weight = {entry.pseudonym: entry.tickets for entry in entries}
    expected = {
        name: sum(weight[first] / 11 * weight[name] / (11 - weight[first]) for first in weight if first != name) * DRAWS
        for name in weight
    }
    assert chi_square(first_of(DrawRule(), entries, place=1), expected) < CHI_SQUARE_999[2]


def test_one_turn_in_two_for_a_class_gives_it_half_of_all_turns_and_its_share_of_the_others() -> None:
    """Two of a class and four others: turn 1 is the class's, turn 2 everybody's, where 1 of the 5 left is of it."""
    rule = DrawRule((("a",), ()))
    entries = [EntryInDraw(f"a{n}", (1,), classes=("a",)) for n in range(2)] + [
        EntryInDraw(f"o{n}", (1,)) for n in range(4)
    ]
    orders = [in_order(rule, entries, f"seed {n}") for n in range(DRAWS)]
    assert all("a" in order[0].classes for order in orders)
    second = Counter("class" if "a" in order[1].classes else "other" for order in orders)
    assert chi_square(second, {"class": DRAWS / 5, "other": DRAWS * 4 / 5}) < CHI_SQUARE_999[1]
    third = [order[2] for order in orders if "a" not in order[1].classes]
    assert all("a" in entry.classes for entry in third)


def test_a_class_before_all_others_comes_before_all_others_and_is_fair_inside() -> None:
    entries = [EntryInDraw("a1", (1,), classes=("a",)), EntryInDraw("a2", (1,), classes=("a",)), EntryInDraw("o", (1,))]
    seen = first_of(DrawRule((("a",),)), entries)
    assert chi_square(seen, {"a1": DRAWS / 2, "a2": DRAWS / 2}) < CHI_SQUARE_999[1]
    assert first_of(DrawRule((("a",),)), entries, place=2) == {"o": DRAWS}


@few
@given(ballots())
def test_another_seed_is_another_draw_of_the_same_entries(ballot: object) -> None:
    rule, runs, entries, seed = ballot  # type: ignore[misc]
    names = {turn.pseudonym for turn in draw(rule, runs, entries, seed + "x").turns}
    assert names == {entry.pseudonym for entry in entries}
