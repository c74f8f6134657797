"""Fields as the form of an answer: of a model that reads a transcript, and of a person who is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Annotated, Any

import msgspec

from troupe_core.findings.fields import Fields
from troupe_core.llm.structured import Output

ENDLESS = ("nan", "inf", "infinity")
Sure = Annotated[float, msgspec.Meta(ge=0, le=1)]


@lru_cache(maxsize=256)
def of_finding(fields: Fields) -> Output[Any]:
    """Of each field the lines that show it, its value, and how sure that is. First what shows it, then what it is: a
    model that has to point at lines before it judges, judges by them.
    """
    whole = _cells("Findings", fields, [("evidence", list[int])])
    return Output(whole, name="findings", adapt=_spelling(fields))


@lru_cache(maxsize=256)
def of_reply(fields: Fields) -> Output[Any]:
    """A thought, what is said aloud, and of each field its value and how sure that is."""
    spelled = _spelling(fields)
    parts: list[Any] = [("thought", str), ("answer", str)]
    if fields:
        parts.append(("fields", _cells("Ticked", fields, [])))

    def adapt(answer: Any) -> Any:
        ticked = answer.get("fields") if isinstance(answer, dict) else None
        return answer if ticked is None else {**answer, "fields": spelled(ticked)}

    return Output(msgspec.defstruct("Reply", parts, frozen=True), name="reply", adapt=adapt)


def values_in(fields: Fields, answer: Any) -> dict[str, Any]:
    """The cell of each field, in an answer of either form."""
    return {field.name: getattr(answer, f"f{place}") for place, field in enumerate(fields.fields)}


def _cells(name: str, fields: Fields, before: list[tuple[str, Any]]) -> type[Any]:
    cells: list[tuple[str, Any]] = []
    for place, field in enumerate(fields.fields):
        parts: list[tuple[str, Any]] = [*before, ("value", field.type | None), ("confidence", Sure)]
        cells.append((f"f{place}", msgspec.defstruct(f"Field{place}", parts, frozen=True)))
    names = {f"f{place}": name for place, name in enumerate(fields.names)}
    return msgspec.defstruct(name, cells, rename=names, frozen=True)


def _spelling(fields: Fields) -> Callable[[Any], Any]:
    texts = {field.name for field in fields.fields if field.is_text}
    numbers = {field.name for field in fields.fields if field.type is float}

    def spelled(answer: Any) -> Any:
        """A number where text is wanted is that number as text; what is no finite number is none."""
        if not isinstance(answer, Mapping):
            return answer
        for name in numbers & answer.keys():
            cell = answer[name]
            value = cell.get("value") if isinstance(cell, dict) else None
            if str(value).strip(" +-").lower() in ENDLESS:
                raise msgspec.ValidationError(f"Expected a finite number, got {value} - at `$.{name}.value`")
        return {name: _as_text(cell) if name in texts else cell for name, cell in answer.items()}

    return spelled


def _as_text(cell: Any) -> Any:
    value = cell.get("value") if isinstance(cell, dict) else None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return {**cell, "value": str(value)} if is_number else cell
