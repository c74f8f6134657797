"""Arguments for actions, made up from the schema of an answer: ordinary ones, and whatever else a model may give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from troupe_testing.scripted import Action, do

Shape: TypeAlias = Mapping[str, Any]
"""A schema, or a part of one."""

MANY = 10**15
TEXTS = (
    "",
    " \n ",
    "-1",
    "a",
    "買い物 مرحبا 🙂",
    "{{{name}}} %s {0} ../../etc",
    'He said: "no"; it\'s \\ done\0.',
    "word " * 2_000,
)


def actions_in(schema: Shape) -> dict[str, Shape]:
    """The parameters of each action that a turn's schema knows."""
    items = schema["properties"]["actions"]["items"]
    found: dict[str, Shape] = {}
    for shape in items.get("anyOf", [items]):
        parameters = {name: part for name, part in shape["properties"].items() if name != "type"}
        found.update(dict.fromkeys(shape["properties"]["type"]["enum"], parameters))
    return found


def order(name: str, parameters: Shape) -> Action:
    """An action as an ordinary model would give it."""
    return do(name, **{parameter: ordinary(shape) for parameter, shape in parameters.items()})


def strange_orders(usual: Mapping[str, Any], parameters: Shape) -> Iterator[Action]:
    """The same action with one argument changed at a time, always within the schema."""
    for parameter, shape in parameters.items():
        for value in strange(shape):
            yield {**usual, parameter: value}


def typed(shape: Shape) -> bool:
    """Whether a schema says of everything in it what it is."""
    if "anyOf" in shape:
        return all(map(typed, shape["anyOf"]))
    if shape.get("type") == "array":
        return "prefixItems" in shape or typed(shape.get("items") or {})
    return "type" in shape or "enum" in shape


def ordinary(shape: Shape) -> Any:
    """A value that nobody wonders at."""
    if "enum" in shape:
        return shape["enum"][0]
    if "anyOf" in shape:
        return ordinary(next((each for each in shape["anyOf"] if each.get("type") != "null"), shape["anyOf"][0]))
    kind = shape.get("type", "string")
    if kind == "array":
        some = max(1, shape.get("minItems", 1))
        return [ordinary(item) for item in shape.get("prefixItems", [shape.get("items") or {}] * some)]
    if kind == "object":
        return {name: ordinary(part) for name, part in shape.get("properties", {}).items()}
    plain = {"string": "something", "integer": 3, "number": 1.5, "boolean": True, "null": None}[kind]
    return plain if _within(plain, shape) else _edge(shape)


def strange(shape: Shape) -> list[Any]:
    """Values that a model may give and nobody thinks of."""
    if "enum" in shape:
        return list(shape["enum"])
    if "anyOf" in shape:
        return [value for each in shape["anyOf"] for value in strange(each)]
    kind = shape.get("type", "string")
    if kind == "array":
        if "prefixItems" in shape:
            return [ordinary(shape)]
        lists: list[Any] = [[], [ordinary(shape.get("items") or {})] * 50, strange(shape.get("items") or {})]
        return [each for each in lists if shape.get("minItems", 0) <= len(each) <= shape.get("maxItems", MANY)]
    if kind == "object":
        usual = ordinary(shape)
        return [{**usual, name: value} for name, part in shape.get("properties", {}).items() for value in strange(part)]
    values: dict[str, tuple[Any, ...]] = {
        "string": TEXTS,
        "integer": (0, -1, 1, MANY, -MANY),
        "number": (0.0, -1.0, 1e-300, 1e300, -1e300),
        "boolean": (False, True),
        "null": (None,),
    }
    limits = [shape[limit] for limit in ("minimum", "maximum") if limit in shape]
    return [*limits, *(value for value in values[kind] if _within(value, shape))]


def _within(value: Any, shape: Shape) -> bool:
    if isinstance(value, str):
        return "pattern" not in shape and shape.get("minLength", 0) <= len(value) <= shape.get("maxLength", MANY)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    low, high = shape.get("minimum", value), shape.get("maximum", value)
    over, under = shape.get("exclusiveMinimum", value - 1), shape.get("exclusiveMaximum", value + 1)
    fits: bool = low <= value <= high and (over < value or "exclusiveMinimum" not in shape)
    return fits and (value < under or "exclusiveMaximum" not in shape)


def _edge(shape: Shape) -> Any:
    """What just fits where the usual does not."""
    if shape.get("type") == "string":
        return "a" * max(shape.get("minLength", 0), 1)
    for limit, beside in (("minimum", 0), ("maximum", 0), ("exclusiveMinimum", 1), ("exclusiveMaximum", -1)):
        if limit in shape:
            return shape[limit] + beside
    return 0
