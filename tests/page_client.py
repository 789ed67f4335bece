"""The one client through which tests read pages: whatever it fetches is inspected (interface.md sections 1, 5, 11, 12).

Owns: what every page must hold, whoever asked for it: well-formed HTML, one h1, a title of its own, the right language
on every run of text, headings in steps, labels, ids, the content policy with a fresh nonce, no third party, the
telephone in the footer, the skip link first, the other language at the same address, full-width punctuation, weight.
`PageClient(app).get("/zh/")` gives a `Page`; `page.press("收藏")` sends the form of that button.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit
from xml.etree.ElementTree import Element

import html5lib
from flask import Flask
from werkzeug.test import TestResponse

LARGEST_BYTES = 15 * 1024
LARGEST_ELDER_BYTES = 6 * 1024
POLICY = (
    "default-src 'none'; style-src 'self' 'nonce-N'; script-src 'nonce-N'; img-src 'self'; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
CHINESE = re.compile(r"[\u3400-\u9fff]")
HALF_WIDTH = re.compile(r"[\u4e00-\u9fa5][,;:?!]")
ENGLISH_RUN = re.compile(r"[A-Za-z]{2,}(\s+[A-Za-z]{2,}){2,}")
UNSEEN = frozenset({"script", "style", "template", "head", "title"})
BLOCKS = frozenset({"p", "li", "h1", "h2", "h3", "h4", "dd", "dt", "td", "th", "label", "button", "legend", "caption"})


class Page:
    """One answer, parsed."""

    def __init__(self, client: PageClient, response: TestResponse) -> None:
        self.client = client
        self.response = response
        self.status = response.status_code
        self.address = response.request.path + (
            f"?{response.request.query_string.decode()}" if response.request.query_string else ""
        )
        self.source = _body(response).decode("utf-8")
        parser = html5lib.HTMLParser(namespaceHTMLElements=False)
        self.tree: Element = parser.parse(self.source)
        self.parse_errors = [f"{place}: {code} {about}" for place, code, about in parser.errors]
        self.parents = {child: parent for parent in self.tree.iter() for child in parent}

    @property
    def title(self) -> str:
        return text_of(self.one("title"))

    @property
    def h1(self) -> str:
        return text_of(self.one("h1"))

    @property
    def text(self) -> str:
        """All that a reader sees, with single blanks."""
        return " ".join(" ".join(text for text, _ in self.texts()).split())

    @property
    def main(self) -> str:
        """What a reader sees of the page's own content."""
        return text_of(self.one("main"))

    def all(self, *tags: str) -> list[Element]:
        return [element for element in self.tree.iter() if element.tag in tags]

    def one(self, tag: str) -> Element:
        found = self.all(tag)
        assert found, f"{self.address} has no <{tag}>"
        return found[0]

    def texts(self) -> Iterator[tuple[str, Element]]:
        """Yield every run of seen text with the element it stands in."""
        for element in self.tree.iter():
            if not isinstance(element.tag, str) or self._within(element, UNSEEN):
                continue
            if element.text and element.text.strip():
                yield element.text, element
            for child in element:
                if child.tail and child.tail.strip():
                    yield child.tail, element

    def language_of(self, element: Element) -> str:
        """Return the BCP 47 tag that holds for an element."""
        while element.get("lang") is None and element in self.parents:
            element = self.parents[element]
        return element.get("lang", "")

    def links(self) -> dict[str, str]:
        """Return words → address of every link; of equal words the first."""
        found: dict[str, str] = {}
        for link in self.all("a"):
            found.setdefault(text_of(link), link.get("href", ""))
        return found

    def link(self, words: str) -> str:
        """Return the address of the first link whose words contain `words`."""
        found = [address for said, address in self.links().items() if words in said]
        assert found, f"{self.address} has no link {words!r}, only {list(self.links())}"
        return found[0]

    def follow(self, words: str, *, expect: int = 200) -> Page:
        """Open the first link whose words contain `words`."""
        return self.client.get(urljoin(self.address, self.link(words)), expect=expect)

    def form_of(self, words: str, nth: int = 0) -> tuple[Element, dict[str, str]]:
        """Return the form of the nth button whose words contain `words`, and its fields as they stand."""
        forms = [form for form in self.all("form") for button in form.iter("button") if words in text_of(button)]
        assert len(forms) > nth, f"{self.address} has no button {words!r}, only {self.buttons()}"
        return forms[nth], fields_of(forms[nth])

    def buttons(self) -> list[str]:
        return [text_of(button) for button in self.all("button")]

    def press(self, words: str, nth: int = 0, *, expect: int = 200, **fields: str) -> Page:
        """Send the form of a button, with `fields` filled in, and follow where it leads."""
        form, values = self.form_of(words, nth)
        address = urljoin(self.address, form.get("action", ""))
        if form.get("method", "get").lower() == "get":
            return self.client.get(f"{address}?{urlencode(values | fields)}", expect=expect)
        return self.client.post(address, values | fields, expect=expect)

    def _within(self, element: Element | None, tags: frozenset[str]) -> bool:
        while element is not None:
            if element.tag in tags:
                return True
            element = self.parents.get(element)
        return False


class PageClient:
    """A browser without JavaScript that inspects what it is given."""

    def __init__(self, app: Flask, **headers: str) -> None:
        self.http = app.test_client()
        self.headers = {"Accept-Encoding": "gzip"} | {name.replace("_", "-"): value for name, value in headers.items()}
        self.titles: dict[str, str] = {}
        self.nonces: set[str] = set()

    def get(self, address: str, *, expect: int = 200, **headers: str) -> Page:
        """Open an address, follow where it leads, inspect the page."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = self.http.get(address, headers=self.headers | named, follow_redirects=True)
        return self._inspected(response, expect)

    def post(self, address: str, fields: dict[str, Any], *, expect: int = 200) -> Page:
        """Send a form as a browser would, follow where it leads, inspect the page."""
        headers = self.headers | {"Sec-Fetch-Site": "same-origin"}
        response = self.http.post(address, data=fields, headers=headers, follow_redirects=True)
        return self._inspected(response, expect)

    def _inspected(self, response: TestResponse, expect: int) -> Page:
        page = Page(self, response)
        said = f"{response.request.method} {page.address} answered {page.status}, not {expect}: {page.text[:500]}"
        assert page.status == expect, said
        problems = list(problems_of(page)) + list(self._problems_beside_others(page))
        assert not problems, f"{page.address} ({page.status}):\n  " + "\n  ".join(problems)
        return page

    def _problems_beside_others(self, page: Page) -> Iterator[str]:
        """What only shows beside other pages: a title used twice, a nonce used twice."""
        path = urlsplit(page.address).path
        if page.status < 400 and self.titles.setdefault(page.title, path) != path:
            yield f"the title {page.title!r} is that of {self.titles[page.title]} too"
        nonce = nonce_of(page)
        if nonce in self.nonces:
            yield "the nonce was used before"
        self.nonces.add(nonce)


def problems_of(page: Page) -> Iterator[str]:
    """Yield a sentence for everything that is wrong with one page."""
    yield from page.parse_errors
    for look_at in (_frame, _headings, _languages, _fields, _ids, _policy, _addresses, _words, _weight):
        yield from look_at(page)


def _frame(page: Page) -> Iterator[str]:
    if not page.title.strip():
        yield "no title"
    if page.response.content_type != "text/html; charset=utf-8":
        yield f"served as {page.response.content_type}"
    if "private" not in page.response.headers.get("Cache-Control", ""):
        yield "may be kept by a shared cache"
    focusable = [
        e for e in page.all("a", "button", "input", "select", "textarea", "summary") if e.get("type") != "hidden"
    ]
    if not focusable or not focusable[0].get("href", "").startswith("#"):
        yield "the skip link is not the first thing in the tab order"
    footer = page.all("footer")
    if not footer or not any(link.get("href", "").startswith("tel:") for link in footer[0].iter("a")):
        yield "no telephone in the footer"
    for tag in ("dialog", "iframe", "marquee", "blink", "object", "embed"):
        if page.all(tag):
            yield f"holds <{tag}>"
    if any(meta.get("http-equiv", "").lower() == "refresh" for meta in page.all("meta")):
        yield "refreshes by itself"


def _headings(page: Page) -> Iterator[str]:
    levels = [int(heading.tag[1]) for heading in page.all("h1", "h2", "h3", "h4", "h5", "h6")]
    if levels.count(1) != 1:
        yield f"{levels.count(1)} h1"
    for before, after in zip([0, *levels], levels, strict=False):
        if after > before + 1:
            yield f"a heading jumps from level {before} to {after}"
    for heading in page.all("h1", "h2", "h3"):
        if not text_of(heading):
            yield "an empty heading"


def _languages(page: Page) -> Iterator[str]:
    tag = page.one("html").get("lang", "")
    wanted = {"zh": "zh-Hans", "en": "en"}.get(page.address.split("/")[1].split("?")[0])
    if tag not in ("zh-Hans", "en") or (wanted and tag != wanted):
        yield f"the page's language is {tag!r}, not {wanted}"
    for text, element in page.texts():
        language = page.language_of(element)
        if CHINESE.search(text) and not language.startswith("zh"):
            yield f"Chinese text in a run of {language}: {text.strip()[:60]!r}"
        if language.startswith("zh") and ENGLISH_RUN.search(text):
            yield f"English text in a run of {language}: {text.strip()[:60]!r}"


def _fields(page: Page) -> Iterator[str]:
    labelled = {label.get("for") for label in page.all("label") if text_of(label)}
    for field in page.all("input", "select", "textarea"):
        named = field.get("aria-label") or field.get("aria-labelledby") or field.get("id") in labelled
        if (
            field.get("type") not in ("hidden", "submit")
            and not named
            and not page._within(field, frozenset({"label"}))
        ):
            yield f"a field without a label: {field.get('name')}"
    for button in page.all("button"):
        if not text_of(button) and not button.get("aria-label"):
            yield "a button without words"
    for form in page.all("form"):
        if form.get("method", "get").lower() == "post" and "csrf_token" not in fields_of(form):
            yield f"a form without a token: {form.get('action')}"


def _ids(page: Page) -> Iterator[str]:
    ids = [element.get("id") for element in page.tree.iter() if element.get("id")]
    for twice in sorted({each for each in ids if ids.count(each) > 1}):  # type: ignore[type-var]
        yield f"the id {twice!r} twice"
    for element in page.tree.iter():
        for attribute in ("for", "aria-labelledby", "aria-describedby", "aria-controls", "list"):
            for target in (element.get(attribute) or "").split():
                if target not in ids:
                    yield f"{attribute}={target!r} leads nowhere"
        href = element.get("href") or ""
        if href.startswith("#") and href[1:] not in ids:
            yield f"href={href!r} leads nowhere"


def _policy(page: Page) -> Iterator[str]:
    nonce = nonce_of(page)
    given = page.response.headers.get("Content-Security-Policy", "")
    if len(nonce) < 22 or given.replace(nonce, "N") != POLICY:
        yield f"the policy is {given!r}"
    for element in page.all("style", "script"):
        if element.get("nonce") != nonce:
            yield f"a <{element.tag}> without the nonce"
    for element in page.tree.iter():
        for attribute in element.attrib:
            if attribute == "style" or attribute.startswith("on"):
                yield f"<{element.tag} {attribute}=…>"
    if page.response.headers.get("X-Content-Type-Options") != "nosniff":
        yield "no nosniff"


def _addresses(page: Page) -> Iterator[str]:
    for element in page.tree.iter():
        for attribute in ("src", "href", "action", "srcset", "poster", "data", "formaction"):
            address = element.get(attribute) or ""
            if element.tag != "a" and re.match(r"(?:[a-z]+:)?//", address):
                yield f"a third party: <{element.tag} {attribute}={address!r}>"
            if address.lower().startswith(("javascript:", "data:")):
                yield f"<{element.tag} {attribute}={address[:40]!r}>"
        if element.tag == "a" and element.get("target"):
            yield f"opens another window: {element.get('href')}"
    if page.status < 400:
        yield from _other_language(page)


def _other_language(page: Page) -> Iterator[str]:
    links = [link for link in page.all("a") if link.get("hreflang")]
    if not links:
        yield "no link to the other language"
    here = urlsplit(page.address)
    for link in links:
        there = urlsplit(link.get("href", ""))
        same_path = there.path.split("/", 2)[2:] == here.path.split("/", 2)[2:]
        if not same_path or sorted(parse_qsl(there.query)) != sorted(parse_qsl(here.query)):
            yield f"the other language of {page.address} is {link.get('href')!r}"


def _words(page: Page) -> Iterator[str]:
    for element in page.all(*BLOCKS):
        if not page._within(element, UNSEEN) and (found := HALF_WIDTH.search(text_of(element))):
            yield f"half-width punctuation: {found.group()!r} in {text_of(element)[:60]!r}"


def _weight(page: Page) -> Iterator[str]:
    size = len(gzip.compress(page.source.encode(), 6))
    elder = "e" in page.one("body").get("class", "").split()
    limit = LARGEST_ELDER_BYTES if elder else LARGEST_BYTES
    if size > limit:
        yield f"{size} bytes gzip, more than {limit}"


def nonce_of(page: Page) -> str:
    """Return the nonce of a page's policy, "" when there is none."""
    found = re.search(r"'nonce-([^']+)'", page.response.headers.get("Content-Security-Policy", ""))
    return found.group(1) if found else ""


def text_of(element: Element) -> str:
    """Return the text in an element that is meant to be read, with single blanks."""
    return " ".join("".join(_runs(element)).split())


def _runs(element: Element) -> Iterator[str]:
    if element.tag not in ("script", "style", "template") and isinstance(element.tag, str):
        yield element.text or ""
        for child in element:
            yield from _runs(child)
            yield child.tail or ""


def fields_of(form: Element) -> dict[str, str]:
    """Return a form's fields as a browser would send them."""
    values: dict[str, str] = {}
    for field in form.iter():
        name = field.get("name")
        if not name or field.tag not in ("input", "select", "textarea"):
            continue
        if field.tag == "select":
            values[name] = _chosen(field)
        elif field.tag == "textarea":
            values[name] = field.text or ""
        elif field.get("type") not in ("checkbox", "radio") or field.get("checked") is not None:
            values[name] = field.get("value", "")
    return values


def _chosen(field: Element) -> str:
    options = list(field.iter("option"))
    chosen = next((option for option in options if option.get("selected") is not None), options[0] if options else None)
    return (chosen.get("value") or "") if chosen is not None else ""


def _body(response: TestResponse) -> bytes:
    body: bytes = response.get_data()
    return gzip.decompress(body) if response.headers.get("Content-Encoding") == "gzip" else body
