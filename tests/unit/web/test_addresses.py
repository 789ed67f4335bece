"""Redirects stay on this site, origins are believed only where they can be true."""

from __future__ import annotations

import pytest

from city.services.enrolling import DIRECT
from web.addresses import is_slug, safe_next
from web.origins import origin_of

LEAD_AWAY = [
    "//h",
    "///h",
    "/\\h",
    "\\\\h",
    "https:h",
    "https://h",
    "http:///h",
    "\t//h",
    "/\t/h",
    "\n//h",
    "/\n/h",
    "javascript:alert(1)",
    ".h",
    "@h",
    "h",
    "",
    "/ok\r\nSet-Cookie: a=b",
    "/a\\..\\h",
    "/\u202e",
    "ftp:/h",
]
STAY = ["/ok", "/ok?x=//h", "/ok#@h", "/%2f/h", "/zh/search?q=书法&page=2"]


@pytest.mark.parametrize("target", LEAD_AWAY)
def test_a_target_that_leads_to_another_host_is_replaced_by_a_page_of_ours(target: str) -> None:
    assert safe_next(target, "/zh/") == "/zh/"


@pytest.mark.parametrize("target", STAY)
def test_a_page_of_ours_is_gone_back_to_as_it_was(target: str) -> None:
    assert safe_next(target, "/zh/") == target


def test_without_a_target_the_other_page_is_opened() -> None:
    assert safe_next(None, "/en/saved") == "/en/saved"


def test_a_click_from_a_list_carries_source_list_and_position() -> None:
    origin = origin_of({"from": "home", "list": "abcdefghijklmnopqrstuvwx", "at": "3"})
    assert (origin.source, origin.list_id, origin.position) == ("home", "abcdefghijklmnopqrstuvwx", 3)


@pytest.mark.parametrize(
    "values", [{}, {"from": "evil"}, {"from": ""}, {"list": "abcdefghijklmnopqrstuvwx", "at": "1"}]
)
def test_a_source_nobody_knows_counts_as_a_direct_visit(values: dict[str, str]) -> None:
    assert origin_of(values) == DIRECT


@pytest.mark.parametrize("at", ["0", "-1", "501", "99999999999999999999", "１", "x", ""])
def test_a_position_no_list_has_is_left_out(at: str) -> None:
    assert origin_of({"from": "search", "at": at}).position is None


@pytest.mark.parametrize("list_id", ["short", "x" * 33, "has space in it ok", "'; drop table --", "书" * 20])
def test_a_list_id_we_never_gave_is_left_out(list_id: str) -> None:
    assert origin_of({"from": "home", "list": list_id}).list_id is None


@pytest.mark.parametrize("text", ["hubin", "ink_painting", "3rd-street"])
def test_a_readable_key_is_known(text: str) -> None:
    assert is_slug(text)


@pytest.mark.parametrize("text", ["Hubin", "", "-x", "x" * 65, "湖滨", "a\n", "a b"])
def test_what_cannot_be_a_key_is_told_from_one(text: str) -> None:
    assert not is_slug(text)
