"""The page of what is open now.

Owns: the address `/open`; what stands on it is decided in `open_page`.
"""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from web.access import current_person
from web.citizens.open_page import read_open
from web.citizens.views import citizens
from web.frames import frame
from web.language import ngettext


@citizens.get("/open")
def open_now() -> ResponseReturnValue:
    """Places that are open now, the nearest first."""
    found = read_open(current_person(), flask.request.args.get("page", 1, type=int))
    title = ngettext("%(num)s place is open now", "%(num)s places are open now", found["total"])
    return flask.render_template("citizens/open.html", page=frame(title, section="places"), **found)
