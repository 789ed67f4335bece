"""Give templates what all pages share: the folder of base and macros, emblems, sprite, stylesheet.

Owns: the names templates may use beside the context. Called once by `create_app`.
"""

from __future__ import annotations

from pathlib import Path

import flask
from jinja2 import ChoiceLoader, FileSystemLoader

from web.components.emblems import emblem, sprite
from web.components.stylesheet import stylesheet

TEMPLATES = Path(__file__).parent / "templates"


def install_components(app: flask.Flask) -> None:
    """Put the shared templates before the app's own and name the helpers they use."""
    own = app.jinja_loader
    shared = FileSystemLoader(TEMPLATES)
    app.jinja_loader = ChoiceLoader([shared, own] if own else [shared])  # type: ignore[misc]
    app.jinja_env.globals.update(emblem=emblem, sprite=sprite, stylesheet=stylesheet)
