"""Numbers people read out: of bookings and of phones."""

from __future__ import annotations

import pytest

from city.booking_numbers import new_number, read_number, spoken, with_check_digit
from city.errors import InvalidInput
from city.phones import can_get_messages, last_digits, phone_number, written


def test_a_booking_number_is_read_as_it_is_spoken_typed_or_pasted() -> None:
    number = new_number()
    assert read_number(spoken(number)) == read_number(f"{number[:4]}-{number[4:]}") == number
    assert read_number("１２３４ ５６７４") == "12345674"


@pytest.mark.parametrize("wrong", ["1234567", "123456740", "12345670", "21345674", "abcdefgh", "", "١٢٣٤٥٦٧٤"])
def test_a_slip_in_a_booking_number_is_noticed(wrong: str) -> None:
    with pytest.raises(InvalidInput, match="no booking number"):
        read_number(wrong)


def test_every_single_wrong_digit_is_noticed() -> None:
    number = with_check_digit("4821930")
    for place in range(8):
        for digit in set("0123456789") - {number[place]}:
            with pytest.raises(InvalidInput):
                read_number(number[:place] + digit + number[place + 1 :])


@pytest.mark.parametrize(
    "typed", ["138 0013 8000", "138-0013-8000", "１３８００１３８０００", "+86 13800138000", "008613800138000"]
)
def test_a_mobile_number_is_kept_in_one_form_however_it_is_typed(typed: str) -> None:
    assert phone_number(typed) == "+8613800138000"
    assert written("+8613800138000") == "138 0013 8000"
    assert last_digits("+8613800138000") == "8000"


def test_a_message_reaches_a_mobile_and_a_landline_is_called() -> None:
    assert can_get_messages(phone_number("138 0013 8000"))
    assert not can_get_messages(phone_number("021-6217 1234"))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("1380013", "too few"),
        ("1380013800", "too few"),
        ("138001380001", "too many"),
        ("tea", "no phone"),
        ("", "no phone"),
    ],
)
def test_a_wrong_phone_number_is_refused_with_what_would_be_right(typed: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        phone_number(typed)
    assert "138 0013 8000" in refused.value.remedy
