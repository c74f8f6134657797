"""What plugins keep for a person, as plain data and back: by the types of its fields, with the version it was written
by. What belongs to a plugin that is not there is kept as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, get_type_hints

import attrs

from troupe_core.errors import JournalError
from troupe_core.keys import digest_of
from troupe_core.people.missing import MissingMemory, Opaque
from troupe_core.people.state import settings_digest
from troupe_core.records import MemorySpec
from troupe_core.simulation.journal.values import converter, from_plain, proven

if TYPE_CHECKING:
    from troupe_core.people.faculty import TinyMentalFaculty
    from troupe_core.runtime import Runtime
    from troupe_core.simulation.journal.shelf import Shelf


def slice_to_plain(shelf: Shelf, faculty: TinyMentalFaculty | None, value: Any, what: str) -> dict[str, Any]:
    """What a faculty keeps for one person."""
    if isinstance(value, Opaque):
        kept: dict[str, Any] = value.data
        return kept
    declared = faculty.state_class if faculty is not None else None
    spelled = proven(shelf, value, declared or type(value), what)
    version = faculty.state_version if faculty is not None else 1
    return {"version": version, "state": spelled, "digest": digest_of(value, what).hex()}


def slice_from_plain(faculty: TinyMentalFaculty | None, spelled: Mapping[str, Any], what: str) -> Any:
    version, data = spelled["version"], spelled["state"]
    if faculty is None or faculty.state_class is None:
        return Opaque(spelled, bytes.fromhex(spelled["digest"]))
    if version > faculty.state_version:
        raise JournalError(
            f"{what} was written by version {version} of its state, and the one installed knows version "
            f"{faculty.state_version}; install a newer one"
        )
    if version < faculty.state_version:
        data = faculty.migrate(data, version)
    return from_plain(data, faculty.state_class, what)


# -- kinds of memory -------------------------------------------------------------------------------------------------


def kind_to_plain(runtime: Runtime, kind: Any) -> dict[str, Any]:
    """A kind of memory by its name, and its settings where they are not the usual ones."""
    if isinstance(kind, MissingMemory):
        return kind.spelled
    name = runtime.memory_name(type(kind)) or type(kind).__qualname__
    fields = attrs.fields_dict(type(kind)) if attrs.has(type(kind)) else {}
    given = {n: getattr(kind, n) for n, f in fields.items() if f.init and getattr(kind, n) != f.default}
    out: dict[str, Any] = {"name": name}
    if given:
        out["settings"] = converter().unstructure(given)
    if not type(kind).__module__.startswith("troupe_core."):  # it may be missing some day, and its people live on
        out["digest"] = settings_digest(kind).hex()
    return out


def kind_from_plain(shelf: Shelf, spelled: Mapping[str, Any]) -> Any:
    """The kind of memory, or what stands for it where it is missing."""
    name, settings = spelled["name"], spelled.get("settings", {})
    attached = shelf.attached.get(name)
    if attached is not None and not isinstance(attached, type):
        return attached
    if attached is None:
        if not shelf.runtime.has(MemorySpec, name):
            return MissingMemory(dict(spelled))
        attached = shelf.runtime.memory_class(name)
    if not settings or not attrs.has(attached):
        return shelf.runtime.memory(name, **settings) if name not in shelf.attached else attached(**settings)
    return from_plain(settings, attached, f"the settings of the memory {name!r}")


def delta_kind(kind: Any) -> Any:
    """What a kind of memory makes of an episode, as the annotation of `absorb` says."""
    found = getattr(kind, "delta_class", None)
    if found is not None:
        return found
    try:
        hints = get_type_hints(type(kind).absorb)
    except NameError:  # a type that is imported for checkers only
        return Any
    return next((hint for name, hint in hints.items() if name == "delta"), Any)
