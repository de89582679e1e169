"""The OpenAPI description of the API, made from the routes and the shapes themselves."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from tacit import __version__
from tacit.web.api.catalogue import CALLS, Described

ERROR = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {name: {"type": "string"} for name in ("where", "got", "expected", "do")},
            "required": ["where", "got", "expected", "do"],
        }
    },
    "required": ["error"],
}


def openapi_document() -> str:
    """Return the description as JSON text."""
    shapes = [shape for call in CALLS for shape in (call.takes, call.gives) if shape is not None]
    _, components = msgspec.json.schema_components(
        list(dict.fromkeys(shapes)), ref_template="#/components/schemas/{name}"
    )
    paths: dict[str, dict[str, Any]] = {}
    for call in CALLS:
        paths.setdefault(call.path, {})[call.method.lower()] = _operation(call)
    document = {
        "openapi": "3.1.0",
        "info": {"title": "tacit", "version": __version__, "description": "People judge; programs ask and read."},
        "paths": paths,
        "components": {
            "schemas": {**components, "Error": ERROR},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=False)


def _operation(call: Described) -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": call.name, "summary": call.summary, "responses": _responses(call)}
    if call.parameters:
        operation["parameters"] = [dict(one) for one in call.parameters]
    if call.takes is not None:
        content = {"application/json": {"schema": _reference(call.takes)}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _responses(call: Described) -> dict[str, Any]:
    given = {} if call.gives is None else {"schema": _reference(call.gives)}
    refused = {
        "description": "refused",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
    responses: dict[str, Any] = {"200": {"description": "done", "content": {call.media_type: given}}}
    return responses | {str(status): refused for status in call.refuses}


def _reference(shape: Any) -> dict[str, Any]:  # noqa: ANN401  a type
    return {"$ref": f"#/components/schemas/{shape.__name__}"}
