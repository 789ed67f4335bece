"""A small town for the contract of search engines: 100 offerings of every shape, drawn with a fixed seed.

Its texts mix a few words over and over, so that scores, ties and facets all have something to show.
"""

from __future__ import annotations

from datetime import date, time, timedelta
from functools import cache
from random import Random

from city.model import Area, AreaLevel, Offering, Price, Topic, Venue
from fixtures.factories import NOW, TODAY, a_run, a_topic, a_venue, an_area, an_offering, an_operator
from indexer.document import Document, Surroundings, to_document
from indexer.engines.protocol import Change
from indexer.synonyms import Synonyms

ZH = ["书法", "茶艺", "夜里", "入门", "图书馆", "国画", "太极", "老街", "手机", "亲子", "体验", "故事", "合唱", "江边"]
EN = ["calligraphy", "tea", "evening", "beginners", "painting", "walking", "stories", "phone", "choir", "river", "old"]
HOURS = [
    (None, None),
    (time(9), time(11)),
    (time(14), time(15, 30)),
    (time(19), time(20, 30)),
    (time(22), time(0, 30)),
    (time(10), None),
]
AUDIENCES = ["everyone", "children", "older_people", "jobseekers"]


def areas() -> list[Area]:
    """A city with two districts and a street in each."""
    city = an_area("yundu", {"zh-Hans": "云渡市", "en": "Yundu"}, level=AreaLevel.CITY)
    hubin = an_area("hubin", {"zh-Hans": "湖滨区", "en": "Hubin"}, city, level=AreaLevel.DISTRICT)
    qiaodong = an_area("qiaodong", {"zh-Hans": "桥东区", "en": "Qiaodong"}, city, level=AreaLevel.DISTRICT)
    return [city, hubin, qiaodong, an_area("liupu", "柳浦街道", hubin), an_area("dongmen", "东门街道", qiaodong)]


def topics() -> list[Topic]:
    """A parent with two topics, and one that stands alone."""
    arts = a_topic("arts", {"zh-Hans": "书画与手工", "en": "Arts and crafts"}, parent_id=None)
    calligraphy = a_topic("calligraphy", {"zh-Hans": "书法", "en": "Calligraphy"}, "arts", parent=arts)
    calligraphy.synonyms = {"zh-Hans": ["毛笔字", "写字"], "en": ["brush writing"]}
    painting = a_topic("ink_painting", {"zh-Hans": "国画", "en": "Chinese ink painting"}, "arts", parent=arts)
    return [arts, calligraphy, painting, a_topic("tea", {"zh-Hans": "茶艺", "en": "Tea"}, parent_id=None)]


def venues(where: list[Area]) -> list[Venue]:
    """Five venues near and far, one without an area, one nobody knows the position of."""
    liupu, dongmen = where[3], where[4]
    found = [
        a_venue({"zh-Hans": "湖滨图书馆", "en": "Hubin Library"}, liupu),
        a_venue("柳浦书房", liupu, latitude=30.5150, longitude=120.8712, access_features=[]),
        a_venue({"zh-Hans": "东门文化馆", "en": "Dongmen Hall"}, dongmen, latitude=30.5500, longitude=120.9300),
        a_venue("山里的礼堂", None, latitude=30.7000, longitude=120.6000, access_features=["parking"]),
        a_venue("不知在哪儿", None, latitude=None, longitude=None),
    ]
    for number, venue in enumerate(found, 1):
        venue.id, venue.area_id = number, venue.area.id if venue.area else None
    return found


def offerings(n: int = 100, seed: int = 7) -> list[Offering]:
    """So many offerings, the same for the same seed; ids have gaps and are not in order of anything."""
    rng, places = Random(seed), venues(areas())
    ids = rng.sample(range(1, 4 * n), n)
    return [_offering(id_, rng, places) for id_ in ids]


def _offering(id_: int, rng: Random, places: list[Venue]) -> Offering:
    venue = rng.choice([*places, None])
    kind = rng.choice(["course", "event", "route", "night_school"])
    starts, ends = rng.choice(HOURS)
    days = sorted(TODAY + timedelta(days=day) for day in rng.sample(range(0, 40), rng.randint(1, 3)))
    offering = an_offering(
        {"zh-Hans": "".join(rng.sample(ZH, 3)), "en": " ".join(rng.sample(EN, 3)).capitalize()},
        kind=kind,
        topics=rng.sample(["calligraphy", "ink_painting", "tea"], rng.randint(0, 2)),
        venue=venue,
        operator=an_operator(),
        runs=[] if kind == "route" else [_run(rng, days, starts, ends)],
        audiences=rng.sample(AUDIENCES, rng.randint(1, 2)),
        languages=rng.sample(["zh-Hans", "en"], rng.randint(0, 2)),
        attendance=rng.choice(["in_person", "in_person", "online", "mixed"]),
        price_tiers=[Price(amount).as_json() for amount in rng.choice([[], [0], [0, 3000], [5000], [12000, 9000]])],
        published_at=NOW - timedelta(days=rng.choice([1, 1, 30, 400])),
        description={"zh-Hans": "，".join(rng.choices(ZH, k=rng.randint(0, 60)))},
    )
    offering.id, offering.venue_id, offering.operator_id = id_, venue.id if venue else None, rng.randint(1, 2)
    return offering


def _run(rng: Random, days: list[date], starts: time | None, ends: time | None) -> object:
    return a_run(*days, starts=starts, ends=ends, seats=12, taken=rng.choice([0, 5, 12]))


@cache
def changes() -> tuple[Change, ...]:
    """The offerings as changes for an engine."""
    around = Surroundings.of(areas(), topics(), venues(areas()))
    return tuple(
        Change(each.id, 1, to_document(each, now=NOW, surroundings=around, popularity_step=each.id % 4))
        for each in offerings()
    )


def document_of(offering_id: int) -> Document:
    """Return the document of an offering of the town."""
    found = next(change.document for change in changes() if change.offering_id == offering_id)
    assert found is not None
    return found


def synonyms() -> Synonyms:
    return Synonyms.of(topics())
