"""What is measured of a page in a real browser, beside axe: each probe returns what is wrong, [] when nothing is.

Limits and drawings of the probes: docs/accessibility.md. A page is looked at as a citizen meets it: at 390 or
1280 px, in both languages, standard and elder.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Request, Response

AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "wcag2aaa", "best-practice", "experimental"]
STANDARD_TARGET, ELDER_TARGET = 44, 64
LARGEST_PAGE, LARGEST_ELDER_PAGE, MOST_REQUESTS = 15 * 1024, 6 * 1024, 5

SMALL_TARGETS = """minimum => {
  const inText = e => e.tagName === 'A' && getComputedStyle(e).display === 'inline' &&
    [...e.parentElement.childNodes].filter(n => n.nodeType === 3).map(n => n.nodeValue.trim()).join('').length >= 6;
  const box = e => ([...(e.labels || [])].find(l => l.contains(e)) || e).getBoundingClientRect();
  return [...document.querySelectorAll('a[href],button,input:not([type=hidden]),select,textarea,summary')]
    .filter(e => e.checkVisibility() && box(e).right > 0 && !inText(e))
    .filter(e => Math.min(box(e).width, box(e).height) < minimum - .5)
    .map(e => `${e.outerHTML.slice(0, 120)} is ${Math.round(box(e).width)}×${Math.round(box(e).height)} px`);
}"""

FOREIGN_RUNS = r"""() => {
  const bad = [], walk = document.createTreeWalker(document.body, 4); let n;
  while (n = walk.nextNode()) {
    const p = n.parentElement, t = n.nodeValue.trim(), l = p.closest('[lang]')?.lang || '';
    if (!t || /^(SCRIPT|STYLE|TEMPLATE)$/.test(p.tagName) || !p.checkVisibility()) continue;
    if (/[㐀-鿿]/.test(t) && !/^zh/.test(l) || /^zh/.test(l) && /[A-Za-z]{2,}(\s+[A-Za-z]{2,}){2,}/.test(t))
      bad.push(`${l}: ${t.slice(0, 80)}`);
  }
  return bad;
}"""

HEADINGS = """() => {
  const levels = [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].filter(e => e.checkVisibility())
    .map(e => +e.tagName[1]);
  const bad = levels.filter(l => l === 1).length === 1 ? [] : [`there are ${levels.filter(l => l === 1).length} h1`];
  levels.forEach((l, i) => { if (i && l > levels[i - 1] + 1) bad.push(`h${levels[i - 1]} is followed by h${l}`) });
  return bad;
}"""

OVERFLOW = """() => document.documentElement.scrollWidth > innerWidth + 1
  ? [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1
      && e.checkVisibility() && !e.closest('svg'))
      .slice(0, 4).map(e => `${e.outerHTML.slice(0, 100)} ends at ${Math.round(e.getBoundingClientRect().right)} px`)
      .concat([`the page is ${document.documentElement.scrollWidth} px wide in ${innerWidth}`])
  : []"""

FOCUSED = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const s = getComputedStyle(e), r = e.getBoundingClientRect();
  const x = r.left + r.width / 2, y = r.top + r.height / 2, top = document.elementFromPoint(x, y);
  const label = [...(e.labels || [])];
  const free = !top || top === e || e.contains(top) || top.contains(e) || label.some(l => l.contains(top));
  const all = [...document.querySelectorAll('a[href],button,input:not([type=hidden]),select,textarea,summary')];
  return {at: all.indexOf(e), what: e.outerHTML.slice(0, 100), outline: parseFloat(s.outlineWidth),
          style: s.outlineStyle, seen: r.width > 0 && r.bottom > 0 && r.top < innerHeight, free};
}"""


@dataclass
class Traffic:
    """Requests of one page load, with encoded sizes of their bodies."""

    own: str
    requests: list[Request] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)

    @classmethod
    def watching(cls, page: Page, own: str) -> Traffic:
        traffic = cls(own)
        page.on("request", lambda each: traffic.requests.append(each))
        page.on("response", lambda each: traffic.responses.append(each))
        return traffic

    def foreign(self) -> list[str]:
        return [each.url for each in self.requests if urlsplit(each.url).netloc != urlsplit(self.own).netloc]

    def encoded_bytes(self) -> int:
        return sum(each.request.sizes()["responseBodySize"] for each in self.responses)


def axe_violations(page: Page) -> list[str]:
    """Run axe with every tag we hold ourselves to; one line a violation with the first element."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": AXE_TAGS}}).response["violations"]
    return [
        f"{rule['id']}: {rule['help']} at {rule['nodes'][0]['html'][:160]} ({len(rule['nodes'])})" for rule in found
    ]


def small_targets(page: Page, minimum: int) -> list[str]:
    return _asked(page, SMALL_TARGETS, minimum)


def foreign_runs(page: Page) -> list[str]:
    """Runs of text in another language than the nearest `lang` says."""
    return _asked(page, FOREIGN_RUNS)


def headings(page: Page) -> list[str]:
    return _asked(page, HEADINGS)


def overflow(page: Page) -> list[str]:
    return _asked(page, OVERFLOW)


def focus_order(page: Page, most: int = 80) -> list[str]:
    """Walk with Tab: each stop is outlined, in view and uncovered, in order of the document, and none is a trap."""
    wrong, last = [], -1
    page.evaluate("() => { document.activeElement?.blur(); scrollTo(0, 0) }")
    for _ in range(most):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop is None or (stop["at"] == 0 and last > 0):
            break
        wrong += _faults_of_stop(stop, last)
        last = stop["at"]
    return wrong


def _faults_of_stop(stop: dict[str, Any], last: int) -> list[str]:
    faults = []
    if stop["at"] <= last:
        faults.append(f"focus goes from {last} back to {stop['at']}: {stop['what']}")
    if stop["style"] == "none" or stop["outline"] < 2:
        faults.append(f"focus is not seen on {stop['what']}")
    if not stop["seen"] or not stop["free"]:
        faults.append(f"focus is out of view or covered on {stop['what']}")
    return faults


def _asked(page: Page, script: str, argument: object = None) -> list[str]:
    found: list[str] = page.evaluate(script, argument)
    return found
