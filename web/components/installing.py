"""Give templates the helpers all pages share: emblems, sprite, stylesheet.

Owns: the names templates may use beside the context. Called once by `create_app`.
"""

from __future__ import annotations

import flask

from web.components.elder_style import elder_style, install_elder_style
from web.components.emblems import emblem, sprite
from web.components.scripting import spoken
from web.components.stylesheet import staff_stylesheet, stylesheet


def install_components(app: flask.Flask) -> None:
    """Name the helpers of base and macros; their folder comes as the blueprint `components`."""
    install_elder_style(app)
    app.jinja_env.filters["spoken"] = spoken
    app.jinja_env.globals.update(
        elder_style=elder_style, emblem=emblem, sprite=sprite, stylesheet=stylesheet, staff_stylesheet=staff_stylesheet
    )
