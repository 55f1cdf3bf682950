"""Writes the operations of Swagger 2.0 in the words of OpenAPI 3, each at its own place."""

from typing import Any

from copier_mcp.importing.openapi.documents import Place

STYLES: dict[str, dict[str, Any]] = {
    "csv": {"explode": False},
    "ssv": {"style": "spaceDelimited", "explode": False},
    "pipes": {"style": "pipeDelimited", "explode": False},
    "multi": {"explode": True},
    "tsv": {"style": "tabDelimited"},
}
OUTSIDE = {
    "name", "in", "description", "required", "allowEmptyValue", "collectionFormat", "deprecated",
}  # fmt: skip
"""What a parameter says beside its schema."""
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


def adapted(root: Place, place: Place, parameters: list[Place]) -> tuple[Place, list[Place]]:
    """Return an operation and its parameters as they would be in OpenAPI 3."""
    value = dict(place.value)
    consumes = value.pop("consumes", None) or root.get("consumes") or ["application/json"]
    produces = value.pop("produces", None) or root.get("produces") or ["application/json"]
    value.pop("schemes", None)
    kept = []
    fields = []
    for one in parameters:
        if one.get("in") == "body":
            content = {str(type_): {"schema": one.get("schema", {})} for type_ in consumes}
            value["requestBody"] = {"content": content, "required": one.get("required") is True}
        elif one.get("in") == "formData":
            fields.append(one)
        else:
            kept.append(one.with_value(_parameter(one.value)))
    if fields:
        value["requestBody"] = _form(fields, consumes)
    value["responses"] = {
        code: _response(response.followed().value, produces)
        for code, response in place["responses"].items()
    }
    return place.with_value(value), kept


def _parameter(value: dict[str, Any]) -> dict[str, Any]:
    made = {key: value[key] for key in OUTSIDE - {"collectionFormat"} if key in value}
    made["schema"] = {
        key: part for key, part in value.items() if key not in OUTSIDE and not key.startswith("x-")
    }
    if value.get("type") == "array":
        made |= STYLES.get(str(value.get("collectionFormat", "csv")), {})
    return made


def _form(fields: list[Place], consumes: list[Any]) -> dict[str, Any]:
    files = any(one.get("type") == "file" for one in fields)
    type_ = MULTIPART if files or (MULTIPART in consumes and FORM not in consumes) else FORM
    parts = {one.get("name"): _parameter(one.value) for one in fields}
    properties = {
        name: part["schema"] | {key: part[key] for key in ("description",) if key in part}
        for name, part in parts.items()
    }
    required = [name for name, part in parts.items() if part.get("required") is True]
    schema = {"type": "object", "properties": properties, "required": required}
    return {"content": {type_: {"schema": schema}}, "required": bool(required)}


def _response(value: dict[str, Any], produces: list[Any]) -> dict[str, Any]:
    made: dict[str, Any] = {key: value[key] for key in ("description", "headers") if key in value}
    if "schema" in value:
        schema = value["schema"]
        file = isinstance(schema, dict) and schema.get("type") == "file"
        types = ["application/octet-stream"] if file else [str(type_) for type_ in produces]
        made["content"] = {type_: {"schema": schema} for type_ in types}
    return made
