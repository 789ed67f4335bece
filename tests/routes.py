"""All routes of the site as tests walk them: an address for each, whatever its variables.

Owns: which value stands for a variable. A test gives objects by name, of a route or in general; what it does not name
is filled in by the kind of the variable. A kind that is not known here is a failure that says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.routing import Rule

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
BY_KIND = {
    "BoundedInteger": 1,
    "IntegerConverter": 1,
    "Slug": "hubin",
    "UnicodeConverter": "x.y",
    "PathConverter": "x/y",
    "Language": "zh",
}


def routes(app: Flask) -> Iterator[Rule]:
    """Yield every route but that of files."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            yield rule


def unsafe_methods(rule: Rule) -> list[str]:
    """Return the methods of a route by which something is done."""
    return sorted((rule.methods or set()) - SAFE)


def address_of(app: Flask, rule: Rule, given: Mapping[str, Any] | None = None) -> str:
    """Return the path of a route with an object for each variable."""
    values = {name: (given or {}).get(name, _by_kind(rule, name)) for name in rule.arguments}
    with app.test_request_context():
        built = app.url_map.bind("localhost").build(rule.endpoint, values, method=None)
    return urlsplit(built).path


def _by_kind(rule: Rule, name: str) -> Any:
    converter = rule._converters[name]
    if hasattr(converter, "items"):  # any(…): one of the words it names
        return sorted(converter.items)[0]
    kind = type(converter).__name__
    assert kind in BY_KIND, f"{rule.rule}: tests/routes.py names no value for a {kind}, like <{name}>"
    return BY_KIND[kind]
