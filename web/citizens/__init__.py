"""Pages of citizens: home, search, offerings, venues, areas, topics, and places taken."""

from web.citizens import place_views

__all__ = ["place_views"]
