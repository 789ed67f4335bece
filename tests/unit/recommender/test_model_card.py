"""What a model card says, and that its plots can be read without colour."""

from typing import Any
from xml.etree import ElementTree

from recommender.model_card import card_text, chart, coverage_bars, exposure_bars, quality_bars

SVG = "{http://www.w3.org/2000/svg}"
MANIFEST: dict[str, Any] = {
    "version": "v1", "trained_at": "2026-11-24T12:00:00+08:00", "code_version": "0.1.0", "rng_seed": 0,
    "training_window": {"from": "2026-05-28T01:00:00+00:00", "to": "2026-11-23T20:00:00+00:00"},
    "counts": {"pairs": 76402, "citizens": 7953, "offerings": 1500, "warm_offerings": 1201},
    "channels": ["ease", "content"],
}  # fmt: skip


def figures(ndcg10: float, n_citizens: int = 40) -> dict[str, Any]:
    names = ("ndcg@20", "ndcg@20_low", "ndcg@20_high", "recall@20", "coverage@20", "gini@20")
    return {"n_citizens": n_citizens, "ndcg@10": ndcg10, **dict.fromkeys(names, ndcg10)}


def model(ndcg10: float, group: str) -> dict[str, Any]:
    return {
        "views": {"all": figures(ndcg10), "cold": figures(0.0, 0)},
        "slices": {group: figures(ndcg10)},
        "exposure@10": {"hubin": 0.75, "yunling": 0.25}, "supply": {"hubin": 0.5, "yunling": 0.4, "xizhou": 0.1},
        "under_served_share@10": 0.25, "mean_distance_m@10": 4321.0,
    }  # fmt: skip


REPORT = {"models": {"learncity": model(0.3, "born 1950s"), "popularity": model(0.1, "born 1950s")}}


def test_the_card_names_what_was_learned_from_and_how_good_it_is() -> None:
    card = card_text(MANIFEST, REPORT)
    for said in ("2026-05-28 to 2026-11-23", "76,402 pairs of 7,953 citizens", "1,201 were taken", "0.300", "0.100"):
        assert said in card
    assert "25% of the first ten places" in card and "4.3 km" in card
    assert "| cold | 0 | - |" in card


def test_a_card_of_a_model_that_was_not_judged_claims_no_figure() -> None:
    card = card_text({**MANIFEST, "training_window": {}}, {})
    assert "no interactions yet" in card and "no figure is claimed" in card and "NDCG" not in card


def test_each_bar_has_its_numbers_in_text_and_its_length_in_proportion() -> None:
    root = ElementTree.fromstring(
        chart("Places & people", ("shown", "on offer"), [("hubin", 0.5, 0.25), ("<x>", 0, 1)])
    )
    texts = [each.text for each in root.iter(f"{SVG}text")]
    assert "0.500 / 0.250" in texts and "<x>" in texts
    widths = [float(each.attrib["width"]) for each in root.iter(f"{SVG}rect")][1:]
    assert abs(widths[0] / widths[1] - 2) < 0.01 and widths[2] == 1


def test_a_chart_without_bars_is_still_a_picture() -> None:
    assert ElementTree.fromstring(chart("Nothing", ("a", "b"), [])).tag == f"{SVG}svg"


def test_districts_that_offer_something_and_are_not_shown_are_drawn_with_nought() -> None:
    assert exposure_bars(REPORT["models"]["learncity"]) == [
        ("hubin", 0.75, 0.5), ("yunling", 0.25, 0.4), ("xizhou", 0.0, 0.1),
    ]  # fmt: skip


def test_only_views_and_groups_of_both_models_are_compared() -> None:
    ours, rival = model(0.3, "born 1950s"), model(0.1, "born 1960s")
    assert quality_bars(ours, rival) == [("all", 0.3, 0.1)]
    assert coverage_bars(ours, rival) == [("all", 0.3, 0.1), ("cold", 0.0, 0.0)]
