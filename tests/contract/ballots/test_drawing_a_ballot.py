"""From the announcement to the places: what is published when, who gets what, and that a cut-off run does no harm."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from city.ballot_jobs import run_ballots
from city.ballot_records import audited
from city.errors import Conflict, InvalidInput, NotAllowed
from city.model import EnrolmentMode, EnrolmentStatus, Message, SeedKind
from city.services.ballot_office import BallotOffice, Stage, file_digest, published
from city.services.ballot_plan import PriorityClass
from city.services.enrolling import Enrolling
from city.services.permissions import Actor
from city.store.database import Database
from fixtures.factories import NOW, a_citizen
from tests.small_ballot import AFTER, CLOSES, VISITOR, Ballotry, lay_classes

SCRIPT = Path(__file__).parents[3] / "docs" / "check_draw.py"


@pytest.fixture
def laid(database: Database) -> Ballotry:
    """Two classes with 3 and 2 seats, and nine people of whom one brings a friend."""
    found = lay_classes(database, 3, 2)
    found.open()
    for nth in range(9):
        found.enter(nth, nth % 2, (nth + 1) % 2, party_size=2 if nth == 4 else 1)
    return found


def file(laid: Ballotry, stage: Stage) -> str:
    with laid.database.reading() as work:
        return published(work, laid.ballot_id, stage).body


def places(laid: Ballotry) -> dict[int, list[tuple[str, str, int]]]:
    """Return run → (status, phone, people) in the order of ids."""
    with laid.database.reading() as work:
        return {
            run_id: [(row.status, row.contact_phone, row.party_size) for row in work.enrolments.live_of_run(run_id)]
            for run_id in laid.runs
        }


def told(laid: Ballotry) -> Counter[str]:
    with laid.database.writing() as work:
        found: list[Message] = work.messages.due(CLOSES + timedelta(days=300), n=500)
    return Counter(message.purpose for message in found)


def records(text: str, kind: str) -> list[dict[str, object]]:
    return [row for row in map(json.loads, text.splitlines()) if row["kind"] == kind]


# what is published, and when


def test_before_anybody_enters_the_rule_and_the_source_of_the_seed_are_public(database: Database) -> None:
    laid = lay_classes(database, 3, 2)
    laid.open(priorities={PriorityClass.FIRST_TIME: 3})
    head = records(file(laid, Stage.ANNOUNCED), "ballot")[0]
    assert head["seed"]["kind"] == "public" and "Shanghai Composite" in head["seed"]["source"]  # type: ignore[index]
    assert sum(turn == ["first_time"] for turn in head["rule"]["turns"]) == 3  # type: ignore[index]
    assert [row["seats"] for row in records(file(laid, Stage.ANNOUNCED), "run")] == [3, 2]


def test_a_sealed_number_is_promised_at_the_announcement_and_shown_only_with_the_result(database: Database) -> None:
    laid = lay_classes(database)
    laid.open(seed_kind=SeedKind.COMMIT_AND_REVEAL, seed_source="")
    laid.enter(1)
    laid.draw()
    announced, closed, drawn = (records(file(laid, stage), "ballot")[0]["seed"] for stage in Stage)
    assert announced["commitment"] == closed["commitment"] == drawn["commitment"] != ""  # type: ignore[index]
    assert "secret" not in announced and "secret" not in closed  # type: ignore[operator]
    assert audited(file(laid, Stage.DRAWN), file(laid, Stage.CLOSED)).is_equal


def test_the_list_of_entries_is_public_before_the_seed_can_be_known(laid: Ballotry) -> None:
    digest = laid.close()
    closed = file(laid, Stage.CLOSED)
    assert digest == records(closed, "ballot")[0]["entries_sha256"]
    assert len(records(closed, "entry")) == 9
    assert "138" not in "".join(json.dumps(row) for row in records(closed, "entry"))
    assert audited(closed).is_equal
    with laid.database.reading() as work:
        listed = {stage: sha256 for stage, sha256, _ in work.ballots.published(laid.ballot_id)}
    assert listed[Stage.CLOSED] == file_digest(closed)


def test_nobody_closes_early_reveals_early_or_draws_early(laid: Ballotry) -> None:
    with pytest.raises(Conflict, match="still open"):
        laid.office.close(Actor.system(), laid.ballot_id)
    with pytest.raises(Conflict, match="not published yet"):
        laid.office.reveal(laid.publisher, laid.ballot_id, "1")
    with pytest.raises(Conflict, match="not closed yet"):
        laid.office.draw(Actor.system(), laid.ballot_id)
    laid.close()
    with pytest.raises(Conflict, match="not written down yet"):
        laid.office.draw(Actor.system(), laid.ballot_id)


def test_what_the_source_said_is_written_down_once_in_one_form(laid: Ballotry) -> None:
    laid.close()
    assert laid.office.reveal(laid.publisher, laid.ballot_id, "３４12,07") == "3412 07"
    assert laid.office.reveal(laid.publisher, laid.ballot_id, "3412-07") == "3412 07"
    with pytest.raises(Conflict, match="3412 07"):
        laid.office.reveal(laid.publisher, laid.ballot_id, "3412 08")
    with pytest.raises(InvalidInput):
        laid.office.reveal(laid.publisher, laid.ballot_id, "—")


def test_closing_again_gives_the_same_digest(laid: Ballotry) -> None:
    assert laid.close() == laid.close()


# the result


def test_every_seat_is_given_everybody_is_told_and_the_lines_follow_the_turns(laid: Ballotry) -> None:
    laid.draw()
    text = file(laid, Stage.DRAWN)
    assert audited(text, file(laid, Stage.CLOSED)).is_equal
    found = places(laid)
    for run_id, seats in zip(laid.runs, (3, 2), strict=True):
        assert sum(people for status, _, people in found[run_id] if status == EnrolmentStatus.CONFIRMED) == seats
    winners = {row[1] for rows in found.values() for row in rows if row[0] == EnrolmentStatus.CONFIRMED}
    waiting = {row[1] for rows in found.values() for row in rows if row[0] == EnrolmentStatus.WAITLISTED}
    assert winners.isdisjoint(waiting) and len(winners | waiting) == 9
    said = told(laid)
    assert (said["drawn"], said["not_drawn"]) == (len(winners), len(waiting))
    for row in records(text, "waiting"):
        names = _names(laid)
        line = [called for status, called, _ in found[row["run"]] if status == EnrolmentStatus.WAITLISTED]  # type: ignore[index]
        assert line == [names[name] for name in row["entries"]]  # type: ignore[attr-defined, index]


def _names(laid: Ballotry) -> dict[str, str]:
    with laid.database.reading() as work:
        rows = work.ballots.standing(laid.ballot_id)
        return {row.pseudonym: work.ballots.entry(row.id).contact_phone for row in rows}


def test_the_story_of_an_entry_says_its_turn_and_what_was_left_then(laid: Ballotry) -> None:
    laid.draw()
    with laid.database.reading() as work:
        rows = {row.pseudonym: row for row in work.ballots.standing(laid.ballot_id)}
    for turn in records(file(laid, Stage.DRAWN), "turn"):
        row = rows[str(turn["entry"])]
        story = laid.balloting.story(Actor.holder(row.citizen_id), row.id)
        assert (story.turn, story.entry_count) == (turn["turn"], 9)
        assert [wish.left for wish in story.wishes] == turn["left"]
        assert [wish.run.id for wish in story.wishes if wish.outcome == "got"] == turn["got"]
        assert all((wish.place is not None) == (wish.outcome == "waits") for wish in story.wishes)


def test_drawing_again_changes_nothing(laid: Ballotry) -> None:
    laid.draw()
    before, said, text = places(laid), told(laid), file(laid, Stage.DRAWN)
    laid.office.draw(Actor.system(), laid.ballot_id)
    laid.settling.settle(laid.ballot_id)
    assert (places(laid), told(laid), file(laid, Stage.DRAWN)) == (before, said, text)


@pytest.mark.parametrize("breaks_after", range(3))
def test_a_draw_cut_off_anywhere_is_finished_by_the_next_look(
    laid: Ballotry, monkeypatch: pytest.MonkeyPatch, breaks_after: int
) -> None:
    """The worker dies before the result is kept, after it, or while people are told; then it is started again."""
    monkeypatch.setattr("city.services.ballot_settling.AT_ONCE", 4)
    laid.close()
    laid.office.reveal(laid.publisher, laid.ballot_id, "1")
    steps = 0
    retrying = Database.retrying

    def dying(database: Database, use_case: object) -> object:
        nonlocal steps
        if steps == breaks_after:
            raise KeyboardInterrupt
        steps += 1
        return retrying(database, use_case)  # type: ignore[arg-type]

    with monkeypatch.context() as broken:
        broken.setattr(Database, "retrying", dying)
        with pytest.raises(KeyboardInterrupt):
            run_ballots(laid.database, laid.clock, laid.links)
    run_ballots(laid.database, laid.clock, laid.links)
    assert run_ballots(laid.database, laid.clock, laid.links) == ""
    said = told(laid)
    assert said["drawn"] + said["not_drawn"] == 9
    assert sum(people for rows in places(laid).values() for status, _, people in rows if status == "confirmed") == 5


def test_the_worker_closes_in_time_and_draws_when_the_sealed_number_may_be_opened(database: Database) -> None:
    laid = lay_classes(database)
    laid.open(seed_kind=SeedKind.COMMIT_AND_REVEAL, seed_source="")
    laid.enter(1)
    assert run_ballots(laid.database, laid.clock, laid.links) == ""
    laid.now = AFTER
    assert "closed" in run_ballots(laid.database, laid.clock, laid.links)
    assert places(laid)[laid.runs[0]][0][0] == EnrolmentStatus.CONFIRMED


def test_with_a_public_source_the_worker_closes_and_waits_for_its_value(laid: Ballotry) -> None:
    laid.now = AFTER
    assert run_ballots(laid.database, laid.clock) == f"ballot {laid.ballot_id} closed."
    assert run_ballots(laid.database, laid.clock) == ""
    laid.office.reveal(laid.publisher, laid.ballot_id, "1")
    assert "drawn" in run_ballots(laid.database, laid.clock)


def test_what_is_left_goes_to_whoever_comes_first_after_the_draw(database: Database) -> None:
    laid = lay_classes(database, 3, 2)
    laid.open()
    laid.enter(1, 0)
    laid.draw()
    with database.reading() as work:
        assert {run.enrolment_mode for run in work.ballots.runs(laid.ballot_id)} == {EnrolmentMode.FIRST_COME}
        assert [run.seats_left() for run in work.ballots.runs(laid.ballot_id)] == [2, 2]


def test_a_seat_given_back_goes_to_the_first_in_line(laid: Ballotry) -> None:
    laid.draw()
    run_id = laid.runs[0]
    with laid.database.reading() as work:
        rows = work.enrolments.live_of_run(run_id)
        given_back = next(row for row in rows if row.status == "confirmed" and row.party_size == 1)
        first = next(row for row in rows if row.status == "waitlisted" and row.party_size == 1)
    Enrolling(laid.database, laid.clock, laid.links).cancel_place(Actor.holder(given_back.citizen_id), given_back.id)
    with laid.database.reading() as work:
        promoted = work.enrolments.find(first.id)
    assert promoted is not None and promoted.status == EnrolmentStatus.CONFIRMED


# who comes before whom


def test_tickets_and_classes_are_found_from_what_happened_before(database: Database) -> None:
    laid = lay_classes(database, 3, 2, 2)
    everything, laid.runs = laid.runs, laid.runs[:1]
    laid.open()
    for nth in range(2):
        laid.enter(nth)
    laid.draw()
    laid.now, laid.runs = NOW, everything[1:]
    laid.open(priorities={PriorityClass.FIRST_TIME: 10, PriorityClass.UNDER_SERVED: 2})
    with database.writing() as work:
        work.citizens.add(hill := a_citizen(phone="+8613800000007", area_id="yunling"))
        work.flush()
        citizen_id = hill.id
        work.commit()
    for nth in (0, 5):
        laid.enter(nth)
    laid.enter(7, actor=Actor.citizen(citizen_id))
    laid.close()
    names = _names(laid)
    entries = {names[str(row["entry"])][-1]: row for row in records(file(laid, Stage.CLOSED), "entry")}
    assert (entries["0"]["tickets"], entries["0"]["classes"]) == (30, [])
    assert (entries["5"]["tickets"], entries["5"]["classes"]) == (60, ["first_time"])
    assert (entries["7"]["tickets"], entries["7"]["classes"]) == (60, ["first_time", "under_served"])


def test_first_timers_before_all_others_are_drawn_before_all_others(database: Database) -> None:
    laid = lay_classes(database, 2, 2)
    everything, laid.runs = laid.runs, laid.runs[:1]
    laid.open()
    for nth in range(2):
        laid.enter(nth)
    laid.draw()
    laid.now, laid.runs = NOW, everything[1:]
    laid.open(priorities={PriorityClass.FIRST_TIME: 10})
    for nth in range(4):
        laid.enter(nth)
    laid.draw()
    confirmed = {called[-1] for status, called, _ in places(laid)[laid.runs[0]] if status == "confirmed"}
    assert confirmed == {"2", "3"}


# when something changes on the way


def test_a_run_called_off_after_the_closing_has_no_seats_in_the_draw_and_other_wishes_count(laid: Ballotry) -> None:
    laid.close()
    with laid.database.writing() as work:
        run = work.enrolments.locked_run(laid.runs[0])
        assert run is not None
        run.cancelled = True
        work.commit()
    laid.draw()
    text = file(laid, Stage.DRAWN)
    assert [row["seats"] for row in records(text, "run")] == [0, 2]
    assert audited(text).is_equal
    assert places(laid)[laid.runs[0]] == []


def test_seats_lowered_while_it_is_worked_out_are_not_given(laid: Ballotry, monkeypatch: pytest.MonkeyPatch) -> None:
    laid.close()
    laid.office.reveal(laid.publisher, laid.ballot_id, "1")
    work_out, tries = BallotOffice._result, list[int]()

    def lowering_after_the_first(office: BallotOffice, actor: Actor, ballot_id: int) -> object:
        found = work_out(office, actor, ballot_id)
        if not tries:
            with laid.database.writing() as work:
                run = work.enrolments.locked_run(laid.runs[0])
                assert run is not None and work.enrolments.resize(run, 1)
                work.commit()
        tries.append(1)
        return found

    monkeypatch.setattr(BallotOffice, "_result", lowering_after_the_first)
    laid.office.draw(Actor.system(), laid.ballot_id)
    text = file(laid, Stage.DRAWN)
    assert len(tries) == 2 and audited(text).is_equal
    assert [row["seats"] for row in records(text, "run")] == [1, 2]
    assert sum(status == EnrolmentStatus.CONFIRMED for status, _, _ in places(laid)[laid.runs[0]]) == 1


def test_a_ballot_that_is_called_off_is_told_to_all_and_its_runs_are_free_for_another(laid: Ballotry) -> None:
    laid.office.cancel(laid.publisher, laid.ballot_id, "the house is closed")
    laid.settling.settle_all()
    assert told(laid)["ballot_cancelled"] == 9
    laid.settling.settle_all()
    assert told(laid)["ballot_cancelled"] == 9
    laid.open()


# what may be announced


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"closes_at": NOW + timedelta(days=6)}, "closes_at"),
        ({"closes_at": NOW + timedelta(days=60)}, "closes_at"),
        ({"run_ids": ()}, "run"),
        ({"run_ids": (999_999,)}, "run"),
        ({"priorities": {PriorityClass.FIRST_TIME: 11}}, "priorities"),
        ({"priorities": {PriorityClass.FIRST_TIME: 6, PriorityClass.UNDER_SERVED: 5}}, "priorities"),
        ({"most_runs": 0}, "most_runs"),
        ({"seed_source": "  "}, "seed_source"),
    ],
)
def test_an_unfair_or_impossible_ballot_is_refused_and_the_field_named(
    sqlite_database: Database, values: dict[str, object], field: str
) -> None:
    laid = lay_classes(sqlite_database)
    with pytest.raises(InvalidInput) as refused:
        laid.open(**values)
    assert refused.value.field == field and refused.value.remedy


def test_a_run_is_in_one_ballot_at_a_time(sqlite_database: Database) -> None:
    laid = lay_classes(sqlite_database)
    laid.open()
    with pytest.raises(InvalidInput, match="in a ballot already"):
        laid.office.prepare(laid.publisher, laid.operator_id, laid.plan())


def test_only_the_operators_publisher_and_the_city_run_a_ballot(sqlite_database: Database) -> None:
    laid = lay_classes(sqlite_database)
    for stranger in (VISITOR, Actor.citizen(1), Actor.publisher(laid.operator_id + 1)):
        with pytest.raises(NotAllowed):
            laid.office.prepare(stranger, laid.operator_id, laid.plan())
    laid.open()
    for deed in (laid.office.close, laid.office.draw, laid.office.cancel):
        with pytest.raises(NotAllowed):
            deed(Actor.publisher(laid.operator_id + 1), laid.ballot_id)


def test_each_step_stands_in_the_audit_log(laid: Ballotry) -> None:
    laid.draw()
    with laid.database.reading() as work:
        steps = [row.after for row in work.audit_log.of_object("ballot", str(laid.ballot_id))]
    assert [step.get("status") or step.get("public_value") for step in steps] == [
        "drawn",
        "3412 07",
        "closed",
        "announced",
        "draft",
    ]


# the script that needs none of our code


def test_the_script_of_the_documents_is_short_and_agrees(laid: Ballotry, tmp_path: Path) -> None:
    assert len(SCRIPT.read_text().splitlines()) <= 60
    laid.draw()
    text = file(laid, Stage.DRAWN)
    assert _checked(tmp_path, text) == (0, "equal")
    loser = next(row for row in records(text, "turn") if not row["got"])
    forged = text.replace(f'"got":[],"kind":"turn","left":{json.dumps(loser["left"], separators=(",", ":"))},"turn":{loser["turn"]}', f'"got":[{laid.runs[0]}],"kind":"turn","left":{json.dumps(loser["left"], separators=(",", ":"))},"turn":{loser["turn"]}')  # fmt: skip  # noqa: E501
    assert forged != text
    code, said = _checked(tmp_path, forged)
    assert code == 1 and "another result" in said


def _checked(folder: Path, text: str) -> tuple[int, str]:
    path = folder / "drawn.jsonl"
    path.write_bytes(text.encode())
    done = subprocess.run([sys.executable, "-I", "-S", SCRIPT, path], capture_output=True, text=True, check=False)
    return done.returncode, (done.stdout + done.stderr).strip()
