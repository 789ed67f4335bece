"""The API keeps its word: the description is valid, every generated request is answered as described, no cookies."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import GenerationMode

from tests.integration.web.conftest import Site
from web.api.description import SPEC_PATH

CASES = 50
OPERATIONS = [
    "/api/v1/areas",
    "/api/v1/areas/{area_id}",
    "/api/v1/offerings",
    "/api/v1/offerings/{offering_id}",
    "/api/v1/offerings/{offering_id}/similar",
    "/api/v1/search",
    "/api/v1/suggest",
    "/api/v1/suggestions",
    "/api/v1/venues",
    "/api/v1/venues/{venue_id}",
]


@pytest.fixture
def api(site: Site) -> Any:
    """Return a function that asks the API and gives back (status, JSON)."""
    client = site.app.test_client()

    def ask(path: str, **headers: str) -> tuple[int, Any]:
        answer = client.get(f"/api/v1/{path}", headers=headers)
        assert answer.mimetype == "application/json"
        assert not answer.headers.getlist("Set-Cookie")
        return answer.status_code, answer.get_json()

    return ask


def test_the_description_is_valid_openapi_3_1(small_site: Site) -> None:
    description = small_site.app.test_client().get(SPEC_PATH).get_json()
    assert description["openapi"].startswith("3.1")
    assert not list(OpenAPIV31SpecValidator(description).iter_errors())


def test_the_description_holds_every_operation_with_words_and_refusals(small_site: Site) -> None:
    description = small_site.app.test_client().get(SPEC_PATH).get_json()
    assert sorted(description["paths"]) == OPERATIONS
    for path in description["paths"].values():
        assert set(path) == {"get"}
        assert path["get"]["summary"]
        assert {"200", "400", "404", "422", "429", "503"} <= set(path["get"]["responses"])
        assert all(parameter.get("description") or parameter["in"] == "path" for parameter in path["get"]["parameters"])


def test_the_catalogue_comes_page_by_page_without_what_is_over_or_hidden(api: Any, site: Site) -> None:
    status, first = api("offerings?per_page=3")
    assert status == 200
    assert first["total"] == 8
    ids = [each["id"] for page in (1, 2, 3) for each in api(f"offerings?per_page=3&page={page}")[1]["offerings"]]
    assert sorted(ids) == sorted(id for name, id in site.city.offerings.items() if name not in ("over", "hidden"))


def test_an_offering_is_told_whole_in_all_its_languages(api: Any, site: Site) -> None:
    _, brush = api(f"offerings/{site.city.offerings['brush']}")
    assert brush["title"] == {"zh-Hans": "从一横开始写字", "en": "Writing from the first stroke"}
    assert brush["next_meeting"]["held_on"] == "2026-11-27"
    assert brush["next_meeting"]["starts_local"] == "10:00"
    assert brush["runs"][0]["seats_left"] == 12
    assert brush["is_free"] is True
    assert brush["address"]["en"] == f"/en/offerings/{brush['id']}"
    _, walk = api(f"offerings/{site.city.offerings['walk']}")
    assert [stop["position"] for stop in walk["stops"]] == [1, 2, 3]
    assert walk["next_meeting"] is None


def test_what_is_hidden_cannot_be_told_from_what_is_not_there(api: Any, site: Site) -> None:
    hidden, missing = api(f"offerings/{site.city.offerings['hidden']}"), api("offerings/987654")
    assert hidden == missing
    assert hidden[0] == 404


def test_topics_and_areas_hold_what_lies_below_them(api: Any, site: Site) -> None:
    _, arts = api("offerings?topic=arts&area=hubin")
    assert {each["id"] for each in arts["offerings"]} == {
        site.city.offerings[name] for name in ("brush", "couplets", "plum", "pottery")
    }


def test_a_search_answers_with_rows_of_the_database(api: Any, site: Site) -> None:
    status, found = api("search?q=写字&kind=course")
    assert status == 200
    assert {each["id"] for each in found["offerings"]} == {site.city.offerings[name] for name in ("brush", "far")}
    assert found["degraded"] is False


def test_a_search_on_the_fallback_says_so(api: Any, site: Site) -> None:
    site.search.degraded = True
    assert api("search")[1]["degraded"] is True


def test_every_filter_reaches_the_search(api: Any, site: Site) -> None:
    api(
        "search?q=x&kind=course,event&topic=arts&audience=older_people&area=hubin&venue=1&operator=1&weekday=0,6"
        "&daypart=evening&from=2026-11-24&to=2026-12-01&free=true&max_price_minor=5000&attendance=online&access=lift"
        "&open=true&near=30.511,120.871&within_minutes=15&sort=soonest&page=2&per_page=5"
    )
    asked = site.search.asked[-1]
    assert asked.kinds == {"course", "event"}
    assert asked.weekdays == {0, 6}
    assert (str(asked.from_on), str(asked.to_on)) == ("2026-11-24", "2026-12-01")
    assert asked.near and (asked.near.latitude, asked.near.longitude) == (30.511, 120.871)
    assert (asked.only_free, asked.only_open, asked.max_price_minor, asked.within_minutes) == (True, True, 5000, 15)
    assert (asked.sort, asked.page, asked.per_page) == ("soonest", 2, 5)
    assert asked.topics == {"arts"} and asked.areas == {"hubin"} and asked.venues == {1} and asked.operators == {1}
    assert asked.audiences == {"older_people"} and asked.dayparts == {"evening"}
    assert asked.attendance == {"online"} and asked.access == {"lift"}


def test_suggestions_follow_the_offerings_named_and_give_reasons(api: Any, site: Site) -> None:
    liked = site.city.offerings["brush"]
    _, found = api(f"suggestions?offering={liked}&n=2&area=hubin")
    assert found["source"] == "personal"
    assert [each["offering"]["topics"] for each in found["suggestions"]] == [["calligraphy"], ["calligraphy"]]
    assert found["suggestions"][0]["reasons"][0]["offering_id"] == liked
    assert site.recommender.asked[-1].citizen_id is None


def test_similar_offerings_and_completions_and_places(api: Any, site: Site) -> None:
    _, akin = api(f"offerings/{site.city.offerings['brush']}/similar?n=1")
    assert akin["suggestions"][0]["offering"]["topics"] == ["calligraphy"]
    assert api("suggest?q=Calli&language=en")[1]["completions"][0]["key"] == "calligraphy"
    _, library = api(f"venues/{site.city.venues['library']}")
    assert len(library["offerings"]) == 7
    assert api("venues?area=yunling")[1]["total"] == 1
    _, hubin = api("areas/hubin")
    assert [child["id"] for child in hubin["children"]] == ["liupu"]
    assert hubin["offering_counts"] == {"course": 3, "event": 2, "night_school": 1, "route": 1}
    assert len(api("areas")[1]["areas"]) == 5


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("search?kind=lesson", "kind.0"),
        ("search?weekday=7", "weekday.0"),
        ("search?from=tomorrow", "from"),
        ("search?from=2026-02-30", "from"),
        ("search?page=0", "page"),
        ("search?page=99999999999999999999", "page"),
        ("search?venue=9223372036854775808", "venue.0"),
        ("search?near=91,0", "near"),
        ("search?q=" + "a" * 201, "q"),
        ("search?colour=red", "colour"),
        ("search?q=a&q=b", "q"),
        ("offerings?topic=Not A Topic", "topic.0"),
        ("suggestions?n=51", "n"),
        ("suggest", "q"),
        ("areas?x=1", "x"),
    ],
)
def test_a_wrong_parameter_is_refused_by_its_name(api: Any, path: str, field: str) -> None:
    status, answer = api(path)
    assert status == 422
    assert field in answer["detail"]["query"]


@pytest.mark.parametrize("path", ["search?topic=juggling", "offerings?area=atlantis", "venues/404404", "areas/atlantis",
                                  "venues/99999999999999999999", "suggestions?area=atlantis", "nothing"])  # fmt: skip
def test_an_unknown_id_is_told_as_not_found(api: Any, path: str) -> None:
    assert api(path)[0] == 404


def test_the_api_knows_nobody_by_cookie(site: Site) -> None:
    browser = site.browser()
    browser.get("/zh/sign-in").press("当一回沈云")
    answer = browser.http.get("/api/v1/suggestions")
    assert site.recommender.asked[-1].citizen_id is None
    assert not answer.headers.getlist("Set-Cookie")


def _answers_generated(site: Site, path: str, mode: GenerationMode) -> None:
    operation = schemathesis.openapi.from_wsgi(SPEC_PATH, site.app)[path]["GET"]

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=CASES, suppress_health_check=list(HealthCheck))
    def answers(case: Any) -> None:
        case.call_and_validate(headers={"Accept-Encoding": "identity"})

    answers()


@pytest.mark.parametrize("path", OPERATIONS)
def test_generated_requests_that_fit_the_description_are_answered(small_site: Site, path: str) -> None:
    _answers_generated(small_site, path, GenerationMode.POSITIVE)


@pytest.mark.parametrize("path", [path for path in OPERATIONS if path != "/api/v1/areas"])
def test_generated_requests_that_break_the_description_are_refused(small_site: Site, path: str) -> None:
    _answers_generated(small_site, path, GenerationMode.NEGATIVE)
