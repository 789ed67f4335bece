"""The blueprint of the operators' portal; the app registers it at `/<language>/o`.

Owns: that no page of the portal is kept by a browser. Every view carries `@guarded(…)` or `@doorway(…)` of
`web.operators.access`; a test refuses one without.
"""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import g

operators = APIBlueprint("operators", __name__, template_folder="templates", enable_openapi=False)
# one of apiflask, for only such a blueprint says that it is not part of the described API


@operators.before_request
def _keep_nowhere() -> None:
    g.keep_nowhere = True
