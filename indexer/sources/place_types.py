"""Which of our venue types a place is, by OpenStreetMap tags and by what its name ends with.

Owns: the two tables. A tag decides before a name; what neither says is `other`. Called by `geojson`.
"""

from __future__ import annotations

from collections.abc import Mapping

from city.terms import VenueType

BY_TAG: Mapping[tuple[str, str], str] = {
    ("amenity", "library"): VenueType.LIBRARY,
    ("amenity", "public_bookcase"): VenueType.BOOK_ROOM,
    ("amenity", "reading_room"): VenueType.BOOK_ROOM,
    ("amenity", "arts_centre"): VenueType.CULTURAL_CENTRE,
    ("amenity", "exhibition_centre"): VenueType.CULTURAL_CENTRE,
    ("amenity", "cultural_centre"): VenueType.CULTURAL_CENTRE,
    ("amenity", "conference_centre"): VenueType.CULTURAL_CENTRE,
    ("amenity", "community_centre"): VenueType.COMMUNITY_CENTRE,
    ("amenity", "social_centre"): VenueType.COMMUNITY_CENTRE,
    ("amenity", "theatre"): VenueType.THEATRE,
    ("amenity", "cinema"): VenueType.THEATRE,
    ("amenity", "planetarium"): VenueType.MUSEUM,
    ("amenity", "college"): VenueType.VOCATIONAL_SCHOOL,
    ("amenity", "training"): VenueType.VOCATIONAL_SCHOOL,
    ("amenity", "clinic"): VenueType.HEALTH_CENTRE,
    ("amenity", "hospital"): VenueType.HEALTH_CENTRE,
    ("healthcare", "centre"): VenueType.HEALTH_CENTRE,
    ("tourism", "museum"): VenueType.MUSEUM,
    ("tourism", "gallery"): VenueType.MUSEUM,
    ("leisure", "park"): VenueType.PARK,
    ("leisure", "garden"): VenueType.PARK,
    ("leisure", "nature_reserve"): VenueType.PARK,
}
BY_ENDING: tuple[tuple[str, str], ...] = (
    ("老年大学", VenueType.ELDER_UNIVERSITY),
    ("夜校", VenueType.NIGHT_SCHOOL_CAMPUS),
    ("文化礼堂", VenueType.VILLAGE_HALL),
    ("图书馆", VenueType.LIBRARY),
    ("圖書館", VenueType.LIBRARY),
    ("书房", VenueType.BOOK_ROOM),
    ("书屋", VenueType.BOOK_ROOM),
    ("农家书屋", VenueType.BOOK_ROOM),
    ("博物馆", VenueType.MUSEUM),
    ("博物館", VenueType.MUSEUM),
    ("纪念馆", VenueType.MUSEUM),
    ("陈列馆", VenueType.MUSEUM),
    ("美术馆", VenueType.MUSEUM),
    ("科技馆", VenueType.MUSEUM),
    ("文化馆", VenueType.CULTURAL_CENTRE),
    ("文化宫", VenueType.CULTURAL_CENTRE),
    ("少年宫", VenueType.CULTURAL_CENTRE),
    ("文化中心", VenueType.CULTURAL_CENTRE),
    ("文化活动中心", VenueType.COMMUNITY_CENTRE),
    ("党群服务中心", VenueType.COMMUNITY_CENTRE),
    ("社区中心", VenueType.COMMUNITY_CENTRE),
    ("剧院", VenueType.THEATRE),
    ("剧场", VenueType.THEATRE),
    ("大戏院", VenueType.THEATRE),
    ("公园", VenueType.PARK),
    ("公園", VenueType.PARK),
    ("卫生中心", VenueType.HEALTH_CENTRE),
    ("卫生服务中心", VenueType.HEALTH_CENTRE),
    ("医院", VenueType.HEALTH_CENTRE),
    ("职业技术学院", VenueType.VOCATIONAL_SCHOOL),
    ("职业学校", VenueType.VOCATIONAL_SCHOOL),
    (" library", VenueType.LIBRARY),
    (" museum", VenueType.MUSEUM),
    (" art gallery", VenueType.MUSEUM),
    (" theatre", VenueType.THEATRE),
    (" park", VenueType.PARK),
)


def type_of(properties: Mapping[str, str], names: Mapping[str, str]) -> str:
    """Return the venue type: one of ours as stated, else by tag, else by a name's ending, else `other`."""
    stated = properties.get("venue_type", properties.get("type", "")).lower()
    if stated in set(VenueType):
        return VenueType(stated)
    by_tag = (found for tag, found in BY_TAG.items() if properties.get(tag[0]) == tag[1])
    by_name = (found for ending, found in BY_ENDING for name in names.values() if name.lower().endswith(ending))
    return str(next(by_tag, None) or next(by_name, VenueType.OTHER))
