"""Phone numbers as people write them, and the one form in which they are kept (ITU-T E.164).

Owns: which number is meant, and whether a message can reach it. The national plans are those of the library
`phonenumbers`; a number without a country is one of the city's country.
"""

from __future__ import annotations

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType, ValidationResult

from city.errors import InvalidInput
from city.text import clean_line

COUNTRY = "CN"
EXAMPLE = "138 0013 8000"
LONGEST_TYPED = 40
MOBILE_DIGITS = 11
TOO_SHORT = (ValidationResult.TOO_SHORT, ValidationResult.IS_POSSIBLE_LOCAL_ONLY)
CAN_GET_MESSAGES = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


def phone_number(text: str, *, field: str = "phone") -> str:
    """Return the number in E.164, like +8613800138000; blanks, dashes and full-width digits may stand in it.

    Raises InvalidInput: too short, too long, or no number.
    """
    typed = clean_line(text, field=field, longest=LONGEST_TYPED)
    try:
        parsed = phonenumbers.parse(typed, COUNTRY)
    except NumberParseException:
        raise _wrong("This is no phone number.", typed, field) from None
    verdict = phonenumbers.is_possible_number_with_reason(parsed)
    mobile = _mobile_digits(parsed) or MOBILE_DIGITS
    if verdict in TOO_SHORT or mobile < MOBILE_DIGITS:
        raise _wrong("The phone number has too few digits.", typed, field)
    if verdict == ValidationResult.TOO_LONG or mobile > MOBILE_DIGITS:
        raise _wrong("The phone number has too many digits.", typed, field)
    if verdict != ValidationResult.IS_POSSIBLE or parsed.extension:
        raise _wrong("This is no phone number.", typed, field)
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)


def written(number: str) -> str:
    """Return a kept number as people here write it; one of another country keeps its code."""
    try:
        parsed = phonenumbers.parse(number, COUNTRY)
    except NumberParseException:
        return number
    own = parsed.country_code == phonenumbers.country_code_for_region(COUNTRY)
    return phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL if own else PhoneNumberFormat.INTERNATIONAL)


def last_digits(number: str) -> str:
    """Return the last four digits, by which a person recognises the own number."""
    return number[-4:]


def can_get_messages(number: str) -> bool:
    """True when a text message can reach it; a landline is called."""
    try:
        return phonenumbers.number_type(phonenumbers.parse(number, COUNTRY)) in CAN_GET_MESSAGES
    except NumberParseException:
        return False


def _mobile_digits(parsed: phonenumbers.PhoneNumber) -> int | None:
    """Return how many digits a number of this country has that begins like a mobile, None for any other.

    The library takes such a number of another length for a landline.
    """
    national = str(parsed.national_number)
    own = parsed.country_code == phonenumbers.country_code_for_region(COUNTRY) and not parsed.italian_leading_zero
    return len(national) if own and national[0] == "1" and national[1:2] in "3456789" else None


def _wrong(sentence: str, typed: str, field: str) -> InvalidInput:
    return InvalidInput(sentence, field=field, value=typed, remedy=f"11 digits, like {EXAMPLE}")
