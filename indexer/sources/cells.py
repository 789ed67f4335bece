"""What one cell of a table says: yes or no, a number, degrees, a price, a web address, a known word.

Owns: the sentence and the remedy for a cell that says something else. Pure; called by `tables`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from city.errors import InvalidInput
from city.terms import Price
from city.text import clean_line
from indexer.sources.mapping import TAGS
from indexer.sources.scripts_of_text import tag_of

YES = frozenset({"1", "yes", "true", "y", "是"})
NO = frozenset({"", "0", "no", "false", "n", "否"})
FREE_WORDS = frozenset({"free", "免费", "免費", "公益", "free of charge"})
COUNT = re.compile(r"([0-9]{1,6})(?:\.0)?\s*(?:人|名|位|个|個|岁|歲|seats?|places?)?", re.IGNORECASE)
CURRENCY_MARKS = re.compile(r"[￥¥]|元$|人民币|rmb|cny", re.IGNORECASE)
LARGEST_COUNT = 100_000
DEAREST = 1_000_000

Cells = Mapping[str, str]


def texts(cells: Cells, name: str, clean: Callable[..., str]) -> dict[str, str]:
    """Return a text field by language tag; one without a tag is told apart by its script."""
    found = {tag: clean(cells[key], field=key) if (key := f"{name}.{tag}") in cells else "" for tag in TAGS}
    if untagged := clean(cells[name], field=name) if name in cells else "":
        tag = tag_of(untagged)
        found[tag] = (
            "\n".join(part for part in (found[tag], untagged) if part) if name == "note" else found[tag] or untagged
        )
    return {tag: text for tag, text in found.items() if text}


def yes(cells: Cells, name: str) -> bool:
    word = cells.get(name, "").lower()
    if word not in YES | NO:
        raise InvalidInput("This is neither yes nor no.", field=name, value=word, remedy="yes or no")
    return word in YES


def known(name: str, value: str, choices: Iterable[Any]) -> str:
    """Return a value that is one of the choices; raises InvalidInput."""
    allowed = [str(choice) for choice in choices]
    if value not in allowed:
        raise InvalidInput("This is not one of the known values.", field=name, value=value, remedy=", ".join(allowed))
    return value


def one_of(cells: Cells, name: str, choices: Iterable[Any], default: str) -> str:
    return known(name, cells.get(name, str(default)).lower(), choices)


def count(cells: Cells, name: str) -> int | None:
    """Return a whole number, as "12" or "12人"."""
    if name not in cells:
        return None
    match = COUNT.fullmatch(cells[name])
    if match is None or not match[1].isascii() or int(match[1]) > LARGEST_COUNT:
        raise InvalidInput("This is not a whole number.", field=name, value=cells[name], remedy="a number like 12")
    return int(match[1])


def degrees(cells: Cells, name: str, limit: int) -> float | None:
    if name not in cells:
        return None
    try:
        value = float(cells[name])
    except ValueError:
        value = float("nan")
    if not -limit <= value <= limit:
        raise InvalidInput("These are not degrees.", field=name, value=cells[name], remedy="degrees like 30.51")
    return value


def prices(cells: Cells) -> tuple[dict[str, Any], ...]:
    """Return the one price of a row, none when it has no cell."""
    if "price" not in cells:
        return ()
    word = CURRENCY_MARKS.sub("", cells["price"].strip().lower()).replace(",", "").strip()
    try:
        amount = 0.0 if word in FREE_WORDS else float(word)
    except ValueError:
        amount = -1.0
    if not 0 <= amount < DEAREST:
        raise InvalidInput("This is not a price.", field="price", value=cells["price"], remedy="20, 20.50 or free")
    return (Price(round(amount * 100), cells.get("currency", "CNY").upper()[:3]).as_json(),)


def web_address(cells: Cells) -> str:
    address = clean_line(cells.get("web_address", ""), field="web_address", longest=2_000)
    if address and not address.startswith(("https://", "http://")):
        raise InvalidInput("This is not a web address.", field="web_address", value=address, remedy="https://…")
    return address
