"""Pages of citizens: home, search, offerings, venues, areas, topics, and places taken."""

from web.citizens import feed_views, open_views, people_views, place_views, saved_search_views

__all__ = ["feed_views", "open_views", "people_views", "place_views", "saved_search_views"]
