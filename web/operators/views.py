"""All views of the portal, gathered: importing this module gives the blueprint its addresses."""

from web.operators import (  # noqa: F401
    audit_views,
    ballot_views,
    body_views,
    change_views,
    desk_views,
    invitation_views,
    moderation_views,
    numbers_views,
    overview_views,
    own_access_views,
    people_views,
    publish_views,
    sign_in_views,
    staff_views,
    venue_views,
)
from web.operators.blueprint import operators

__all__ = ["operators"]
