"""Any JSON schema, filled as somebody would fill it in: by what is known, by taste, by the names of its fields."""

from __future__ import annotations

import math
import re
import string
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from troupe_core import Stream
from troupe_llm_rehearsal.people import ALIASES, KEYS, somebody
from troupe_llm_rehearsal.puppet import Puppet
from troupe_llm_rehearsal.reader import Reader, asked_scale, on_scale, rating_in
from troupe_llm_rehearsal.scene import Scene
from troupe_llm_rehearsal.words import POOLS, WORDS, folded, shortened

FORMATS = {"date": "2026-03-14", "date-time": "2026-03-14T18:30:00Z", "time": "18:30:00Z", "uri": "https://example.org/",
           "email": "somebody@example.org", "uuid": "6f1e0d4c-5f0a-4b62-9a53-3d1c2b7a8e90"}  # fmt: skip
Node = Mapping[str, Any]
DEEPEST, _ENDLESS, _WIDE = 8, 1e300, 1e6  # deeper than that, whatever need not be there is left out
_IMPLIED = {"properties": "object", "items": "array", "minimum": "number", "maximum": "number"}
_GROUP, _TIMES = r"\((?:\?:|\?P<\w+>)?((?:[^()\\]|\\.)*)\)", r"(\{\d+(?:,\d*)?\}|[*+?]|)\??"
_ATOM = re.compile(rf"({_GROUP}|\[(?:[^\]\\]|\\.)+\]|\\.|[^\\]){_TIMES}", re.DOTALL)
_LETTERS = string.ascii_letters + string.digits + string.punctuation + " "


class Unfit(ValueError):
    """No value can be made up."""


class Filling:
    """Of one schema, by a puppet or a reader."""

    def __init__(self, schema: Mapping[str, Any], scene: Scene, mind: Puppet | Reader) -> None:
        self.schema, self.mind, self.chance, self.wish, self.draw = schema, mind, scene.chance, scene.text, scene.draw
        told = "" if scene.persona.facts else f"{scene.system}\n{scene.text}"
        self._hints = dict(re.findall(r"^- (\w+): (.*)$", told, re.MULTILINE))  # what is said about fields
        self._optional = False  # whether nothing may stand where a value is being made

    def fill(self, node: Any, known: Any = None, path: tuple[str, ...] = (), depth: int = 0) -> Any:
        """A part of the schema, of which something may be known."""
        if (node is not True and not isinstance(node, Mapping)) or depth > 4 * DEEPEST:
            raise Unfit(f"no value fits {node!r}")
        node = {} if node is True else self._merged(node)
        name = next((name for name in reversed(path) if not name.isdigit()), "")
        about = " ".join([re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name), str(node.get("description", "")),
                          str(node.get("title", "")), self._hints.get(name, "")]).strip()  # fmt: skip
        if "const" in node:
            return node["const"]
        if "enum" in node:
            return known if isinstance(known, str) and known in node["enum"] else self._option(node["enum"], about)
        if "anyOf" in node or "oneOf" in node:
            return self._one_of(node.get("anyOf", node.get("oneOf")), known, path, depth)
        kind = node.get("type", next((kind for key, kind in _IMPLIED.items() if key in node), "string"))
        kind = kind if isinstance(kind, str) else next((each for each in kind if each != "null"), "null")
        made: dict[str, Callable[[], Any]] = {
            "object": lambda: self._object(node, known if isinstance(known, Mapping) else {}, about, path, depth),
            "array": lambda: self._array(node, known if isinstance(known, list) else [], path, depth),
            "string": lambda: self._string(node, known, name, about),
            "integer": lambda: int(self._number(node, known, about, grain=node.get("multipleOf", 1))),
            "number": lambda: self._number(node, known, about, grain=node.get("multipleOf", 0)),
            "boolean": lambda: self._shown(self.mind.place(about), 0.5) > 0.5,
            "null": lambda: None,
        }
        if kind not in made:
            raise Unfit(f"there is no type {kind!r}")
        return made[kind]()

    def _merged(self, node: Node) -> Node:
        """With what it refers to, and with all of its parts."""
        parts: list[Any] = list(node.get("allOf", ()))
        if "$ref" in node:
            found: Any = self.schema
            for part in str(node["$ref"]).removeprefix("#").split("/")[1:]:
                found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
            if not isinstance(found, Mapping):
                raise Unfit(f"the schema refers to {node['$ref']}, which it does not hold")
            parts.append(found)
        out = {key: value for key, value in node.items() if key not in ("allOf", "$ref")}
        for made in map(self._merged, parts):
            both = {"properties": {**out.get("properties", {}), **made.get("properties", {})},
                    "required": [*out.get("required", ()), *made.get("required", ())]}  # fmt: skip
            out |= {**made, **{key: value for key, value in both.items() if value}}
        return out

    def _one_of(self, choices: list[Any], known: Any, path: tuple[str, ...], depth: int) -> Any:
        nulls = [each for each in choices if isinstance(each, Mapping) and each.get("type") == "null"]
        others = [each for each in choices if each not in nulls]
        before, self._optional = self._optional, bool(nulls)
        for choice in [*nulls, *others] if depth > DEEPEST else [*others, *nulls]:
            with suppress(Unfit):
                made = self.fill(choice, known, path, depth + 1)
                self._optional = before
                return made
        raise Unfit("none of several forms can be filled")

    def _object(self, node: Node, known: Node, about: str, path: tuple[str, ...], depth: int) -> dict[str, Any]:
        properties, required = node.get("properties", {}), node.get("required", ())
        if not known and len(KEYS.intersection(map(folded, properties))) >= 2:
            known, self.draw = somebody(self.chance, self.wish, self.draw), self.draw + 1
        out: dict[str, Any] = {}
        if "value" in properties and properties.keys() & {"evidence", "confidence"}:  # what shows it, and how surely
            value = self.fill(properties["value"], None, path, depth + 1)
            lines, sure = self.mind.proof(about, value)
            made = {"value": value, "evidence": lines, "confidence": sure}
            out = {name: made[name] for name in properties if name in made}
        for name, part in properties.items():
            if name in out or (name not in required and depth > DEEPEST):
                continue
            of_it = known.get(name, known.get(ALIASES.get(folded(name), name)))
            if isinstance(part, Mapping) and ({"properties", "$ref"} & part.keys()):  # what is known holds in all parts
                of_it = {**known, **of_it} if isinstance(of_it, Mapping) else known
            try:
                out[name] = self.fill(part, of_it, (*path, name), depth + 1)
            except Unfit:
                if name in required:
                    raise
        wanted = [name for name in required if name not in out]
        wanted += [f"entry {n}" for n in range(1, 1 + node.get("minProperties", 0) - len(out) - len(wanted))]
        rest = node.get("additionalProperties", True)
        return out | {name: self.fill(rest, None, (*path, name), depth + 1) for name in wanted}

    def _array(self, node: Node, known: list[Any], path: tuple[str, ...], depth: int) -> list[Any]:
        items, least, most = node.get("items", True), node.get("minItems", 0), node.get("maxItems", math.inf)
        out = [self.fill(each, None, path, depth + 1) for each in node.get("prefixItems", ())]
        wanted = int(min(most, max(least, len(known) or 3 if depth <= DEEPEST else 0)))
        for turn in range(6 * wanted if items is not False else 0):
            try:
                made = self.fill(items, known[turn] if turn < len(known) else None, (*path, str(turn)), depth + 1)
            except Unfit:
                break
            distinct = isinstance(made, str) and turn <= 4 * wanted  # nobody says the same twice, if it can be helped
            if not (distinct and made in ("", *out)) and not (node.get("uniqueItems") and made in out):
                out.append(made)
            if len(out) >= wanted:
                break
        if len(out) < least:
            raise Unfit(f"there are not {least} different values of {items!r}")
        return out

    def _shown(self, found: Any, instead: Any) -> Any:
        """What a mind tells; else what is made up, where nothing may not stand."""
        if (found is None or found == "") and self._optional:
            raise Unfit("nothing shows it")
        return instead if found is None or found == "" else found

    def _option(self, given: list[Any], about: str) -> Any:
        """By how the options answer, by their order on a scale, or by what they name."""
        options = [option for option in given if option is not None]
        marks = [(mark, at) for at, option in enumerate(options) if (mark := answers(str(option))) is not None]
        if len(marks) >= max(2, len(options) - 1) and len(dict(marks)) > 1:
            where = 2.8 * (self._shown(self.mind.place(about), 0.5) - 0.5)  # few take the ends
            return options[min((abs(where - mark), at) for mark, at in marks)[1]]
        if options and all(isinstance(option, int | float) and not isinstance(option, bool) for option in options):
            return sorted(options)[on_scale(self._shown(self.mind.place(about), 0.5), 0, len(options) - 1)]
        weights = [self.mind.weigh(str(option)) for option in options]
        if options and max(weights) > min(weights) + 0.05:
            return options[weights.index(max(weights))]
        either = self.chance.choice(options) if options else None
        return either if self.mind.guesses else self._shown(None, either)

    def _string(self, node: Node, known: Any, name: str, about: str) -> str:
        least, most, pattern = node.get("minLength", 0), node.get("maxLength", math.inf), node.get("pattern", "")
        first = next(iter(known.values()), "") if isinstance(known, Mapping) else known  # of {title: cook, place: …}
        text = ", ".join(map(str, first)) if isinstance(first, list) else "" if first is None else str(first)
        text = FORMATS.get(node.get("format", ""), text)
        if pattern and not (text and re.search(pattern, text)):
            text = text_like(pattern, self.chance) or ""
        elif not text and (known is None or least):
            text = self._shown(self._worded(name, about), "")
        while len(text) < least and not pattern:
            text = f"{text} {self.mind.say(about)}".ljust(len(text) + 2, "…")
        short = text if pattern else shortened(text, int(min(most, len(text))))
        text = short if len(short) >= least else text[: int(most)]
        if not least <= len(text) <= most or not re.search(pattern, text):
            raise Unfit(f"no text is known of the pattern {pattern!r} and of that length")
        return text

    def _worded(self, name: str, about: str) -> str:
        """A number, a feeling or a decision in a word, if the name of a field is one of these; else a sentence."""
        named = set(re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name).lower().split())
        kinds = () if named & (WORDS["reasons"] | WORDS["objection"]) else ("rated", "sentiment", "feelings", "intent")
        kind = next((kind for kind in kinds if named & WORDS[kind]), "")
        where = self.mind.place(about) if kind else None
        if where is None:
            return "" if kind else self.mind.say(about)
        scale = asked_scale(about) or asked_scale(self.mind.matter) or (1, 5)
        if kind == "rated":
            given = [found for _, text in self.mind.lines if (found := rating_in(text))]
            rating, most = given[-1] if given else (on_scale(where, *scale), scale[1])
            return f"{rating:g} of {most or scale[1]:g}"
        return POOLS[kind][on_scale(where, 0, 4)]

    def _number(self, node: Node, known: Any, about: str, *, grain: float) -> float:
        low = max(node.get("minimum", -math.inf), math.nextafter(node.get("exclusiveMinimum", -math.inf), math.inf))
        high = min(node.get("maximum", math.inf), math.nextafter(node.get("exclusiveMaximum", math.inf), -math.inf))
        for said in (known, self.mind.number(about, low, high) if isinstance(self.mind, Reader) else None):
            number = said if isinstance(said, int | float) and not isinstance(said, bool) else math.nan
            if low <= number <= high and not (grain and number % grain):
                return number
        if not self.mind.guesses and high - low > _WIDE:
            self._shown(None, None)
        sure = WORDS["sure"].intersection(about.lower().split())
        where = self.mind.proof(about, about)[1] if sure else self._shown(self.mind.place(about), 0.5)
        usual = asked_scale(about) or asked_scale(self.mind.matter) or (0, 1 if sure else 10)
        first = low if low > -_ENDLESS else usual[0] if high >= _ENDLESS else min(usual[0], high - usual[1] + usual[0])
        last = high if high < _ENDLESS else max(usual[1], first + usual[1] - usual[0])
        bottom, top = math.ceil(first / (grain or 1)), math.floor(last / (grain or 1))
        if (bottom > top and grain) or first > last:
            raise Unfit(f"no number fits {dict(node)!r}")
        if grain:
            return on_scale(where, bottom, top) * grain
        exact = min(last, first + where * (last - first))
        return round(exact, 2) if first <= round(exact, 2) <= last else exact


def answers(option: str) -> float | None:
    """From -1, a no, to 1, a yes; None if it is neither."""
    tokens = set(re.findall(r"[^\W_]+(?:'t)?", folded(option.replace("_", " "))))
    if WORDS["middle"] & tokens and "rather" not in tokens:
        return 0.0
    size = 1.0 if WORDS["strong"] & tokens else 0.45 if WORDS["weak"] & tokens else 0.8
    if (WORDS["no"] | WORDS["sad"]) & tokens or any(token.endswith("n't") for token in tokens):
        return -size
    return size if (WORDS["yes"] | WORDS["glad"]) & tokens else None


def text_like(pattern: str, chance: Stream) -> str | None:
    """A text that fits a regular expression of the simple kind that schemas have; None if it cannot be made up."""
    return next((text for text in (_made(pattern, chance) for _ in range(8)) if re.search(pattern, text)), None)


def _made(pattern: str, chance: Stream) -> str:
    out = ""
    for atom, group, times in _ATOM.findall(chance.choice(re.split(r"(?<!\\)\|(?![^(]*\))", pattern))):
        for _ in range(int(re.findall(r"\d+", times)[0]) if "{" in times else {"*": 0, "+": 2}.get(times, 1)):
            if group:
                out += _made(group, chance)
            elif atom not in ("^", "$", r"\b", r"\A", r"\Z"):
                fit = re.compile(re.escape(atom) if atom in "{}()*+?]" else atom)
                fitting = [each for each in _LETTERS if fit.fullmatch(each)]
                out += chance.choice([each for each in fitting if each.isalnum()] or fitting or [atom[-1]])
    return out
