"""Any JSON schema, filled as somebody would fill it in: by the names of its fields, by taste, by what is asked."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from troupe_core import Stream
from troupe_llm_rehearsal.choosing import asked_scale, choose, on_scale, place
from troupe_llm_rehearsal.patterns import text_like
from troupe_llm_rehearsal.people import Somebody, describes_a_person
from troupe_llm_rehearsal.taste import Taste
from troupe_llm_rehearsal.words import folded, shortened

FORMATS = {"date": "2026-03-14", "date-time": "2026-03-14T18:30:00Z", "time": "18:30:00Z", "duration": "PT45M",
           "email": "somebody@example.org", "hostname": "example.org", "ipv4": "192.0.2.7", "ipv6": "2001:db8::7",
           "uri": "https://example.org/", "uuid": "6f1e0d4c-5f0a-4b62-9a53-3d1c2b7a8e90"}  # fmt: skip
DEEPEST = 8
"""Beyond it, whatever need not be there is left out."""
NOTHING: Mapping[str, Any] = {}
_SURE = ("confidence", "probability", "certainty", "likelihood")


class Unfit(ValueError):
    """No value can be made up."""


@attrs.define(eq=False)
class Filling:
    """What one answer is filled with. `say` makes a sentence about a field; `place_of` a stance from 0 to 1."""

    schema: Mapping[str, Any]
    taste: Taste
    matter: str
    chance: Stream
    say: Callable[[str], str]
    score: float | None = None
    """A judgement that has been made already, from 0 to 1."""

    def whole(self) -> Any:
        return self._fit(self.schema, (), None, 0)

    def fill(self, node: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
        """An object, of which some values are given as far as they fit."""
        own: dict[str, Any] = {}
        for name, part in node.get("properties", {}).items():
            if name in given and not isinstance(given[name], str):
                own[name] = given[name]
            elif name in given and _takes_text(part, given[name]):
                own[name] = shortened(given[name], part.get("maxLength", len(given[name])))
        return self._object(node, (), 0, None, own)

    # -- nodes --------------------------------------------------------------------------------------------------------

    def _fit(  # noqa: PLR0911, PLR0912 - one line for each kind of node
        self, node: Any, path: tuple[str, ...], somebody: Somebody | None, depth: int
    ) -> Any:
        if node is True or node == {}:
            return self.say(_asked(path, {}))
        if not isinstance(node, Mapping) or depth > 4 * DEEPEST:
            raise Unfit(f"no value fits {node!r}")
        if "$ref" in node:
            return self._fit(self._resolved(node), path, somebody, depth + 1)
        if "allOf" in node:
            return self._fit(self._merged(node), path, somebody, depth + 1)
        if "const" in node:
            return node["const"]
        if "enum" in node:
            return choose(self.taste, self._subject(path, node), node["enum"], self._place(path, node), self.chance)
        for choice in ("anyOf", "oneOf"):
            if choice in node:
                return self._one_of(node[choice], path, somebody, depth)
        kind = _type_of(node)
        if somebody is not None and path:
            known = somebody.field(path[-1], kind)
            if known is not None and _holds(node, known):
                return known
        match kind:
            case "object":
                return self._object(node, path, depth, somebody)
            case "array":
                return self._array(node, path, somebody, depth)
            case "string":
                return self._string(node, path)
            case "integer" | "number":
                return self._number(node, path, whole=kind == "integer")
            case "boolean":
                return self._place(path, node) > 0.5
            case "null":
                return None
        raise Unfit(f"there is no type {kind!r}")

    def _one_of(self, choices: list[Any], path: tuple[str, ...], somebody: Somebody | None, depth: int) -> Any:
        nulls = [each for each in choices if isinstance(each, Mapping) and each.get("type") == "null"]
        others = [each for each in choices if each not in nulls]
        ordered = [*nulls, *others] if depth > DEEPEST else [*others, *nulls]
        for choice in ordered:
            try:
                return self._fit(choice, path, somebody, depth + 1)
            except Unfit:
                continue
        raise Unfit("none of several forms can be filled")

    def _object(
        self,
        node: Mapping[str, Any],
        path: tuple[str, ...],
        depth: int,
        somebody: Somebody | None = None,
        given: Mapping[str, Any] = NOTHING,
    ) -> dict[str, Any]:
        properties, required = node.get("properties", {}), node.get("required", ())
        if somebody is None and not self.taste.persona and describes_a_person(properties):
            somebody = Somebody.drawn(self.chance, self.matter)
        out: dict[str, Any] = {}
        for name, part in properties.items():
            if name in given:
                out[name] = given[name]
                continue
            if name not in required and depth > DEEPEST:
                continue
            try:
                out[name] = self._fit(part, (*path, name), somebody, depth + 1)
            except Unfit:
                if name in required:
                    raise
        rest = node.get("additionalProperties", True)
        wanted = [name for name in required if name not in out]
        wanted += [f"entry {n}" for n in range(1, 1 + node.get("minProperties", 0) - len(out) - len(wanted))]
        for name in wanted:
            out[name] = self._fit(rest, (*path, name), somebody, depth + 1)
        return out

    def _array(
        self, node: Mapping[str, Any], path: tuple[str, ...], somebody: Somebody | None, depth: int
    ) -> list[Any]:
        first, items = node.get("prefixItems", []), node.get("items", True)
        out = [self._fit(each, path, somebody, depth + 1) for each in first]
        least, most = node.get("minItems", 0), node.get("maxItems", math.inf)
        wanted = min(most, max(least, len(first) if items is False else 3)) if depth <= DEEPEST else least
        for turn in range(6 * int(max(0, wanted - len(out)))):
            if len(out) >= wanted or items is False:
                break
            try:
                made = self._fit(items, (*path, str(turn)), None, depth + 1)
            except Unfit:
                break
            if made not in out or (turn > 5 * wanted and not node.get("uniqueItems")):
                out.append(made)
        if len(out) < least and (node.get("uniqueItems") or items is False):
            raise Unfit(f"there are not {least} different values")
        while len(out) < least:
            out.append(self._fit(items, (*path, str(len(out))), somebody, depth + 1))
        return out

    def _resolved(self, node: Mapping[str, Any]) -> Any:
        found: Any = self.schema
        for part in str(node["$ref"]).removeprefix("#").split("/")[1:]:
            found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
        if found is None:
            raise Unfit(f"the schema refers to {node['$ref']}, which it does not hold")
        return found

    def _merged(self, node: Mapping[str, Any]) -> dict[str, Any]:
        out = {key: value for key, value in node.items() if key != "allOf"}
        for part in node["allOf"]:
            made = self._resolved(part) if "$ref" in part else part
            properties = {**out.get("properties", {}), **made.get("properties", {})}
            required = [*out.get("required", ()), *made.get("required", ())]
            out = {**out, **made, "required": required} | ({"properties": properties} if properties else {})
        return out

    # -- leaves -------------------------------------------------------------------------------------------------------

    def _subject(self, path: tuple[str, ...], node: Mapping[str, Any]) -> str:
        """What a field is about: itself if its own words touch something, else what the question is about."""
        asked = _asked(path, node)
        return asked if self.taste.of(asked).touches else self.matter

    def _place(self, path: tuple[str, ...], node: Mapping[str, Any]) -> float:
        return self.score if self.score is not None else place(self.taste, self._subject(path, node), self.chance)

    def _string(self, node: Mapping[str, Any], path: tuple[str, ...]) -> str:
        least, most = node.get("minLength", 0), node.get("maxLength", math.inf)
        pattern = node.get("pattern")
        own = self.taste.persona.get(path[-1]) if path else None
        text = own if isinstance(own, str) and own else FORMATS.get(node.get("format", ""), "")
        if not text and pattern is None:
            text = self.say(_asked(path, node))
            while len(text) < least:
                text = f"{text} {self.say(_asked(path, node))}".ljust(len(text) + 2, "…")
        if len(text) > most:
            text = shortened(text, int(most))
        if pattern is not None and (not text or not re.search(pattern, text)):
            made = text_like(pattern, self.chance)
            if made is None:
                raise Unfit(f"no text is known of the pattern {pattern!r}")
            text = made
        if not least <= len(text) <= most:
            if pattern is not None:
                raise Unfit(f"no text of the pattern {pattern!r} is of that length")
            text = text.ljust(least, "…")[: None if most == math.inf else int(most)]
        return text

    def _number(self, node: Mapping[str, Any], path: tuple[str, ...], *, whole: bool) -> float:
        low, high = node.get("minimum", -math.inf), node.get("maximum", math.inf)
        above, below = node.get("exclusiveMinimum", -math.inf), node.get("exclusiveMaximum", math.inf)
        grain = node.get("multipleOf") or (1 if whole else 0)
        where = 0.6 + 0.35 * self.chance.random() if _is_sure(path) else self._place(path, node)
        own = self.taste.persona.get(path[-1]) if path else None
        if isinstance(own, int | float) and not isinstance(own, bool) and not grain % 1 and _holds(node, own):
            return int(own) if whole else own
        found: float
        first, last = self._ends(max(low, above), min(high, below), path, node)
        if grain:
            bottom = math.ceil(first / grain) + (first <= above and math.ceil(first / grain) * grain <= above)
            top = math.floor(last / grain) - (last >= below and math.floor(last / grain) * grain >= below)
            if bottom > top:
                raise Unfit(f"no number fits {dict(node)!r}")
            found = on_scale(where, bottom, top) * grain
            return int(found) if whole else found
        found = first + where * (last - first)
        rounded = round(found, 2)
        found = rounded if max(low, first) <= rounded <= min(high, last) and above < rounded < below else found
        if not (low <= found <= high and above < found < below):
            found = first + (last - first) / 2
        if not (low <= found <= high and above < found < below):
            raise Unfit(f"no number fits {dict(node)!r}")
        return found

    def _ends(self, low: float, high: float, path: tuple[str, ...], node: Mapping[str, Any]) -> tuple[float, float]:
        """The scale: the schema's, else the question's, else one that suits the field's name."""
        if low > -math.inf and high < math.inf:
            return low, high
        size = 1.0 if _is_sure(path) else 10.0
        usual = asked_scale(_asked(path, node)) or asked_scale(self.matter) or (0.0, size)
        if low == -math.inf and high == math.inf:
            return usual
        span = usual[1] - usual[0]
        return (low, max(usual[1], low + span)) if low > -math.inf else (min(usual[0], high - span), high)


def _asked(path: tuple[str, ...], node: Mapping[str, Any]) -> str:
    names = [re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name) for name in path[-1:] if not name.isdigit()]
    return " ".join([*names, str(node.get("description", "")), str(node.get("title", ""))]).strip()


def _is_sure(path: tuple[str, ...]) -> bool:
    return bool(path) and any(word in folded(path[-1]) for word in _SURE)


def _type_of(node: Mapping[str, Any]) -> str:
    kind = node.get("type")
    if isinstance(kind, list):
        return next((name for name in kind if name != "null"), "null")
    if kind is None:
        numeric = {"minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum"} & node.keys()
        return "object" if "properties" in node else "array" if "items" in node else "number" if numeric else "string"
    return str(kind)


def _takes_text(part: Any, text: str) -> bool:
    if not isinstance(part, Mapping):
        return part is True
    if "enum" in part:
        return text in part["enum"]
    return part.get("type") == "string" and "pattern" not in part and len(text) >= part.get("minLength", 0)


def _holds(node: Mapping[str, Any], value: Any) -> bool:
    """Whether a value that is known keeps to the bounds."""
    if isinstance(value, str):
        return (
            node.get("minLength", 0) <= len(value) <= node.get("maxLength", math.inf)
            and "format" not in node
            and re.search(node.get("pattern", ""), value) is not None
        )
    if isinstance(value, list):
        return node.get("minItems", 0) <= len(value) <= node.get("maxItems", math.inf) and (
            not isinstance(node.get("items"), Mapping) or node["items"].keys() <= {"type", "description"}
        )
    if isinstance(value, int | float):
        above, below = node.get("exclusiveMinimum", -math.inf), node.get("exclusiveMaximum", math.inf)
        fits = node.get("minimum", -math.inf) <= value <= node.get("maximum", math.inf) and above < value < below
        return fits and not value % node.get("multipleOf", 1)
    return True
