"""All views of the portal, gathered: importing this module gives the blueprint its addresses."""

from web.operators import (  # noqa: F401
    moderation_views,
    overview_views,
    publish_views,
    sign_in_views,
    venue_views,
)
from web.operators.blueprint import operators

__all__ = ["operators"]
