"""The OpenAPI document's last touches: what the library cannot know of our parameters and headers.

Owns: the form of lists (values separated by commas), bounds of ids, the title. Called once by `create_app`.
"""

from __future__ import annotations

from typing import Any

from apiflask import APIFlask

from web.addresses import LARGEST_ID, SLUG

SPEC_PATH = "/api/v1/openapi.json"
DESCRIPTION = (
    "Every learning opportunity of the city. Texts come in all their languages by BCP 47 tag; instants are UTC; "
    "days and hours are local. Several values of one parameter are separated by commas. Reading needs no account; "
    "cookies are ignored."
)


def install_description(app: APIFlask) -> None:
    """Describe the API as it is; the document stands at SPEC_PATH."""
    app.config["DESCRIPTION"] = DESCRIPTION
    app.config["AUTO_OPERATION_ID"] = True
    app.config["SERVERS"] = [{"url": "/"}]
    app.spec_processor(_refine)


def _refine(spec: dict[str, Any]) -> dict[str, Any]:
    for path in spec["paths"].values():
        for operation in path.values():
            for parameter in operation["parameters"]:
                _refine_parameter(parameter)
    return spec


def _refine_parameter(parameter: dict[str, Any]) -> None:
    schema = parameter["schema"]
    if parameter["in"] == "query" and schema.get("type") == "array":
        parameter |= {"style": "form", "explode": False}
    if parameter["in"] == "path" and schema.get("type") == "integer":
        schema |= {"minimum": 1, "maximum": LARGEST_ID, "format": "int64"}
    if parameter["in"] == "path" and schema.get("type") == "string":
        schema["pattern"] = f"^{SLUG}$"
    if schema.get("default", "") in (None, []):  # "not given" is no value that could be sent
        del schema["default"]
    if "description" in schema:
        parameter["description"] = schema.pop("description")
