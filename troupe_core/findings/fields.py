"""What is wanted of a finding: its fields, each with a type that the answer has to keep to."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from functools import lru_cache
from types import GenericAlias
from typing import TYPE_CHECKING, Annotated, Any, Literal

import attrs
import msgspec

from troupe_core.errors import ArgumentError
from troupe_core.llm.structured import Output

if TYPE_CHECKING:
    from troupe_core.findings.finding import Finding

_LEAST, _MOST = -(2**63), 2**63 - 1
"""Whole numbers have 64 bits: what is larger can be written neither as JSON nor into a key."""
_RANGE = re.compile(r"(-?\d+(?:\.\d+)?)\.\.(-?\d+(?:\.\d+)?)")


@attrs.frozen
class Scale:
    """A number from `low` to `high`, whole if both are: `Scale(1, 5)` is also written "1..5"."""

    low: float
    high: float

    def __attrs_post_init__(self) -> None:
        ends = (self.low, self.high)
        if any(type(end) not in (int, float) for end in ends) or not self.low < self.high:
            raise ArgumentError(f"a scale goes from a number to a higher one, not from {self.low!r} to {self.high!r}")
        if not all(_LEAST <= end <= _MOST for end in ends):
            raise ArgumentError(f"a scale ends within 64 bits; {self.low!r} to {self.high!r} goes beyond them")

    @property
    def is_whole(self) -> bool:
        return isinstance(self.low, int) and isinstance(self.high, int)

    def __str__(self) -> str:
        return f"{_spelled(self.low)}..{_spelled(self.high)}"


@attrs.frozen
class Field:
    """One of them. `words` tells what is wanted, for whoever has to give it."""

    name: str
    words: str
    type: Any = attrs.field(repr=False)
    hint: str = ""
    wanted: str | tuple[str, ...] = "text"
    """The type as it is written: "1..5", "bool", a list of choices."""

    @property
    def is_text(self) -> bool:
        return self.type is str


@attrs.frozen
class Fields:
    """All of them, in order; none, if the extractor chooses."""

    fields: tuple[Field, ...] = ()

    @classmethod
    def of(cls, fields: Any, hints: Mapping[str, str] | None = None) -> Fields:
        """From a list of names (which are then text), or a mapping from names to types."""
        if isinstance(fields, str) or (fields is not None and not isinstance(fields, Iterable)):
            raise ArgumentError(f"fields is a list of names, or a mapping from names to types, not {fields!r}")
        if fields is not None and not fields:
            raise ArgumentError("fields is empty: name at least one, or leave it out for the main points")
        pairs = fields.items() if isinstance(fields, Mapping) else [(name, "text") for name in fields or ()]
        typed = [(_checked_name(name), wanted) for name, wanted in pairs]
        names = [name for name, _ in typed]
        if len(set(names)) < len(names):
            raise ArgumentError(f"fields names one twice: {', '.join(names)}")
        given = _checked_hints(hints, names)
        return cls(tuple(_field(name, wanted, given.get(name, "")) for name, wanted in typed))

    def changed(self, fields: Any, hints: Mapping[str, str] | None) -> Fields:
        """With other fields or other hints; None: as they are."""
        kept = self.fields if fields is None else Fields.of(fields).fields
        own = {field.name: field.hint for field in self.fields}
        given = own | _checked_hints(hints, [field.name for field in kept])
        return Fields(tuple(attrs.evolve(field, hint=given.get(field.name, "")) for field in kept))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    @property
    def output(self) -> Output[Any]:
        """The form of an answer: of each field the lines that show it, its value (or null), and how sure that is."""
        return _output(self)

    def finding(self, answer: Any, seen: Container[int] | None = None) -> Finding:
        """What an answer of that form says; `seen` are the lines that were read for it, if not all of them."""
        from troupe_core.findings.finding import Finding

        cells = {field.name: getattr(answer, f"f{place}") for place, field in enumerate(self.fields)}
        return Finding(
            {name: cell.value for name, cell in cells.items()},
            {name: cell.confidence for name, cell in cells.items()},
            {name: cell.evidence for name, cell in cells.items()},
            seen,
        )

    @property
    def written(self) -> dict[str, Any]:
        """As plain data, of which `Fields.of` makes them again."""
        hints = {field.name: field.hint for field in self.fields if field.hint}
        return {"fields": {field.name: field.wanted for field in self.fields}, "hints": hints}

    def plain(self) -> list[list[str]]:
        """As they enter a key."""
        return [[field.name, field.words, field.hint] for field in self.fields]

    def __bool__(self) -> bool:
        return bool(self.fields)


_NAMED = {
    "text": ("text: a sentence or a few", str),
    "str": ("a short text", str),
    "int": ("a whole number", Annotated[int, msgspec.Meta(ge=_LEAST, le=_MOST)]),
    "float": ("a number", float),
    "bool": ("true or false", bool),
    "list[str]": ("a list of short texts", list[str]),
}


def _field(name: str, wanted: Any, hint: str) -> Field:
    named = wanted.__name__ if isinstance(wanted, type) and not isinstance(wanted, GenericAlias) else str(wanted)
    if isinstance(wanted, str | type | GenericAlias) and named in _NAMED:
        return Field(name, *_NAMED[named], hint, named)
    if isinstance(wanted, str) and (found := _RANGE.fullmatch(wanted.replace(" ", ""))):
        wanted = Scale(*(float(end) if "." in end else int(end) for end in found.groups()))
    if isinstance(wanted, Scale):
        kind, words = (int, "a whole number") if wanted.is_whole else (float, "a number")
        return Field(
            name,
            f"{words} from {wanted.low} to {wanted.high}",
            Annotated[kind, msgspec.Meta(ge=wanted.low, le=wanted.high)],
            hint,
            str(wanted),
        )
    if isinstance(wanted, list | tuple) and wanted and all(isinstance(each, str) and each.strip() for each in wanted):
        choices = tuple(dict.fromkeys(wanted))
        return Field(name, f"one of: {', '.join(wanted)}", Literal[choices], hint, choices)
    kinds = ", ".join(_NAMED)
    raise ArgumentError(
        f"the field {name!r} cannot be of the type {wanted!r}; there are {kinds}, a range such as '1..5' or "
        "Scale(1, 5), and a list of choices such as ['yes', 'no']"
    )


def _spelled(end: float) -> str:
    """A number without an exponent; with a point, if it need not be whole."""
    if isinstance(end, int):
        return str(end)
    from decimal import Decimal

    plain = format(Decimal(repr(end)), "f")
    return plain if "." in plain else f"{plain}.0"


def _checked_name(name: Any) -> str:
    """It stands in a schema and in a prompt."""
    if (
        not isinstance(name, str)
        or not name.strip()
        or len(name) > 100
        or not name.isprintable()
        or {'"', "\\"} & {*name}
    ):
        raise ArgumentError(f"a field is called by a short text on one line, without quotes, not {name!r}")
    return name.strip()


def _checked_hints(hints: Any, names: list[str]) -> dict[str, str]:
    if hints is None:
        return {}
    if not isinstance(hints, Mapping) or not all(isinstance(hint, str) for hint in hints.values()):
        raise ArgumentError(f"fields_hints is a mapping from fields to texts, not {hints!r}")
    unknown = [name for name in hints if name not in names]
    if unknown:
        there = f"the fields are {', '.join(names)}" if names else "no fields are given"
        raise ArgumentError(f"fields_hints has a hint for {unknown[0]!r}, and {there}")
    return dict(hints)


ENDLESS = ("nan", "inf", "infinity")
Sure = Annotated[float, msgspec.Meta(ge=0, le=1)]


@lru_cache(maxsize=256)
def _output(fields: Fields) -> Output[Any]:
    cells: list[tuple[str, Any]] = []
    for place, field in enumerate(fields.fields):
        # first what shows it, then what it is: a model that has to point at lines before it judges, judges by them
        parts: list[tuple[str, Any]] = [("evidence", list[int]), ("value", field.type | None), ("confidence", Sure)]
        cells.append((f"f{place}", msgspec.defstruct(f"Field{place}", parts, frozen=True)))
    names = {f"f{place}": name for place, name in enumerate(fields.names)}
    whole = msgspec.defstruct("Findings", cells, rename=names, frozen=True)
    texts = {field.name for field in fields.fields if field.is_text}
    numbers = {field.name for field in fields.fields if field.type is float}

    def spelled(answer: Any) -> Any:
        """A number where text is wanted is that number as text; what is no finite number is none."""
        if not isinstance(answer, dict):
            return answer
        for name in numbers & answer.keys():
            cell = answer[name]
            value = cell.get("value") if isinstance(cell, dict) else None
            if str(value).strip(" +-").lower() in ENDLESS:
                raise msgspec.ValidationError(f"Expected a finite number, got {value} - at `$.{name}.value`")
        return {name: _as_text(cell) if name in texts else cell for name, cell in answer.items()}

    return Output(whole, name="findings", adapt=spelled)


def _as_text(cell: Any) -> Any:
    value = cell.get("value") if isinstance(cell, dict) else None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return {**cell, "value": str(value)} if is_number else cell
