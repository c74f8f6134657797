"""The smallest sensible value that fits a JSON schema, and what a quiet person would answer to Troupe's own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

MISSING = "troupe_testing.server: give the server an answer=… that knows what to say"
TEXT = "text"
FORMATS = {
    "date": "2026-01-02",
    "date-time": "2026-01-02T03:04:05Z",
    "time": "03:04:05Z",
    "duration": "PT1S",
    "email": "somebody@example.org",
    "hostname": "example.org",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
    "uri": "https://example.org/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


class Unfit(ValueError):
    """No value can be made up for a schema."""


def answer_to(schema: Mapping[str, Any]) -> Any:
    """A value for the whole schema. A turn of Troupe's has somebody say something, and be done."""
    value = fit(schema)
    for actions in _lists_of_actions(schema):
        value["actions"] = [_act(actions, "TALK", "Good morning."), _act(actions, "DONE", "")]
    return value


def fit(schema: Mapping[str, Any]) -> Any:
    """Required and optional properties alike; lists as short as they may be; the first of several choices."""
    return _fit(schema, schema, ())


def _fit(node: Any, whole: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    if node is True or node == {}:
        return TEXT
    if not isinstance(node, Mapping):
        raise Unfit(f"no value fits the schema {node!r}; {MISSING}")
    if "$ref" in node:
        name = node["$ref"]
        if name in path:
            raise Unfit(f"{name} contains itself without end; {MISSING}")
        return _fit(_resolved(name, whole), whole, (*path, name))
    if "const" in node:
        return node["const"]
    if "enum" in node:
        return node["enum"][0]
    for choice in ("anyOf", "oneOf"):
        if choice in node:
            return _first_that_fits(node[choice], whole, path)
    if "allOf" in node:
        return _fit(_merged(node, whole), whole, path)
    return _of_type(_type_of(node), node, whole, path)


def _of_type(kind: str, node: Mapping[str, Any], whole: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    match kind:
        case "object":
            return _object(node, whole, path)
        case "array":
            items = node.get("prefixItems", [])
            more = max(0, node.get("minItems", 0) - len(items))
            return [_fit(item, whole, path) for item in [*items, *[node.get("items", True)] * more]]
        case "string":
            return _string(node)
        case "integer" | "number":
            return _number(node, whole_numbers=kind == "integer")
        case "boolean":
            return False
        case "null":
            return None
    raise Unfit(f"there is no type {kind!r}; {MISSING}")


def _type_of(node: Mapping[str, Any]) -> str:
    kind = node.get("type")
    if isinstance(kind, list):
        return next((name for name in kind if name != "null"), "null")
    if kind is None:
        return "object" if "properties" in node else "array" if "items" in node else "string"
    return str(kind)


def _object(node: Mapping[str, Any], whole: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    required, made = node.get("required", ()), {}
    for name, item in node.get("properties", {}).items():
        try:
            made[name] = _fit(item, whole, path)
        except Unfit:
            if name in required:
                raise
    for name in required:
        made.setdefault(name, TEXT)
    return made


def _first_that_fits(choices: list[Any], whole: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """Null only where nothing else will do."""
    problem = Unfit(f"a choice among nothing; {MISSING}")
    for choice in sorted(choices, key=lambda choice: choice == {"type": "null"}):
        try:
            return _fit(choice, whole, path)
        except Unfit as error:
            problem = error
    raise problem


def _merged(node: Mapping[str, Any], whole: Mapping[str, Any]) -> dict[str, Any]:
    out = {key: value for key, value in node.items() if key != "allOf"}
    for part in node["allOf"]:
        made = _resolved(part["$ref"], whole) if "$ref" in part else part
        properties = {**out.get("properties", {}), **made.get("properties", {})}
        required = [*out.get("required", ()), *made.get("required", ())]
        out = {**out, **made, "required": required} | ({"properties": properties} if properties else {})
    return out


def _resolved(name: str, whole: Mapping[str, Any]) -> Any:
    found: Any = whole
    for part in name.removeprefix("#").split("/")[1:]:
        found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
    if found is None or not name.startswith("#"):
        raise Unfit(f"the schema refers to {name}, which it does not hold; {MISSING}")
    return found


def _string(node: Mapping[str, Any]) -> str:
    if "pattern" in node:
        raise Unfit(f"the schema asks for text of the pattern {node['pattern']!r}; {MISSING}")
    text = FORMATS.get(node.get("format", ""), TEXT)
    return text.ljust(node.get("minLength", 0), "t")[: node.get("maxLength")]


def _number(node: Mapping[str, Any], *, whole_numbers: bool) -> float:
    """Nothing, or what is next to it."""
    low, high = node.get("minimum", -math.inf), node.get("maximum", math.inf)
    above, below = node.get("exclusiveMinimum", -math.inf), node.get("exclusiveMaximum", math.inf)
    grain = node.get("multipleOf")
    if whole_numbers or grain:
        step = grain or 1
        first = max(math.ceil(low / step) if low > -math.inf else -math.inf,
                    math.floor(above / step) + 1 if above > -math.inf else -math.inf)  # fmt: skip
        last = min(math.floor(high / step) if high < math.inf else math.inf,
                   math.ceil(below / step) - 1 if below < math.inf else math.inf)  # fmt: skip
        found = min(max(0, first), last) * step
        fits = first <= last
    else:
        found = min(max(0.0, low), high)
        if not above < found < below:
            bottom, top = max(low, above), min(high, below)
            found = (bottom + min(top, bottom + 2)) / 2 if bottom > -math.inf else top - 1
        fits = low <= found <= high and above < found < below
    if not fits:
        raise Unfit(f"no number fits {dict(node)!r}; {MISSING}")
    return int(found) if whole_numbers else found


# -- turns -----------------------------------------------------------------------------------------------------------


def _lists_of_actions(schema: Mapping[str, Any]) -> list[list[Mapping[str, Any]]]:
    """The kinds of actions that the schema of a turn offers; nothing, if it is another schema."""
    items = schema.get("properties", {}).get("actions", {}).get("items", {})
    kinds = items.get("anyOf", [items])
    names = [name for kind in kinds for name in _names(kind)]
    return [kinds] if {"TALK", "DONE"} <= set(names) else []


def _names(kind: Mapping[str, Any]) -> list[str]:
    names: list[str] = kind.get("properties", {}).get("type", {}).get("enum", [])
    return names


def _act(kinds: list[Mapping[str, Any]], name: str, content: str) -> dict[str, Any]:
    kind = next(kind for kind in kinds if name in _names(kind))
    made: dict[str, Any] = fit(kind)
    told = {"type": name, "content": content, "target": ""}
    return made | {key: value for key, value in told.items() if key in made}
