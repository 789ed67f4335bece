"""The operations of `/api/v1/`. Each reads, none writes; none looks at a cookie, so that no page can act through it.

Owns: addresses of the API and their description. An unknown parameter or value is answered by 422 with the field, an
unknown id by 404, a database that does not answer by 503.
"""

from __future__ import annotations

from collections.abc import Sequence

from apiflask import APIBlueprint, HTTPError

from city.errors import NotFound
from city.model import Offering
from city.ports import Position, RecommendationRequest, Recommendations
from city.store.catalogue_repositories import ListFilter
from city.store.unit_of_work import UnitOfWork
from web.api.answers import (
    AreaAnswer,
    AreaDetail,
    AreasAnswer,
    CompletionAnswer,
    CompletionsAnswer,
    OfferingAnswer,
    OfferingsAnswer,
    OfferingSummary,
    ReasonAnswer,
    SearchAnswer,
    SuggestionAnswer,
    SuggestionsAnswer,
    VenueAnswer,
    VenueDetail,
    VenuesAnswer,
)
from web.api.questions import (
    NoQuestion,
    OfferingsQuestion,
    SearchQuestion,
    SimilarQuestion,
    SuggestionsQuestion,
    SuggestQuestion,
    VenuesQuestion,
    repeated_parameters,
)
from web.parts import parts

OFFERINGS_OF_A_VENUE = 50
REFUSED = {
    400: "The address holds letters that nothing is called by.",
    404: "Something named in the address is not known.",
    429: "Too many requests; Retry-After says when to go on.",
    503: "The database does not answer; Retry-After says when to try again.",
}

api = APIBlueprint("api", __name__, url_prefix="/api/v1", tag="Learncity")


@api.before_request
def _refuse_repeated() -> None:
    if repeated := repeated_parameters():
        raise HTTPError(422, "Validation error", detail={"query": repeated})


@api.get("/offerings")
@api.input(OfferingsQuestion, location="query", arg_name="asked")
@api.output(OfferingsAnswer)
@api.doc(responses=REFUSED)
def offerings(asked: OfferingsQuestion) -> OfferingsAnswer:
    """The catalogue, page by page.

    What meets soonest comes first and what is always open last, or the newest first.
    """
    now = parts().clock.now()
    with parts().database.reading() as work:
        wanted = ListFilter(
            kinds=frozenset(asked.kind), topic_ids=_topics(work, asked.topic), area_ids=_areas(work, asked.area)
        )
        offset = (asked.page - 1) * asked.per_page
        ids = work.offerings.listable(now, wanted, n=asked.per_page, offset=offset, newest_first=asked.newest)
        total = work.offerings.count_listable(now, wanted)
        found = _summaries(work.offerings.many(ids))
    return OfferingsAnswer(total=total, page=asked.page, per_page=asked.per_page, offerings=found)


@api.get("/offerings/<int:offering_id>")
@api.input(NoQuestion, location="query", arg_name="asked")
@api.output(OfferingAnswer)
@api.doc(responses=REFUSED)
def offering(offering_id: int, asked: NoQuestion) -> OfferingAnswer:
    """One offering whole, with its runs, meetings and stops."""
    with parts().database.reading() as work:
        return OfferingAnswer.of(_shown(work, offering_id), parts().clock.now())


@api.get("/offerings/<int:offering_id>/similar")
@api.input(SimilarQuestion, location="query", arg_name="asked")
@api.output(SuggestionsAnswer)
@api.doc(responses=REFUSED)
def similar(offering_id: int, asked: SimilarQuestion) -> SuggestionsAnswer:
    """Offerings like this one."""
    with parts().database.reading() as work:
        _shown(work, offering_id)
    return _with_offerings(parts().recommender.similar(offering_id, asked.n))


@api.get("/search")
@api.input(SearchQuestion, location="query", arg_name="asked")
@api.output(SearchAnswer)
@api.doc(responses=REFUSED)
def search(asked: SearchQuestion) -> SearchAnswer:
    """Search the catalogue.

    Several values of one parameter are alternatives, different parameters all hold. Facets say what each further
    choice would give.
    """
    with parts().database.reading() as work:
        _topics(work, asked.topic)
        _areas(work, asked.area)
    found = parts().search.search(asked.as_request())
    with parts().database.reading() as work:
        results = _summaries(work.offerings.many([hit.offering_id for hit in found.hits]))
    return SearchAnswer.from_page(found, results, asked.page, asked.per_page)


@api.get("/suggest")
@api.input(SuggestQuestion, location="query", arg_name="asked")
@api.output(CompletionsAnswer)
@api.doc(responses=REFUSED)
def suggest(asked: SuggestQuestion) -> CompletionsAnswer:
    """Complete what is being typed."""
    found = parts().search.suggest(asked.q.strip(), language=asked.language, n=asked.n)
    return CompletionsAnswer(completions=[CompletionAnswer.of(each) for each in found])


@api.get("/suggestions")
@api.input(SuggestionsQuestion, location="query", arg_name="asked")
@api.output(SuggestionsAnswer)
@api.doc(responses=REFUSED)
def suggestions(asked: SuggestionsQuestion) -> SuggestionsAnswer:
    """Suggest what to learn next, with reasons.

    The answer depends on the parameters alone: nothing is kept and no person is known here.
    """
    request = RecommendationRequest(
        n=asked.n,
        profile=tuple(asked.offering),
        area_id=asked.area,
        near=_middle_of(asked.area),
        kinds=frozenset(asked.kind),
    )
    return _with_offerings(parts().recommender.recommend(request))


@api.get("/venues")
@api.input(VenuesQuestion, location="query", arg_name="asked")
@api.output(VenuesAnswer)
@api.doc(responses=REFUSED)
def venues(asked: VenuesQuestion) -> VenuesAnswer:
    """Venues by id, of the whole city or of an area."""
    with parts().database.reading() as work:
        found = work.venues.in_areas(_areas(work, [asked.area])) if asked.area else work.venues.all()
    start = (asked.page - 1) * asked.per_page
    shown = [VenueAnswer.of(venue) for venue in found[start : start + asked.per_page]]
    return VenuesAnswer(total=len(found), page=asked.page, per_page=asked.per_page, venues=shown)


@api.get("/venues/<int:venue_id>")
@api.input(NoQuestion, location="query", arg_name="asked")
@api.output(VenueDetail)
@api.doc(responses=REFUSED)
def venue(venue_id: int, asked: NoQuestion) -> VenueDetail:
    """One venue with what can be learned there next."""
    with parts().database.reading() as work:
        found = work.venues.get(venue_id)
        ids = work.offerings.listable(parts().clock.now(), ListFilter(venue_id=venue_id), n=OFFERINGS_OF_A_VENUE)
        return VenueDetail.with_offerings(found, _summaries(work.offerings.many(ids)))


@api.get("/areas")
@api.input(NoQuestion, location="query", arg_name="asked")
@api.output(AreasAnswer)
@api.doc(responses=REFUSED)
def areas(asked: NoQuestion) -> AreasAnswer:
    """The city, its districts, streets and communities."""
    with parts().database.reading() as work:
        return AreasAnswer(areas=[AreaAnswer.of(area) for area in work.areas.all()])


@api.get("/areas/<slug:area_id>")
@api.input(NoQuestion, location="query", arg_name="asked")
@api.output(AreaDetail)
@api.doc(responses=REFUSED)
def area(area_id: str, asked: NoQuestion) -> AreaDetail:
    """One area, what lies right below it, and how much can be learned there."""
    with parts().database.reading() as work:
        found = work.areas.get(area_id)
        wanted = ListFilter(area_ids=frozenset(work.areas.below(area_id)))
        counts = work.offerings.count_listable_by_kind(parts().clock.now(), wanted)
        return AreaDetail.with_children(found, found.children, counts)


def _shown(work: UnitOfWork, offering_id: int) -> Offering:
    """Return an offering that may be read, else raise NotFound; a draft is not told from nothing."""
    found = work.offerings.get(offering_id)
    if not found.has_page():
        raise NotFound("There is no such offering.")
    return found


def _topics(work: UnitOfWork, topic_ids: Sequence[str]) -> frozenset[str]:
    """Return the topics and what lies below them; raises NotFound for an unknown one."""
    return frozenset[str]().union(*(work.topics.with_children(work.topics.get(topic).id) for topic in topic_ids))


def _areas(work: UnitOfWork, area_ids: Sequence[str]) -> frozenset[str]:
    """Return the areas and all that lies in them; raises NotFound for an unknown one."""
    return frozenset[str]().union(*(work.areas.below(work.areas.get(area).id) for area in area_ids))


def _middle_of(area_id: str | None) -> Position | None:
    if area_id is None:
        return None
    with parts().database.reading() as work:
        middle = work.areas.get(area_id).position()
    return Position(*middle) if middle is not None else None


def _summaries(found: Sequence[Offering]) -> list[OfferingSummary]:
    """Return what may still be listed: the database has the last word, whatever an index or a model said."""
    now = parts().clock.now()
    return [OfferingSummary.of(offering, now) for offering in found if offering.is_listable(now)]


def _with_offerings(found: Recommendations) -> SuggestionsAnswer:
    with parts().database.reading() as work:
        by_id = {each.id: each for each in _summaries(work.offerings.many([item.offering_id for item in found.items]))}
    suggested = [
        SuggestionAnswer(offering=by_id[item.offering_id], reasons=[ReasonAnswer.of(each) for each in item.reasons])
        for item in found.items
        if item.offering_id in by_id
    ]
    return SuggestionsAnswer(source=found.source, suggestions=suggested)
