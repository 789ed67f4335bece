"""The emblems of the four kinds: an outline of its own for each, drawn once a page and used by reference.

Owns: the drawings and which of them a page used. A page's sprite holds the kinds of that page only; `sprite()` stands
at the end of `base.html`, after everything that calls `emblem()`.
"""

from __future__ import annotations

from flask import g
from markupsafe import Markup

DRAWINGS = {
    "course": '<rect x="3" y="3" width="42" height="42" rx="10" fill="currentColor"/><path d="M24 17c-4-3-8.5-3.5'
    '-13-3.2v18.7c4.5-.3 9 .2 13 3.2 4-3 8.5-3.5 13-3.2v-18.7c-4.5-.3-9 .2-13 3.2zv18" fill="none" '
    'stroke="var(--paper)" stroke-width="3" stroke-linejoin="round"/>',
    "event": '<circle cx="24" cy="24" r="22" fill="currentColor"/><g fill="none" stroke="var(--paper)" '
    'stroke-width="3" stroke-linecap="round" stroke-linejoin="round">'
    '<path d="M13 15h22v19h-15l-7-6.5zM13 27.5h7V34M19 11v6M29 11v6"/></g>'
    '<circle cx="28.5" cy="25" r="2.8" fill="var(--paper)"/>',
    "route": '<path d="M13.5 4.5h21L46 24 34.5 43.5h-21L2 24z" fill="currentColor" stroke="currentColor" '
    'stroke-width="3" stroke-linejoin="round"/><path d="M13 32h3l12-15h7" fill="none" stroke="var(--paper)" '
    'stroke-width="3"/><g fill="currentColor" stroke="var(--paper)" stroke-width="3"><circle cx="12.5" cy="32" r="4"/>'
    '<circle cx="22" cy="24.5" r="4"/><circle cx="35.5" cy="17" r="4"/></g>',
    "night_school": '<path d="M4.5 45.5V23a19.5 19.5 0 0 1 39 0v22.5z" fill="currentColor" stroke="currentColor" '
    'stroke-width="2" stroke-linejoin="round"/><path d="M26.5 12.5a9.5 9.5 0 1 0 7.5 14 8 8 0 0 1-7.5-14z" '
    'fill="var(--paper)"/><path d="M13 39.5h22" stroke="var(--paper)" stroke-width="3" stroke-linecap="round"/>',
}


def emblem(kind: str) -> Markup:
    """Return the emblem of a kind; the kind's word must stand beside it, for the drawing is hidden from readers."""
    _used().add(kind)
    return Markup('<svg class="em" aria-hidden="true"><use href="#k-{}"/></svg>').format(kind)


def sprite() -> Markup:
    """Return the drawings of the kinds that `emblem` was called for on this page."""
    symbols = "".join(
        f'<symbol id="k-{kind}" viewBox="0 0 48 48">{drawing}</symbol>'
        for kind, drawing in DRAWINGS.items()
        if kind in _used()
    )
    if not symbols:
        return Markup("")
    return Markup(f'<svg class="sprite" aria-hidden="true">{symbols}</svg>')  # noqa: S704  (our own drawings)


def _used() -> set[str]:
    used: set[str] = g.setdefault("emblems_used", set())
    return used
