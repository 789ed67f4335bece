"""The blueprint of the operators' portal; the app registers it at `/<language>/o`.

Owns: that no page of the portal is kept by a browser. Every view carries `@guarded(…)` or `@doorway(…)` of
`web.operators.access`; a test refuses one without.
"""

from __future__ import annotations

import flask
from flask import g

operators = flask.Blueprint("operators", __name__, template_folder="templates")


@operators.before_request
def _keep_nowhere() -> None:
    g.keep_nowhere = True
