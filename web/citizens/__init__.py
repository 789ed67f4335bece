"""Pages of citizens: home, search, offerings, venues, areas, topics, and places and seats taken."""

from web.citizens import (
    ballot_views,
    check_in_views,
    feed_views,
    open_views,
    people_views,
    place_views,
    room_views,
    saved_search_views,
)

__all__ = [
    "ballot_views",
    "check_in_views",
    "feed_views",
    "open_views",
    "people_views",
    "place_views",
    "room_views",
    "saved_search_views",
]
