"""What is wanted of a finding: its fields, each with a type that the answer has to keep to."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
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
        from troupe_core.findings.forms import of_finding

        return of_finding(self)

    def finding(self, answer: Any, seen: Container[int] | None = None) -> Finding:
        """What an answer of that form says; `seen` are the lines that were read for it, if not all of them."""
        from troupe_core.findings.finding import Finding
        from troupe_core.findings.forms import values_in

        cells = values_in(self, answer)
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
        return {"fields": {field.name: _listed(field.wanted) for field in self.fields}, "hints": hints}

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
        return Field(name, f"one of: {', '.join(choices)}", Literal[choices], hint, choices)
    if isinstance(wanted, list | tuple) and wanted and all(type(each) in (int, float) for each in wanted):
        raise ArgumentError(
            f"the choices of {name!r} are numbers: write a range, such as '{min(wanted)}..{max(wanted)}', or texts, as "
            f"{list(map(str, wanted))}"
        )
    kinds = ", ".join(_NAMED)
    raise ArgumentError(
        f"the field {name!r} cannot be of the type {wanted!r}; there are {kinds}, a range such as '1..5' or "
        "Scale(1, 5), and a list of choices such as ['yes', 'no']"
    )


def _listed(wanted: str | tuple[str, ...]) -> str | list[str]:
    return wanted if isinstance(wanted, str) else list(wanted)


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
