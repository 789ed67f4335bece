"""The model card: what a published model was learned from, how good its lists are and for whom, whom it shows.

Owns: the card's words and its plots (plain SVG, no script, readable in print). Refuses: nothing; what was not measured
is said to be so. Called by: training, after it published; the files stand beside the artefact.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast
from xml.sax.saxutils import escape

CARD, QUALITY, EXPOSURE, COVERAGE = "card.md", "quality.svg", "exposure.svg", "coverage.svg"
WIDTH, ROW, LABEL, NUMBER = 720, 26, 260, 60
INK, OURS_COLOUR, RIVAL_COLOUR, PAPER = "#1d1d1f", "#1f5fa8", "#9aa5b1", "#ffffff"
FONT = 'font-family="sans-serif" font-size="13"'
Bars = Sequence[tuple[str, float, float]]
"""label, our value, the other's value."""


def write_card(folder: Path, manifest: Mapping[str, Any], report: Mapping[str, Any]) -> Path:
    """Write card.md and its plots into a folder; returns the card's path."""
    if report:
        ours, rival = report["models"]["learncity"], report["models"]["popularity"]
        plots = {
            QUALITY: chart("NDCG@10 by group of people", ("learncity", "popularity"), quality_bars(ours, rival)),
            EXPOSURE: chart("First ten places by district", ("shown", "on offer"), exposure_bars(ours)),
            COVERAGE: chart(
                "Share of the catalogue on some list", ("learncity", "popularity"), coverage_bars(ours, rival)
            ),
        }
        for name, plot in plots.items():
            (folder / name).write_text(plot, encoding="utf-8")
    path = folder / CARD
    path.write_text(card_text(manifest, report), encoding="utf-8")
    return path


def quality_bars(ours: Mapping[str, Any], rival: Mapping[str, Any]) -> Bars:
    """NDCG@10 of views and groups, ours and popularity's."""
    rows = {name: (ours["views"][name], rival["views"][name]) for name in ours["views"] if name in rival["views"]}
    rows |= {name: (each, rival["slices"][name]) for name, each in ours["slices"].items() if name in rival["slices"]}
    return [(name, _figure(a), _figure(b)) for name, (a, b) in rows.items() if a["n_citizens"]]


def _figure(figures: Mapping[str, Any]) -> float:
    return float(figures["ndcg@10"] or 0.0)


def exposure_bars(ours: Mapping[str, Any]) -> Bars:
    """Share of the first ten places each district gets, beside its share of what is on offer."""
    exposure = cast(Mapping[str, float], ours["exposure@10"])
    return [(district, exposure.get(district, 0.0), share) for district, share in ours["supply"].items()]


def coverage_bars(ours: Mapping[str, Any], rival: Mapping[str, Any]) -> Bars:
    """Coverage@20 of each view."""
    pairs = ((view, ours["views"][view], rival["views"].get(view)) for view in ours["views"])
    return [(view, float(a["coverage@20"] or 0), float(b["coverage@20"] or 0)) for view, a, b in pairs if b]


def chart(title: str, names: tuple[str, str], bars: Bars) -> str:
    """A bar chart as SVG: two bars a row, each with its number in text, so that colour is not needed to read it."""
    most = max((max(ours, other) for _, ours, other in bars), default=0.0) or 1.0
    height = ROW * (len(bars) + 2) + 10
    rows = [_row(number + 2, bar, most) for number, bar in enumerate(bars)]
    legend = f"{title} · dark: {names[0]}, light: {names[1]}"
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" {FONT} fill="{INK}">',
            f"<title>{escape(legend)}</title>",
            f'<rect width="{WIDTH}" height="{height}" fill="{PAPER}"/>',
            f'<text x="8" y="20" font-weight="bold">{escape(legend)}</text>',
            *rows,
            "</svg>",
            "",
        ]
    )


def _row(number: int, bar: tuple[str, float, float], most: float) -> str:
    label, ours, other = bar
    top, room = number * ROW, WIDTH - LABEL - 2 * NUMBER
    widths = [max(1.0, room * max(value, 0.0) / most) for value in (ours, other)]
    return (
        f'<text x="8" y="{top}">{escape(label)}</text>'
        f'<rect x="{LABEL}" y="{top - 14}" width="{widths[0]:.1f}" height="9" fill="{OURS_COLOUR}"/>'
        f'<rect x="{LABEL}" y="{top - 4}" width="{widths[1]:.1f}" height="6" fill="{RIVAL_COLOUR}"/>'
        f'<text x="{WIDTH - 2 * NUMBER + 8}" y="{top}">{ours:.3f} / {other:.3f}</text>'
    )


PURPOSE = (
    "Suggests what citizens may want to learn next, from what they and others took up. "
    "It decides nothing about anybody: seats, draws and prices do not depend on it."
)
USES = (
    "Interactions (attended, enrolled, saved, viewed) and what offerings are. Not names, ages, homes or audiences of "
    "citizens; those only choose the groups of the figures above. What an account nobody verified did counts a tenth. "
    "Who switches personal suggestions off is suggested what is popular nearby."
)
NOT_JUDGED = "The log is too small to judge the model by: what an offering is decides, and no figure is claimed."


def card_text(manifest: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    """The card in Markdown."""
    lines = [f"# Model card: {manifest['version']}", "", PURPOSE, "", "| what | figure |", "|---|---|"]
    lines += [f"| {what} | {figure} |" for what, figure in _facts(manifest)]
    lines += ["", *(_judged(report) if report else [NOT_JUDGED, ""]), "## What it uses, and what not", "", USES, ""]
    return "\n".join(lines)


def _facts(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    counts, window = manifest["counts"], manifest["training_window"]
    days = f"{window['from'][:10]} to {window['to'][:10]}" if window else "no interactions yet"
    warm = f"{counts['warm_offerings']:,} were taken by five verified people or more"
    return [
        ("trained at", f"{manifest['trained_at']}, learncity {manifest['code_version']}, seed {manifest['rng_seed']}"),
        ("learned from", f"{days}: {counts['pairs']:,} pairs of {counts['citizens']:,} citizens"),
        ("offerings", f"{counts['offerings']:,}, of which {warm}"),
        ("channels", f"{', '.join(manifest['channels'])}, and what each field tells"),
    ]


def _judged(report: Mapping[str, Any]) -> list[str]:
    ours, rival = report["models"]["learncity"], report["models"]["popularity"]
    distance = ours["mean_distance_m@10"]
    return [
        "## How good, on the last 14 days of the log",
        "",
        "Fitted on what came before, asked for what citizens took next; popularity in the same run beside it.",
        "",
        "| view | citizens | NDCG@10 | popularity | NDCG@20, 95 % | Recall@20 | coverage@20 | Gini@20 |",
        "|---|---|---|---|---|---|---|---|",
        *(_view_row(view, figures, rival["views"].get(view)) for view, figures in ours["views"].items()),
        "",
        f"![NDCG@10 by group of people]({QUALITY})",
        "",
        f"![Share of the catalogue on some list]({COVERAGE})",
        "",
        "## Whom it shows",
        "",
        f"Under-served districts have {ours['under_served_share@10']:.0%} of the first ten places (popularity: "
        f"{rival['under_served_share@10']:.0%}) before the floor of the re-ranking. Mean straight distance from home: "
        + (f"{distance / 1000:.1f} km." if distance is not None else "not known."),
        "",
        f"![First ten places by district]({EXPOSURE})",
        "",
    ]


def _view_row(view: str, ours: Mapping[str, Any], rival: Mapping[str, Any] | None) -> str:
    if not ours["n_citizens"]:
        return f"| {view} | 0 | - | - | - | - | - | - |"
    beside = f"{rival['ndcg@10']:.3f}" if rival and rival["n_citizens"] else "-"
    interval = f"{ours['ndcg@20']:.3f} ({ours['ndcg@20_low']:.3f}-{ours['ndcg@20_high']:.3f})"
    rest = " | ".join(f"{ours[name]:.3f}" for name in ("recall@20", "coverage@20", "gini@20"))
    return f"| {view} | {ours['n_citizens']} | {ours['ndcg@10']:.3f} | {beside} | {interval} | {rest} |"
