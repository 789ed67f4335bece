"""The published file of a ballot: what an auditor can read off it, and that no change of it stays hidden."""

from __future__ import annotations

import json
import random

import pytest

from city.ballot_records import audited, canonical, entries_digest, line_of, read, rule_record, run_record, written
from city.drawing import DrawRule, EntryInDraw, RunInDraw, commitment_to, draw, seed_of
from city.errors import FeedRefused

RULE = DrawRule((("first_time",), ()), 1, (6, 3))
RUNS = [
    RunInDraw(1, 10, 3, (("2026-12-01T11:00Z", "2026-12-01T12:30Z"),)),
    RunInDraw(2, 20, 2, (("2026-12-02T11:00Z", "2026-12-02T12:30Z"),)),
]
SECRET = "ab" * 32


def some_entries(n: int = 12) -> list[EntryInDraw]:
    rng = random.Random(3)
    return [
        EntryInDraw(
            f"p{number:02d}",
            tuple(rng.sample((1, 2), rng.randint(1, 2))),
            rng.choice((1, 2)),
            rng.choice((6, 3)),
            ("first_time",) if rng.random() < 0.4 else (),
        )
        for number in range(n)
    ]


def a_file(
    kind: str = "public", *, entries: list[EntryInDraw] | None = None, secret: str = "", stage: str = "drawn"
) -> str:
    entries = some_entries() if entries is None else entries
    digest = entries_digest(entries)
    public = "04 09 17" if kind == "public" else ""
    seed = {"kind": kind, "source": "a number", "commitment": commitment_to(SECRET) if kind == "commit" else ""}
    head = {"stage": stage, "ballot": 3, "name": {"zh-Hans": "秋季夜校"}, "rule": rule_record(RULE), "seed": seed}
    if stage != "announced":
        head |= {"entries": len(entries), "entries_sha256": digest}
    drawn = None
    if stage == "drawn":
        value = seed_of(digest, secret=secret, public_value=public)
        head["seed"] = {**seed, "secret": secret, "public_value": public, "value": value}
        drawn = draw(RULE, RUNS, entries, value)
    named = [run_record(run, {"zh-Hans": "书法"}) for run in RUNS]
    return written(head, named, () if stage == "announced" else entries, drawn)


def edited(text: str, line: int, **values: object) -> str:
    """Return the file with values of one line changed and its check value made to fit: a careful forger."""
    lines = text.rstrip("\n").split("\n")
    record = json.loads(lines[line - 1])
    record.pop("check")
    lines[line - 1] = line_of({**record, **values})
    return "\n".join(lines) + "\n"


def line_with(text: str, **values: object) -> int:
    rows = [json.loads(line) for line in text.splitlines()]
    return next(n for n, row in enumerate(rows, start=1) if all(row.get(name) == each for name, each in values.items()))


@pytest.mark.parametrize(("kind", "secret"), [("public", ""), ("commit", SECRET)])
def test_a_file_as_it_was_published_is_equal(kind: str, secret: str) -> None:
    found = audited(a_file(kind, secret=secret))
    assert found.is_equal, found.problems
    assert (found.entry_count, found.run_count, found.stage) == (12, 2, "drawn")


def test_the_file_is_the_same_whatever_the_order_of_entries() -> None:
    entries = some_entries()
    assert a_file(entries=entries[::-1]) == a_file(entries=entries)


def test_every_single_changed_letter_is_found_and_its_line_named() -> None:
    text = a_file()
    rng = random.Random(5)
    for place in rng.sample([n for n, letter in enumerate(text) if letter.isalnum() and letter.isascii()], 60):
        other = text[:place] + ("7" if text[place] != "7" else "8") + text[place + 1 :]
        line = text[:place].count("\n") + 1
        try:
            problems = audited(other).problems
        except FeedRefused as refused:
            assert refused.line in (line, None)
            continue
        assert any(f"line {line}:" in problem for problem in problems), (place, problems)


def test_a_forger_who_mends_the_check_values_is_found_by_the_draw() -> None:
    text = a_file()
    loser = next(row for row in map(json.loads, text.splitlines()) if row["kind"] == "turn" and not row["got"])
    forged = edited(text, line_with(text, kind="turn", turn=loser["turn"]), got=[1])
    [problem] = audited(forged).problems
    assert f"turn {loser['turn']}" in problem and "the draw gives" in problem and loser["entry"] in problem


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tickets": 3}, "digest of the entries"),
        ({"tickets": 5}, "has tickets, classes or people that the rule does not know"),
        ({"classes": ["mayors_friends"]}, "has tickets, classes or people that the rule does not know"),
        ({"wishes": [99]}, "not in this ballot"),
        ({"wishes": [1, 1]}, "one twice"),
    ],
)
def test_a_forged_entry_is_found(change: dict[str, object], said: str) -> None:
    text = a_file()
    line = line_with(text, kind="entry", tickets=6)
    assert any(said in problem for problem in audited(edited(text, line, **change)).problems)


def test_an_entry_that_is_left_out_or_added_is_found() -> None:
    text = a_file()
    lines = text.splitlines(keepends=True)
    entry = line_with(text, kind="entry")
    without = "".join(lines[: entry - 1] + lines[entry:])
    twice = "".join([*lines[:entry], lines[entry - 1], *lines[entry:]])
    assert any("entries" in problem for problem in audited(without).problems)
    assert any("stands twice" in problem for problem in audited(twice).problems)


def test_a_secret_that_was_not_promised_is_found() -> None:
    assert any("promised" in problem for problem in audited(a_file("commit", secret="cd" * 32)).problems)


def test_a_seed_that_was_chosen_is_found() -> None:
    text = a_file()
    head = json.loads(text.splitlines()[0])
    forged = edited(text, 1, seed={**head["seed"], "value": "0" * 64})
    assert any("seed does not follow" in problem for problem in audited(forged).problems)


def test_a_file_before_the_draw_is_sound_and_says_which_it_is() -> None:
    for stage in ("announced", "closed"):
        found = audited(a_file(stage=stage))
        assert (found.is_equal, found.stage) == (True, stage)


def test_beside_the_file_published_before_the_draw_a_changed_rule_and_other_entries_show() -> None:
    closed = a_file(stage="closed")
    assert audited(a_file(), closed).is_equal
    fewer = a_file(entries=some_entries(11))
    assert any("not those that were published" in problem for problem in audited(fewer, closed).problems)
    head = json.loads(closed.splitlines()[0])
    other_rule = edited(closed, 1, rule={**head["rule"], "most_runs": 2})
    assert any("rule is not the one" in problem for problem in audited(a_file(), other_rule).problems)
    seats = edited(closed, line_with(closed, kind="run", run=1), seats=9)
    assert any("had 9 seats" in problem for problem in audited(a_file(), seats).problems)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing\n",
        "[]\n",
        "{}\n",
        '{"kind":"ballot","format":"learncity-ballot/2"}\n',
        '{"kind":"ballot","format":"learncity-ballot/1"}\n',
        line_of(
            {
                "kind": "ballot",
                "format": "learncity-ballot/1",
                "stage": "drawn",
                "rule": {"turns": [], "most_runs": 1, "tickets": [1]},
                "seed": {"kind": "public"},
            }
        ),
        a_file().replace('"tickets":[6,3]', '"tickets":[1000000000000,3]'),
        a_file().replace('"kind":"turn"', '"kind":"tern"'),
        '{"a":"\\ud800"}\n',
        "[" * 100_000,
    ],
)
def test_what_is_no_file_of_a_ballot_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(FeedRefused) as refused:
        audited(text)
    assert refused.value.remedy


def test_a_record_reads_back_as_it_was_written() -> None:
    entries = some_entries()
    found = read(a_file(entries=entries))
    assert list(found.entries) == entries
    assert list(found.runs) == RUNS
    assert found.rule == RULE


def test_the_canonical_form_has_sorted_keys_no_blanks_and_letters_as_they_are() -> None:
    assert canonical({"b": [1, 2], "a": "夜校"}) == '{"a":"夜校","b":[1,2]}'
