"""The elder view: the same services, data and words at addresses of its own, large and one thing at a time."""

from web.elder import ballot_views, place_views

__all__ = ["ballot_views", "place_views"]
