"""All views of the portal, gathered: importing this module gives the blueprint its addresses."""

from web.operators import overview_views, sign_in_views  # noqa: F401
from web.operators.blueprint import operators

__all__ = ["operators"]
