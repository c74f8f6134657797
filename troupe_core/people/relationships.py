"""What a persona says of relationships: written as a list of `{"name": …, "description": …}`, and read in whichever
form somebody wrote it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from troupe_core.errors import ArgumentError
from troupe_core.people.perceiving import checked_text

RELATIONSHIPS = "relationships"
_FORM = '{"name": …, "description": …}'


def relations_in(said: Any) -> Iterator[tuple[str, str]]:
    """Names and descriptions: from a list, from one table with both, from a table by name, or by kind of relation. What
    names nobody is passed over.
    """
    if isinstance(said, Mapping):
        name, description = _part(said, "name"), _part(said, "description")
        if isinstance(name, str):
            yield name, description if isinstance(description, str) else ""
            return
        for key, value in said.items():
            if isinstance(value, str):
                yield str(key), value
            elif isinstance(value, Mapping) and isinstance(_part(value, "description"), str):
                yield from relations_in({"name": key, **value})
            else:
                yield from relations_in(value)
    elif isinstance(said, Sequence) and not isinstance(said, str):
        for each in said:
            yield from relations_in(each)


def relation_to(said: Any, name: str) -> str:
    """What is said of the relation to somebody; nothing, if nothing is."""
    return next((description for other, description in relations_in(said) if other == name), "")


def checked_relations(given: Any) -> list[dict[str, str]]:
    """Relationships as they are given to a person: tables with a name and a description, one of them, or descriptions
    by name.
    """
    if isinstance(given, Mapping):
        one = {str(key).lower() for key in given} == {"name", "description"}
        given = [given] if one else [{"name": name, "description": told} for name, told in given.items()]
    if not isinstance(given, Iterable) or isinstance(given, str):
        raise ArgumentError(f"relationships is a list of {_FORM}, not {given!r}")
    return [_checked(each, f"relationships[{place}]") for place, each in enumerate(given)]


def with_relations(said: Any, more: Sequence[Mapping[str, str]]) -> list[Any]:
    """What was said, and more. What is said anew of somebody stands where the old was."""
    known = list(said) if isinstance(said, list | tuple) else [_relation(*each) for each in relations_in(said)]
    if said and not known:
        raise ArgumentError(
            f"nothing can be added to these relationships, which name nobody: {said!r}. Define all of them anew, with "
            "replace=True"
        )
    places = {str(_part(old, "name")): place for place, old in enumerate(known) if isinstance(old, Mapping)}
    for each in more:
        place = places.get(each["name"])
        if place is None:
            places[each["name"]] = len(known)
            known.append(dict(each))
        else:
            rest = {key: value for key, value in known[place].items() if key.lower() not in each}
            known[place] = {**each, **rest}
    return known


def _relation(name: str, description: str) -> dict[str, str]:
    return {"name": name, "description": description}


def _checked(each: Any, place: str) -> dict[str, str]:
    if not isinstance(each, Mapping) or {str(key).lower() for key in each} != {"name", "description"}:
        raise ArgumentError(f"{place} is {each!r}, and has to be {_FORM}")
    name, description = (checked_text(_part(each, key), f"{place}.{key}") for key in ("name", "description"))
    return _relation(" ".join(name.split()), description)


def _part(table: Mapping[Any, Any], key: str) -> Any:
    """Some write it with a capital."""
    return table.get(key, table.get(key.capitalize()))
