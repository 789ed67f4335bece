"""JSON-LD as schema.org and OpenActive write it, made plain: one name a property, references followed, texts by tag.

Owns: which prefixes and contexts mean the two vocabularies, how `@id` references are followed within a document, and
how language tags are read. Fetches no context: what a document does not define itself counts as the vocabulary's own.
Called by the sources jsonld, rpde and routeguide.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from city.errors import InvalidInput
from city.text import clean_line
from indexer.sources.scripts_of_text import tag_of as script_of
from indexer.sources.wording import plain, plain_line

Node = Mapping[str, Any]
Texts = dict[str, str]

VOCABULARIES = re.compile(
    r"(?:https?://(?:www\.)?schema\.org/?(?:docs/jsonldcontext\.jsonl?d?)?|https?://(?:www\.)?openactive\.io(?:/[\w./-]*)?)#?"
)
OURS = re.compile(
    r"^(?:https?://(?:www\.)?(?:pending\.)?schema\.org/|https?://(?:www\.)?openactive\.io/(?:ns(?:-beta)?#)?)"
)
PREFIXES = frozenset({"schema", "sdo", "s", "oa", "beta", "pending"})
KEYWORDS = {"type": "@type", "id": "@id", "value": "@value", "language": "@language"}
HAN = re.compile(r"[\u3400-\u9fff]")
SIMPLE = re.compile(r"[A-Za-z0-9_.:/#+-]{1,200}")
LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
LONGEST_ID = 200
LONGEST_ADDRESS = 2_000
NAMELESS = "_:"
"""How JSON-LD names a node that has no identity outside its document."""


@dataclass(frozen=True)
class Vocabulary:
    """What a document's `@context` says: its own prefixes and terms, the language of texts, whether it is ours."""

    terms: Mapping[str, str] = field(default_factory=dict)
    language: str = ""
    is_ours: bool = True

    def within(self, context: Any) -> Vocabulary:
        """Return the vocabulary inside a node that states a context of its own."""
        if context is None:
            return self
        parts = context if isinstance(context, list) else [context]
        terms, language = dict(self.terms), self.language
        named = [part for part in parts if isinstance(part, str)]
        for part in parts:
            if isinstance(part, dict):
                terms.update({key: iri for key, value in part.items() if (iri := _iri(value)) and key[:1] != "@"})
                language = str(part.get("@language") or language)
                named += [str(part["@vocab"])] if part.get("@vocab") else []
        ours = not named or any(VOCABULARIES.fullmatch(name) for name in named)
        return Vocabulary(terms, language, ours)

    def name(self, key: str) -> str:
        """Return a property or type without the vocabulary it stands in; what is another vocabulary's stays whole."""
        if key in self.terms:
            return self.name_of_iri(self.terms[key])
        prefix, colon, rest = key.partition(":")
        if colon and not rest.startswith("//"):
            if (iri := self.terms.get(prefix)) is not None:
                return self.name_of_iri(iri + rest)
            return rest if prefix in PREFIXES else key
        return self.name_of_iri(key)

    def name_of_iri(self, iri: str) -> str:
        if (found := OURS.match(iri)) is not None:
            return iri[found.end() :]
        prefix, colon, rest = iri.partition(":")
        return rest if colon and prefix in PREFIXES else iri


def _iri(definition: Any) -> str:
    if isinstance(definition, dict):
        definition = definition.get("@id")
    return definition if isinstance(definition, str) else ""


def made_plain(value: Any, vocabulary: Vocabulary) -> Any:
    """Return a value with all names made plain; a node of a foreign context loses its type."""
    if isinstance(value, list):
        return [made_plain(part, vocabulary) for part in value]
    if not isinstance(value, dict):
        return value
    inner = vocabulary.within(value.get("@context"))
    node: dict[str, Any] = {}
    for key, part in value.items():
        if key == "@context":
            continue
        name = KEYWORDS.get(key, inner.name(key)) if key in ("type", "id") else inner.name(key)
        if name == "@type":
            node[name] = [inner.name(str(kind)) for kind in listed(part)] if inner.is_ours else []
        elif name not in node:
            node[name] = made_plain(part, inner)
    return node


def listed(value: Any) -> list[Any]:
    """Return a value as a list: nothing is an empty one; `@list` and `@set` are opened."""
    if isinstance(value, dict) and len(value) == 1 and (inner := value.get("@list", value.get("@set"))) is not None:
        return listed(inner)
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, list) else [value]


def first(value: Any) -> Any:
    """Return the first of several values, None of none."""
    return next(iter(listed(value)), None)


def types(node: Any) -> list[str]:
    """Return a plain node's types."""
    return [kind for kind in node.get("@type", []) if kind] if isinstance(node, dict) else []


def word(value: Any) -> str:
    """Return a plain value as one line of text: the value of a typed or tagged literal, a number, a name.

    What is no text, or too long for a word, says nothing.
    """
    value = first(value) if isinstance(value, (list, dict)) else value
    if isinstance(value, dict):
        value = next((value[key] for key in ("@value", "name", "prefLabel", "value", "@id") if value.get(key)), "")
        return word(value)
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    said = str(value)
    if SIMPLE.fullmatch(said):  # most words are a date, a number or a name of the vocabulary
        return said
    with contextlib.suppress(InvalidInput):
        return plain_line(said)
    return ""


def is_true(value: Any) -> bool | None:
    """Return a yes or no, None when a source says neither."""
    value = first(value)
    if isinstance(value, dict):
        value = value.get("@value")
    if isinstance(value, bool):
        return value
    said = str(value).rsplit("/", 1)[-1].strip().lower()
    return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(said)


def tag_of(language: str) -> str:
    """Return one of the three tags that the catalogue keeps for a BCP 47 tag, "" for another language."""
    parts = language.lower().replace("_", "-").split("-")
    if parts[0] == "en":
        return "en"
    if parts[0] not in ("zh", "cmn", "yue"):
        return ""
    traditional = {"hant", "hk", "tw", "mo"} & set(parts) or (parts[0] == "yue" and "hans" not in parts)
    return "zh-Hant" if traditional else "zh-Hans"


def texts(value: Any, language: str = "", *, field: str = "", lines: bool = False) -> Texts:
    """Return a text by language tag; `language` is what a document says of words without a tag (their letters decide).

    A language that the catalogue does not keep is left out, unless the source has no other one: then its words stand
    as English ones, which is where a reader of no other language looks last.
    """
    clean = plain if lines else plain_line
    found: Texts = {}
    other = ""
    for stated, said in _tagged(value):
        text = clean(said, field=field)
        tag = tag_of(stated) if stated else script_of(text, language)
        if text and tag:
            found.setdefault(tag, text)
        other = other or text
    return found or ({"en": other} if other else {})


def _tagged(value: Any) -> Iterator[tuple[str, str]]:
    """Yield (language as stated or "", words) of a text in any of JSON-LD's forms."""
    for part in listed(value):
        if isinstance(part, str):
            yield "", part
        elif isinstance(part, (int, float)) and not isinstance(part, bool):
            yield "", str(part)
        elif isinstance(part, dict):
            if isinstance(part.get("@value"), str):
                yield str(part.get("@language") or ""), part["@value"]
            elif any(tag_of(key) for key in part) and all(LANGUAGE_TAG.fullmatch(key) for key in part):
                yield from ((key, said) for key, words in part.items() for _, said in _tagged(words))
            elif isinstance(name := part.get("name", part.get("prefLabel")), (str, list, Mapping)):
                yield from _tagged(name)


def identity(node: Node) -> str:
    """Return the id a source gives a node: its @id, else its identifier, "" when it has neither."""
    if (stated := str(node.get("@id") or "")) and not stated.startswith(NAMELESS):
        return stated
    identifier = first(node.get("identifier"))
    if isinstance(identifier, dict):
        identifier = identifier.get("value", identifier.get("@value"))
    return str(identifier) if isinstance(identifier, (str, int)) and not isinstance(identifier, bool) else ""


def kept_id(stated: str, *otherwise: str) -> str:
    """Return an id that fits the catalogue: as stated, else a digest of it or of what the record says."""
    line = word(stated) if len(stated) <= LONGEST_ID else ""
    told = stated or "\x1f".join(otherwise)
    return line or hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:24]


def web_address(value: Any, base: str = "") -> str:
    """Return the first address of the web among the values, "" when there is none; `base` is the document's own."""
    for part in listed(value):
        if isinstance(part, dict):
            part = part.get("url") or part.get("contentUrl") or part.get("@id")
        address = _one_line(part)
        if base and address.startswith(("/", "./", "#", "?")):
            address = urljoin(base, address)
        if _is_web_address(address):
            return address
    return ""


def _one_line(value: Any) -> str:
    with contextlib.suppress(InvalidInput):
        return clean_line(value, longest=LONGEST_ADDRESS) if isinstance(value, str) else ""
    return ""


def _is_web_address(address: str) -> bool:
    """True for an http or https address with a host and without blanks."""
    if not address.startswith(("https://", "http://")) or " " in address:
        return False
    try:
        return bool(urlsplit(address).hostname)
    except ValueError:
        return False


class Graph:
    """The nodes of one document by their @id, so that a reference finds what it means."""

    def __init__(self) -> None:
        self._nodes: dict[str, dict[str, Any]] = {}

    def add(self, value: Any) -> None:
        """Take in a plain value and all nodes inside it; two statements about one node complete each other."""
        for part in listed(value) if isinstance(value, list) else [value]:
            if isinstance(part, list):
                self.add(part)
            elif isinstance(part, dict):
                if isinstance(node_id := part.get("@id"), str) and len(part) > 1:
                    known = self._nodes.setdefault(node_id, {})
                    known.update({key: inner for key, inner in part.items() if key not in known})
                for inner in part.values():
                    if isinstance(inner, (list, Mapping)):
                        self.add(inner)

    def resolved(self, value: Any) -> Any:
        """Return the node that a reference means; any other value as it is."""
        if isinstance(value, str):
            return self._nodes.get(value, value)
        if isinstance(value, dict) and isinstance(node_id := value.get("@id"), str):
            return self._nodes.get(node_id, value)
        return value

    def nodes(self, value: Any) -> list[Node]:
        """Return the nodes among the values, references followed; words and unknown references are left out."""
        found = (self.resolved(part) for part in listed(value))
        return [node for node in found if isinstance(node, dict) and len(node) > ("@id" in node)]


def stated(chain: Sequence[Node], *names: str) -> Any:
    """Return what the first node of the chain says under any of the names: a part inherits from what it belongs to."""
    for node in chain:
        for name in names:
            if listed(node.get(name)):
                return node[name]
    return None
