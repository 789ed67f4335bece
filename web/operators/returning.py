"""A form whose sign-in ended while somebody typed: it goes through the sign-in, and comes back as it was typed.

Owns: `KeptForm`, which travels sealed in a hidden field and is stored nowhere, for whom it opens, and how the page of
the form is drawn again with the values in it. Nothing is sent on by itself: the person presses the button again. Files
are not kept, they are chosen anew.
"""

from __future__ import annotations

import base64
import io
import json
import zlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import flask
from flask import request
from lxml import html

from city.errors import NotFound
from city.sealing import Seal
from web.deeds import leave_notice
from web.language import gettext
from web.operators.cookie import staff_token
from web.parts import parts

NEVER_KEPT = frozenset({"csrf_token", "password", "current", "new", "code", "new_code", "key"})
LARGEST_BYTES = 2_097_152
UNFILLED = frozenset({"hidden", "submit", "button", "image", "reset", "file", "password"})
LAST_OWNER = "staff"
"""Under which name the signed cookie remembers who was signed in last, for a form that is sent after signing out."""


@dataclass(frozen=True)
class KeptForm:
    """Where the form was sent, the page it stood on, and what was typed, in order."""

    action: str
    page: str
    fields: tuple[tuple[str, str], ...]


def keep_form() -> str:
    """Return the form of this request sealed for whoever was signed in, "" when there is nothing to keep."""
    fields = tuple((name, value) for name, value in request.form.items(multi=True) if name not in NEVER_KEPT)
    owner = parts().staff_access.owner_of(staff_token()) or flask.session.get(LAST_OWNER)
    if request.method != "POST" or not fields or owner is None:
        return ""
    told = json.dumps([request.path, _page_of_form(), fields], ensure_ascii=False)
    packed = base64.b64encode(zlib.compress(told.encode())).decode()
    return _seal().close(packed, str(owner))


def kept_form(sealed: str, staff_id: int) -> KeptForm:
    """Return what was kept; raises NotFound when it was not kept here for this member of staff."""
    raw = base64.b64decode(_seal().open(sealed, str(staff_id)))
    opener = zlib.decompressobj()
    action, page, fields = json.loads(opener.decompress(raw, LARGEST_BYTES))
    return KeptForm(action, page, tuple((name, value) for name, value in fields))


def is_kept_for(sealed: str, staff_id: int) -> bool:
    """True when there is a form to come back for that member of staff."""
    if not sealed:
        return False
    try:
        kept_form(sealed, staff_id)
    except NotFound:
        return False
    return True


def page_as_typed(kept: KeptForm) -> flask.Response:
    """Return the page of the form, drawn as it stands now, with what was typed in its fields."""
    answer = _ask_for(kept.page)
    if answer.status_code == 200 and answer.mimetype == "text/html":
        filled, left = _filled(answer.get_data(as_text=True), kept)
        if not left:
            answer.set_data(filled)
            return answer
    raise NotFound("The page of the form is not there any more.")


def _page_of_form() -> str:
    """Return the page the form stood on: where the browser says it comes from, else the address it was sent to."""
    came = urlsplit(request.referrer or "")
    here = came.netloc == request.host and came.path.split("/")[2:3] == ["o"]
    return f"{came.path}?{came.query}" if here and came.query else came.path if here else request.path


def _ask_for(address: str) -> flask.Response:
    """Answer a GET of that address within this request: same person, same nonce."""
    split = urlsplit(address)
    environ = {name: value for name, value in request.environ.items() if not name.startswith(("werkzeug.", "flask."))}
    environ |= {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": split.path,
        "QUERY_STRING": split.query,
        "CONTENT_LENGTH": "0",
        "CONTENT_TYPE": "",
        "HTTP_ACCEPT_ENCODING": "identity",
        "wsgi.input": io.BytesIO(),
    }
    app = flask.current_app._get_current_object()  # type: ignore[attr-defined]
    with app.request_context(environ):
        leave_notice("form_returned")
        found: flask.Response = app.full_dispatch_request()
    return found


def _filled(source: str, kept: KeptForm) -> tuple[str, bool]:
    """Return the page with the fields of its form filled, and whether that form was missing."""
    page = html.document_fromstring(source)
    form = next((each for each in page.iter("form") if _action(each, kept) == kept.action), None)
    if form is None:
        return source, True
    values: dict[str, list[str]] = {}
    for name, value in kept.fields:
        values.setdefault(name, []).append(value)
    _fill(form, values)
    title, said = page.find(".//title"), gettext("Your form as you typed it")
    title.text = f"{said} – {title.text}"
    return "<!doctype html>\n" + html.tostring(page, encoding="unicode"), False


def _action(form: Any, kept: KeptForm) -> str:
    if form.get("method", "get").lower() != "post":
        return ""
    return urlsplit(form.get("action") or kept.page).path


def _fill(form: Any, values: dict[str, list[str]]) -> None:
    boxes: dict[str, list[Any]] = {}
    for field in form.iter("input", "select", "textarea"):
        kind = field.get("type", "text") if field.tag == "input" else field.tag
        name = field.get("name", "")
        if name in NEVER_KEPT or not name or kind in UNFILLED:
            continue
        if kind in ("checkbox", "radio"):
            _mark(field, "checked", field.get("value", "on") in values.get(name, []))
        elif kind == "select":
            _choose(field, values.get(name, []))
        else:
            boxes.setdefault(name, []).append(field)
    for name, fields in boxes.items():
        _write(fields, values.get(name, []))


def _write(fields: list[Any], typed: list[str]) -> None:
    """Write what was typed into the boxes of one name; for what is more than them a box is added."""
    for field, value in zip(fields, typed, strict=False):
        _set_text(field, value)
    for value in typed[len(fields) :]:
        last = fields[-1]
        more = html.fromstring(html.tostring(last, encoding="unicode", with_tail=False))
        more.attrib.pop("id", None)
        last.addnext(more)
        _set_text(more, value)
        fields.append(more)


def _set_text(field: Any, value: str) -> None:
    if field.tag == "textarea":
        field.text = f"\n{value}"  # the first line end after the tag is dropped by browsers
    else:
        field.set("value", value)


def _choose(menu: Any, chosen: list[str]) -> None:
    for option in menu.iter("option"):
        _mark(option, "selected", option.get("value", option.text or "") in chosen)


def _mark(field: Any, name: str, on: bool) -> None:
    if on:
        field.set(name, name)
    else:
        field.attrib.pop(name, None)


def _seal() -> Seal:
    return Seal(parts().settings.signing_key(), "kept form")
