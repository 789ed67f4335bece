"""The stylesheet keeps its promises by figures: contrast, weight, and what it never does."""

from __future__ import annotations

import gzip
import re
from itertools import product

import pytest

from web.components.stylesheet import STATIC, stylesheet

CSS = (STATIC / "site.css").read_text(encoding="utf-8")
KINDS = ("course", "event", "route", "night")


def tokens(*, dark: bool) -> dict[str, str]:
    """Return colour tokens as #rrggbb; the dark ones over the light ones."""
    found: dict[str, str] = {}
    for block in re.finditer(r"(@media screen and \(prefers-color-scheme:dark\)\{)?:root\{([^}]*)\}", CSS):
        if block.group(1) and not dark:
            continue
        found |= dict(re.findall(r"--([\w-]+):(#[0-9a-f]{3,6})\b", block.group(2)))
    return {
        name: value if len(value) == 7 else "#" + "".join(2 * c for c in value[1:]) for name, value in found.items()
    }


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2.2, relative luminance)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    r, g, b = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("dark", [False, True])
def test_all_text_has_a_contrast_of_seven_to_one_on_what_it_stands_on(dark: bool) -> None:
    colour = tokens(dark=dark)
    texts = ("ink", "sub", "primary", "link", "error")
    pairs = [*product(texts, ("paper", "soft")), ("on-primary", "primary"), ("ink", "primary-t"), ("ink", "river")]
    pairs += [(kind, f"{kind}-t") for kind in KINDS] + [("ink", f"{kind}-t") for kind in KINDS]
    weak = {pair: contrast(colour[pair[0]], colour[pair[1]]) for pair in pairs}
    assert not {pair: ratio for pair, ratio in weak.items() if ratio < 7}


@pytest.mark.parametrize("dark", [False, True])
def test_borders_of_fields_are_seen_at_three_to_one(dark: bool) -> None:
    colour = tokens(dark=dark)
    assert min(contrast(colour["line"], colour[ground]) for ground in ("paper", "soft")) >= 3


def test_the_four_lines_and_all_words_are_seen_on_the_green_band() -> None:
    band = tokens(dark=False)["band"]
    assert min(contrast(line, band) for line in ("#a9cdfb", "#f3b3dc", "#86dbe4", "#cbbcff")) >= 3
    assert min(contrast(words, band) for words in ("#ffffff", "#e3f1ec", "#d5e9e1")) >= 7


def test_the_whole_stylesheet_weighs_at_most_eight_kilobytes() -> None:
    assert len(gzip.compress(stylesheet("standard").encode())) <= 8 * 1024


def test_every_token_that_is_used_is_defined() -> None:
    defined = set(re.findall(r"(--[\w-]+):", CSS))
    assert set(re.findall(r"var\((--[\w-]+)", CSS)) <= defined


def test_packing_the_stylesheet_drops_comments_and_keeps_every_rule() -> None:
    packed = stylesheet("standard")
    assert "/*" not in packed and "  " not in packed
    assert packed.count("{") == packed.count("}") == re.sub(r"/\*.*?\*/", "", CSS, flags=re.DOTALL).count("{")


def test_nothing_is_fetched_fixed_sticky_justified_or_moving() -> None:
    for never in ("url(", "@import", "@font-face", "position:fixed", "position:sticky", "justify;", "@keyframes"):
        assert never not in CSS, never


def test_no_text_is_smaller_than_sixteen_pixels() -> None:
    sizes = [float(size) for size in re.findall(r"font-size:([\d.]+)px", CSS)]
    assert min(sizes, default=16) >= 16


def test_the_page_about_accessibility_tells_every_contrast_as_it_is() -> None:
    page = (STATIC.parent.parent / "docs" / "accessibility.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `--([\w-]+)` on `--([\w-]+)` \| ([\d.]+) \| ([\d.]+) \|$", page, re.MULTILINE)
    light, dark = tokens(dark=False), tokens(dark=True)
    assert len(told) >= 20
    for text, ground, in_light, in_dark in told:
        assert in_light == f"{contrast(light[text], light[ground]):.1f}", (text, ground)
        assert in_dark == f"{contrast(dark[text], dark[ground]):.1f}", (text, ground)
