"""A small city for tests of pages: two districts, seven citizens, eight offerings of four kinds, and stand-ins for the
two ports that answer from the database in a stated order.

Owns: `lay_small_city`, `PlainSearch`, `PlainRecommender`. Every date lies around `fixtures.factories.NOW`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time

from city.clock import Clock
from city.model import Area, Citizen, InteractionKind, Offering, Topic
from city.ports import (
    Hit,
    Reason,
    Recommendation,
    RecommendationRequest,
    Recommendations,
    SearchPage,
    SearchRequest,
    Suggestion,
)
from city.services.opening import open_venue_ids
from city.store.catalogue_repositories import ListFilter
from city.store.database import Database
from fixtures.factories import a_citizen, a_run, a_stop, a_topic, a_venue, an_area, an_offering, an_operator, in_days

EVERYTHING = 1_000


@dataclass(frozen=True)
class SmallCity:
    """Ids of what was laid, by short names."""

    offerings: dict[str, int]
    venues: dict[str, int]
    citizens: dict[str, int]
    runs: dict[str, int]


def lay_small_city(database: Database) -> SmallCity:
    """Write the small city; returns its ids."""
    with database.writing() as work:
        for area in (areas := _areas()):
            work.areas.add(area)
        for topic in _topics():
            work.topics.add(topic)
        library = a_venue({"zh-Hans": "湖滨图书馆", "en": "Hubin Library"}, area=areas[2], longitude=120.8510)
        hall = a_venue({"zh-Hans": "云岭礼堂", "en": "Yunling Hall"}, area=areas[4], access_features=[])
        work.venues.add(library)
        work.venues.add(hall)
        operator = an_operator(name={"zh-Hans": "湖滨图书馆", "en": "Hubin Library"})
        work.operators.add(operator)
        work.flush()
        offerings = _offerings(library.id, hall.id, operator.id)
        for offering in offerings.values():
            work.offerings.add(offering)
        citizens = _citizens()
        for citizen in citizens.values():
            work.citizens.add(citizen)
        work.flush()
        laid = SmallCity(
            {name: offering.id for name, offering in offerings.items()},
            {"library": library.id, "hall": hall.id},
            {name: citizen.id for name, citizen in citizens.items()},
            {name: run.id for name, offering in offerings.items() for run in offering.runs[:1]},
        )
        work.commit()
    return laid


def _areas() -> list[Area]:
    city = an_area("yundu", {"zh-Hans": "云渡市", "en": "Yundu"}, level="city")
    hubin = an_area("hubin", {"zh-Hans": "湖滨区", "en": "Hubin"}, city, level="district")
    liupu = an_area("liupu", {"zh-Hans": "柳浦街道", "en": "Liupu"}, hubin)
    yunling = an_area(
        "yunling", {"zh-Hans": "云岭区", "en": "Yunling"}, city, level="district", under_served=True, latitude=30.36
    )
    foot = an_area("yunjiao", {"zh-Hans": "云脚镇", "en": "Yunjiao"}, yunling, latitude=30.36)
    return [city, hubin, liupu, yunling, foot]


def _topics() -> list[Topic]:
    return [
        a_topic("arts", {"zh-Hans": "书画与手工", "en": "Arts and crafts"}, None),
        a_topic("calligraphy", {"zh-Hans": "书法", "en": "Calligraphy"}, "arts"),
        a_topic("ink_painting", {"zh-Hans": "国画", "en": "Ink painting"}, "arts"),
        a_topic("stage", {"zh-Hans": "音乐与舞台", "en": "Music and stage"}, None),
        a_topic("singing", {"zh-Hans": "唱歌与合唱", "en": "Singing"}, "stage"),
        a_topic("digital", {"zh-Hans": "数字生活", "en": "Digital life"}, None),
        a_topic("smartphone", {"zh-Hans": "手机使用", "en": "Smartphones"}, "digital"),
        a_topic("culture", {"zh-Hans": "历史与文化", "en": "History"}, None),
        a_topic("local_history", {"zh-Hans": "云渡历史", "en": "History of Yundu"}, "culture"),
    ]


def _offerings(library: int, hall: int, operator: int) -> dict[str, Offering]:
    at = {"operator_id": operator, "venue_id": library}
    morning = {"starts": time(10), "ends": time(11, 30)}
    return {
        "brush": an_offering({"zh-Hans": "从一横开始写字", "en": "Writing from the first stroke"},
                             runs=[a_run(in_days(3), **morning)], **at),
        "couplets": an_offering({"zh-Hans": "一起写春联", "en": "Couplets together"}, kind="event",
                                runs=[a_run(in_days(5), seats=None, enrolment_mode="none", **morning)], **at),
        "plum": an_offering({"zh-Hans": "画一枝梅花", "en": "Paint a branch of plum"}, topics=["ink_painting"],
                            runs=[a_run(in_days(6), seats=1, **morning)], **at),
        "choir": an_offering({"zh-Hans": "白天的合唱", "en": "Choir by day"}, kind="event", topics=["singing"], **at),
        "phone": an_offering({"zh-Hans": "学会用手机", "en": "Make friends with your phone"}, topics=["smartphone"],
                             free=False, **at),
        "pottery": an_offering({"zh-Hans": "夜里学陶", "en": "Pottery by night"}, kind="night_school",
                               topics=["ink_painting"], **at),
        "walk": an_offering({"zh-Hans": "跟着水走", "en": "Follow the water"}, kind="route", topics=["local_history"],
                            stops=[a_stop(n, {"zh-Hans": f"第{n}站", "en": f"Stop {n}"}) for n in (1, 2, 3)], **at),
        "far": an_offering({"zh-Hans": "山里写字", "en": "Writing in the hills"}, operator_id=operator, venue_id=hall),
        "over": an_offering({"zh-Hans": "去年的写字", "en": "Writing of last year"}, days=[in_days(-30)], **at),
        "hidden": an_offering({"zh-Hans": "不给看的", "en": "Not to be seen"}, status="hidden", **at),
    }  # fmt: skip


def _citizens() -> dict[str, Citizen]:
    names = {"shen": ("沈云", "Shen Yun"), "lin": ("林和", "Lin He"), "zhou": ("周平", "Zhou Ping")}
    return {
        slug: a_citizen({"zh-Hans": zh, "en": en}, slug=slug, area_id="liupu",
                        introduction={"zh-Hans": "爱写字。", "en": "Likes to write."})
        for slug, (zh, en) in names.items()
    } | {f"c{n}": a_citizen(slug=None, area_id="yunjiao") for n in range(4)}  # fmt: skip


class PlainSearch:
    """Finds offerings of the wanted kinds, topics and areas whose titles hold the text, soonest first."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.asked: list[SearchRequest] = []
        self.degraded = False

    def search(self, request: SearchRequest) -> SearchPage:
        self.asked.append(request)
        with self._database.reading() as work:
            areas = frozenset[str]().union(*(work.areas.below(area) for area in request.areas))
            topics = frozenset[str]().union(*(work.topics.with_children(topic) for topic in request.topics))
            is_open = (
                open_venue_ids(work.venues.all(), self._clock.now(), self._clock.zone) if request.open_now else None
            )
            wanted = ListFilter(kinds=request.kinds, topic_ids=topics, area_ids=areas, venue_ids=is_open)
            found = work.offerings.many(work.offerings.listable(self._clock.now(), wanted, n=EVERYTHING))
            ids = [each.id for each in found if _fits(each, request, self._clock)]
        start = (request.page - 1) * request.per_page
        hits = tuple(Hit(each, 1.0) for each in ids[start : start + request.per_page])
        return SearchPage(hits=hits, total=len(ids), degraded=self.degraded)

    def suggest(self, text: str, *, language: str, n: int = 8) -> Sequence[Suggestion]:
        tag = {"zh": "zh-Hans", "en": "en"}[language]
        with self._database.reading() as work:
            topics = [each for each in work.topics.all() if each.name[tag].lower().startswith(text.lower())]
        return [Suggestion("topic", each.id, each.name[tag], tag) for each in topics[:n]]


def _fits(offering: Offering, request: SearchRequest, clock: Clock) -> bool:
    """Is the text in a title, and are price and part of the day as wanted?"""
    named = any(request.text.lower() in title.lower() for title in offering.title.values())
    parts_of_day = {meeting.daypart() for meeting in offering.upcoming_meetings(clock.now())}
    by_day = not request.dayparts or offering.always_open or bool(parts_of_day & request.dayparts)
    return named and by_day and (offering.is_free() is True or not request.only_free)


class PlainRecommender:
    """Puts what shares a topic with the person's saved offerings first, then the rest in order of id."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.asked: list[RecommendationRequest] = []

    def recommend(self, request: RecommendationRequest) -> Recommendations:
        self.asked.append(request)
        with self._database.reading() as work:
            liked, dismissed = list(request.profile), set(request.exclude) | set(request.dismissed)
            if request.personal and request.citizen_id is not None:
                liked = work.interactions.standing(request.citizen_id, InteractionKind.SAVE)
                dismissed |= set(work.interactions.standing(request.citizen_id, InteractionKind.DISMISS))
            wanted = ListFilter(kinds=request.kinds, exclude=frozenset(dismissed | set(liked)))
            ids = sorted(work.offerings.listable(self._clock.now(), wanted, n=EVERYTHING))
            topics = {topic for each in work.offerings.many(liked) for topic in each.topic_ids()}
            found = work.offerings.many(ids)
        akin = [each for each in found if topics & set(each.topic_ids())]
        rest = [each for each in found if each not in akin]
        items = [_because(each, liked) for each in akin] + [_popular(each) for each in rest]
        return Recommendations(tuple(items[: request.n]), "personal" if akin else "popular_near", "test")

    def similar(self, offering_id: int, n: int) -> Recommendations:
        request = RecommendationRequest(n=n, profile=(offering_id,))
        return Recommendations(self.recommend(request).items, "similar", "test")

    def explain(self, request: RecommendationRequest, offering_id: int) -> tuple[Reason, ...]:
        return next((i.reasons for i in self.recommend(request).items if i.offering_id == offering_id), ())


def _because(offering: Offering, liked: list[int]) -> Recommendation:
    first = Reason("because", offering_id=liked[0], action="save", share=0.7)
    return Recommendation(offering.id, 0.9, (first, Reason("topic", topic=offering.topic_ids()[0], share=0.3)))


def _popular(offering: Offering) -> Recommendation:
    return Recommendation(offering.id, 0.1, (Reason("popular", count=31, days=30, area_id="hubin", share=1.0),))
