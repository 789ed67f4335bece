"""Which password may be chosen, and what is kept of it (OWASP ASVS 5.0 V6.2)."""

from __future__ import annotations

import threading

import pytest

from city.errors import InvalidInput, NotFound
from city.passwords import AT_ONCE, LONGEST, SHORTEST_ALONE, Cost, Passwords, checked_password, common_passwords
from city.sealing import Seal

CHEAP = Passwords(Cost(memory_kib=8, passes=1))


@pytest.mark.parametrize(
    "password",
    [
        "violet harbour ninety",
        "correct horse battery",
        "长江后浪推前浪一代新人换旧人也",
        "  spaces   count   too ",
        "thirty blue kites over a slow river and one lamp left burning to",
        "ééééé violet harbour",
    ],
)
def test_long_words_of_any_letters_may_be_chosen(password: str) -> None:
    assert checked_password(password) == password


@pytest.mark.parametrize("length", [SHORTEST_ALONE - 1, LONGEST + 1])
def test_too_short_and_too_long_are_refused(length: int) -> None:
    with pytest.raises(InvalidInput):
        checked_password(("violet harbour " * 20)[:length])


@pytest.mark.parametrize(
    "password",
    ["password123", "Password1", "1234567890", "qwertyuiop", "woaini1314", "aaaaaaaaaaaa", "learncity2026",
     "XueCheng123", "baseballbaseball", "mei.li-1988", "Library!!", "abcabcabcabc"],
)  # fmt: skip
def test_what_everybody_guesses_first_is_refused_whatever_its_length(password: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_password(password, shortest=8, about=("Mei Li", "mei.li@library.example"))
    assert password not in f"{refused.value} {refused.value.remedy} {refused.value.value}"


def test_the_list_holds_the_three_thousand_commonest_of_eight_letters() -> None:
    known = common_passwords()
    assert len(known) > 3_000 and {"password", "12345678", "iloveyou"} <= known
    assert min(map(len, known)) >= 8


def test_only_the_password_itself_fits_and_nothing_fits_nobody() -> None:
    kept = CHEAP.hash("violet harbour ninety")
    assert kept.startswith("$argon2id$") and "violet" not in kept
    assert CHEAP.fits(kept, "violet harbour ninety")
    assert not CHEAP.fits(kept, "violet harbour Ninety")
    assert not CHEAP.fits("", "nobody has this password")
    assert not CHEAP.fits(kept, "v" * 1_000_000)


def test_one_letter_typed_in_two_ways_is_one_letter() -> None:
    assert CHEAP.fits(CHEAP.hash("caf\u00e9 harbour ninety"), "cafe\u0301 harbour ninety")


def test_a_hash_of_another_cost_is_made_anew() -> None:
    assert Passwords(Cost(memory_kib=16, passes=1)).is_outdated(CHEAP.hash("violet harbour ninety"))
    assert not CHEAP.is_outdated(CHEAP.hash("violet harbour ninety"))


def test_what_is_hashed_by_default_costs_what_owasp_asks() -> None:
    assert "$m=19456,t=2,p=1$" in Passwords().hash("violet harbour ninety")


def test_no_more_than_two_are_hashed_at_once() -> None:
    hashes = Passwords(Cost(memory_kib=8, passes=1))
    inside, most, lock, both = 0, 0, threading.Lock(), threading.Barrier(AT_ONCE)

    class Counting:
        def hash(self, _: str) -> str:
            nonlocal inside, most
            with lock:
                inside += 1
                most = max(most, inside)
            both.wait(timeout=10)  # two are in here together, or this fails
            with lock:
                inside -= 1
            return "x"

    hashes._hasher = Counting()  # type: ignore[assignment]
    threads = [threading.Thread(target=hashes.hash, args=("x",)) for _ in range(AT_ONCE * 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == AT_ONCE


def test_what_is_sealed_opens_for_its_purpose_and_owner_alone() -> None:
    seal = Seal("a key", "second factor")
    sealed = seal.close("JBSWY3DP", "7")
    assert seal.open(sealed, "7") == "JBSWY3DP" and seal.close("JBSWY3DP", "7") != sealed
    for other, owner in ((seal, "8"), (Seal("a key", "kept form"), "7"), (Seal("another key", "second factor"), "7")):
        with pytest.raises(NotFound):
            other.open(sealed, owner)
    for broken in ("", "x", sealed[:-2] + "AA", "é"):
        with pytest.raises(NotFound):
            seal.open(broken, "7")
