"""The file a ballot publishes: one JSON object a line, each with a check value, in one fixed order and form.

Owns: the format `learncity-ballot/1` (docs/ballots.md): writing it, reading it, and the audit that runs the draw again
from the file alone and says where it differs. Refuses a file that is no such file (FeedRefused, with its line). Pure:
no database, no clock.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from city.drawing import Drawn, DrawRule, EntryInDraw, RunInDraw, Turn, commitment_to, draw, seed_of
from city.errors import FeedRefused

FORMAT = "learncity-ballot/1"
CHECK_DIGITS = 12
MOST_TOLD = 20
MOST_TICKETS, MOST_TURNS, MOST_RUNS = 1_000, 1_000, 100
"""What a rule may hold, so that no file keeps an auditor's machine busy for ever."""
Record = dict[str, Any]


def canonical(record: Mapping[str, Any]) -> str:
    """Return the one form in which a record is written: keys sorted, no blanks, letters as they are."""
    return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def line_of(record: Mapping[str, Any]) -> str:
    """Return the record with its check value: the first 12 digits of the SHA-256 of its canonical form."""
    check = hashlib.sha256(canonical(record).encode()).hexdigest()[:CHECK_DIGITS]
    return canonical({**record, "check": check})


def entry_record(entry: EntryInDraw) -> Record:
    return {
        "kind": "entry",
        "entry": entry.pseudonym,
        "wishes": list(entry.wishes),
        "party": entry.party,
        "tickets": entry.tickets,
        "classes": sorted(entry.classes),
    }


def entries_digest(entries: Iterable[EntryInDraw]) -> str:
    """Return the SHA-256 over the canonical entry records, sorted by pseudonym, with a line end after each."""
    digest = hashlib.sha256()
    for entry in sorted(entries, key=lambda each: each.pseudonym):
        digest.update(f"{canonical(entry_record(entry))}\n".encode())
    return digest.hexdigest()


def run_record(run: RunInDraw, name: Mapping[str, str]) -> Record:
    meetings = [list(meeting) for meeting in run.meetings]
    return {"kind": "run", "run": run.id, "offering": run.offering_id, "name": dict(name), "seats": run.seats} | {
        "meetings": meetings
    }


def rule_record(rule: DrawRule) -> Record:
    turns = [list(turn) for turn in rule.turns]
    return {"turns": turns, "most_runs": rule.most_runs, "tickets": list(rule.tickets)}


def rule_of(record: Mapping[str, Any]) -> DrawRule:
    """Return the rule a ballot record or a Ballot's column holds; what else it says of people is left aside."""
    turns = tuple(tuple(str(name) for name in turn) for turn in record["turns"])
    rule = DrawRule(turns, int(record["most_runs"]), tuple(int(count) for count in record["tickets"]))
    if not (0 < len(turns) <= MOST_TURNS and 0 < rule.most_runs <= MOST_RUNS and rule.tickets):
        raise ValueError("turns, most_runs and tickets have to say something")
    if not all(0 < count <= MOST_TICKETS for count in rule.tickets):
        raise ValueError(f"tickets go from 1 to {MOST_TICKETS}")
    return rule


def drawn_records(drawn: Drawn) -> Iterator[Record]:
    """Yield a record for each turn, in order, and one for each Run with those who wait for it."""
    for nth, turn in enumerate(drawn.turns, start=1):
        yield {"kind": "turn", "turn": nth, "entry": turn.pseudonym, "got": list(turn.got), "left": list(turn.left)}
    for run_id in sorted(drawn.waiting):
        yield {"kind": "waiting", "run": run_id, "entries": list(drawn.waiting[run_id])}


def written(
    head: Mapping[str, Any],
    runs: Iterable[Record],
    entries: Iterable[EntryInDraw] = (),
    drawn: Drawn | None = None,
) -> str:
    """Return the whole file: the ballot, its Runs by id, entries by pseudonym, turns, who waits, and the end."""
    records: list[Mapping[str, Any]] = [{"kind": "ballot", "format": FORMAT, **head}]
    records += sorted(runs, key=lambda record: int(record["run"]))
    records += (entry_record(entry) for entry in sorted(entries, key=lambda each: each.pseudonym))
    records += drawn_records(drawn) if drawn is not None else ()
    records.append({"kind": "end", "lines": len(records)})
    return "".join(f"{line_of(record)}\n" for record in records)


@dataclass(frozen=True)
class BallotRecords:
    """What a published file says, read; the first line is number 1."""

    head: Record
    runs: tuple[RunInDraw, ...]
    entries: tuple[EntryInDraw, ...]
    turns: tuple[Turn, ...]
    waiting: Mapping[int, tuple[str, ...]]
    first_entry_line: int
    first_turn_line: int
    first_waiting_line: int

    @property
    def stage(self) -> str:
        return str(self.head["stage"])

    @property
    def rule(self) -> DrawRule:
        return rule_of(self.head["rule"])


@dataclass(frozen=True)
class Audit:
    """What running a draw again found: nothing to say when all is equal."""

    problems: tuple[str, ...]
    entry_count: int
    run_count: int
    stage: str

    @property
    def is_equal(self) -> bool:
        return not self.problems


def audited(text: str, closed: str = "") -> Audit:
    """Return what the file shows when its draw is run again; `closed` is the file published before the seed was known.

    Raises FeedRefused for what is no file of a ballot.
    """
    try:
        changed = list(_changed_lines(text))
    except UnicodeEncodeError as unreadable:
        raise FeedRefused("The file holds half a letter.", remedy="the file as it was published") from unreadable
    records = read(text)
    problems = [*changed, *_of_entries(records), *_of_seed(records), *_of_result(records)]
    if closed:
        problems += [*_changed_lines(closed, "the earlier file, "), *_beside(records, read(closed))]
    return Audit(tuple(problems[:MOST_TOLD]), len(records.entries), len(records.runs), records.stage)


def read(text: str) -> BallotRecords:
    """Return what a file says; raises FeedRefused, naming the line, for what cannot be read as a ballot's file."""
    lines = text.removesuffix("\n").split("\n")
    records = [_record(line, number) for number, line in enumerate(lines, start=1)]
    if records[0].get("kind") != "ballot" or records[0].get("format") != FORMAT:
        raise FeedRefused(
            "This is no file of a ballot.", line=1, remedy=f'a first line with "format":"{FORMAT}", as it was published'
        )
    by_kind: dict[str, list[int]] = {kind: [] for kind in ("ballot", "run", "entry", "turn", "waiting", "end")}
    for number, record in enumerate(records, start=1):
        if (kind := str(record.get("kind"))) not in by_kind:
            raise FeedRefused(f"{kind!r} is no kind of record.", line=number, remedy=", ".join(by_kind))
        by_kind[kind].append(number)
    try:
        return _read(records, by_kind)
    except (KeyError, TypeError, ValueError, OverflowError) as missing:
        raise FeedRefused(f"A record is not complete: {missing}.", remedy="the file as it was published") from missing


def _read(records: Sequence[Record], by_kind: Mapping[str, Sequence[int]]) -> BallotRecords:
    def of(kind: str) -> Iterator[Record]:
        return (records[number - 1] for number in by_kind[kind])

    head = records[0]
    rule_of(head["rule"]), head["seed"]["kind"], str(head["stage"])
    return BallotRecords(
        head=head,
        runs=tuple(_run(record) for record in of("run")),
        entries=tuple(_entry(record) for record in of("entry")),
        turns=tuple(Turn(str(one["entry"]), tuple(one["got"]), tuple(one["left"])) for one in of("turn")),
        waiting={int(record["run"]): tuple(record["entries"]) for record in of("waiting")},
        first_entry_line=next(iter(by_kind["entry"]), 0),
        first_turn_line=next(iter(by_kind["turn"]), 0),
        first_waiting_line=next(iter(by_kind["waiting"]), 0),
    )


def _record(line: str, number: int) -> Record:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as unreadable:
        raise FeedRefused("A line is no JSON.", line=number, remedy="the file as it was published") from unreadable
    if not isinstance(found, dict):
        raise FeedRefused("A line is no JSON object.", line=number, remedy="the file as it was published")
    return found


def _run(record: Record) -> RunInDraw:
    meetings = tuple((str(starts), str(ends)) for starts, ends in record["meetings"])
    return RunInDraw(int(record["run"]), int(record["offering"]), int(record["seats"]), meetings)


def _entry(record: Record) -> EntryInDraw:
    if not 0 < int(record["tickets"]) <= MOST_TICKETS:
        raise ValueError(f"entry {record['entry']} has {record['tickets']} tickets")
    return EntryInDraw(
        pseudonym=str(record["entry"]),
        wishes=tuple(int(run_id) for run_id in record["wishes"]),
        party=int(record["party"]),
        tickets=int(record["tickets"]),
        classes=tuple(str(name) for name in record["classes"]),
    )


def _changed_lines(text: str, where: str = "") -> Iterator[str]:
    """Yield a sentence for each line that is not as it was written, and for lines that are gone."""
    lines = text.removesuffix("\n").split("\n")
    for number, line in enumerate(lines, start=1):
        record = _record(line, number)
        record.pop("check", None)
        if line_of(record) != line:
            yield f"{where}line {number}: this line is not as it was written; its check value does not fit it."
    end = _record(lines[-1], len(lines))
    if end.get("kind") != "end" or end.get("lines") != len(lines) - 1:
        yield f"{where}line {len(lines)}: the end of the file does not fit; lines were taken out, put in or cut off."


def _of_entries(records: BallotRecords) -> Iterator[str]:
    names = [entry.pseudonym for entry in records.entries]
    known = {run.id for run in records.runs}
    rule = records.rule
    for nth, entry in enumerate(records.entries):
        where = f"line {records.first_entry_line + nth}: entry {entry.pseudonym}"
        if nth and names[nth - 1] >= entry.pseudonym:
            yield f"{where} stands twice, or out of order."
        if not set(entry.wishes) <= known or len(set(entry.wishes)) != len(entry.wishes):
            yield f"{where} wishes for a Run that is not in this ballot, or for one twice."
        if entry.tickets not in rule.tickets or not set(entry.classes) <= rule.classes() or entry.party < 1:
            yield f"{where} has tickets, classes or people that the rule does not know."
    if records.stage == "announced":
        return
    if records.head.get("entries") != len(names):
        yield f"line 1: it speaks of {records.head.get('entries')} entries, the file holds {len(names)}."
    if records.head.get("entries_sha256") != entries_digest(records.entries):
        yield "line 1: the digest of the entries does not fit the entries of the file."


def _of_seed(records: BallotRecords) -> Iterator[str]:
    if records.stage != "drawn":
        return
    said = records.head["seed"]
    if said["kind"] == "commit" and commitment_to(str(said.get("secret"))) != said.get("commitment"):
        yield "line 1: the secret that was revealed is not the one that was promised when the ballot was announced."
    if said["kind"] == "public" and not said.get("public_value"):
        yield "line 1: the value of the public source is missing."
    if said.get("value") != _seed(records):
        yield "line 1: the seed does not follow from the entries and from what was revealed."


def _seed(records: BallotRecords) -> str:
    said = records.head["seed"]
    return seed_of(
        entries_digest(records.entries),
        secret=str(said.get("secret", "")),
        public_value=str(said.get("public_value", "")),
    )


def _of_result(records: BallotRecords) -> Iterator[str]:
    """Yield where the published result is not what the draw gives."""
    known = {run.id for run in records.runs}
    names = {entry.pseudonym for entry in records.entries}
    sound = len(names) == len(records.entries) and all(set(entry.wishes) <= known for entry in records.entries)
    if records.stage != "drawn" or not sound:
        return
    drawn = draw(records.rule, records.runs, records.entries, _seed(records))
    if len(drawn.turns) != len(records.turns):
        yield f"There are {len(records.turns)} turns in the file and {len(drawn.turns)} entries."
    for nth, (said, right) in enumerate(zip(records.turns, drawn.turns, strict=False)):
        if said != right:
            line = records.first_turn_line + nth
            yield f"line {line}: turn {nth + 1}: the file says {_turn(said)}, the draw gives {_turn(right)}."
    for nth, run_id in enumerate(sorted(known)):
        if records.waiting.get(run_id) != drawn.waiting[run_id]:
            yield f"line {records.first_waiting_line + nth}: the waiting order of Run {run_id} differs."


def _turn(turn: Turn) -> str:
    got = " and ".join(f"Run {run_id}" for run_id in turn.got) or "nothing"
    return f"{turn.pseudonym} gets {got} (seats left: {', '.join(map(str, turn.left))})"


def _beside(records: BallotRecords, earlier: BallotRecords) -> Iterator[str]:
    """Yield what changed between the file published before the draw and the one after it."""
    if earlier.head.get("ballot") != records.head.get("ballot"):
        yield "The earlier file is that of another ballot."
    if earlier.head["rule"] != records.head["rule"]:
        yield "line 1: the rule is not the one that was announced."
    for part in ("kind", "commitment", "source"):
        if earlier.head["seed"].get(part) != records.head["seed"].get(part):
            yield f"line 1: the {part} of the seed is not what was announced."
    if earlier.stage == "closed" and entries_digest(earlier.entries) != entries_digest(records.entries):
        yield "line 1: the entries are not those that were published when the ballot closed."
    seats = {run.id: run.seats for run in earlier.runs}
    for run in records.runs:
        if run.id in seats and seats[run.id] != run.seats:
            yield f"Run {run.id} had {seats[run.id]} seats in the earlier file and has {run.seats} now."
