"""The blueprint of all pages and buttons about a person's own things; the app registers it under each language."""

from __future__ import annotations

import flask

profile = flask.Blueprint("profile", __name__, template_folder="templates")
