"""What a person remembers, as part of a file.

Facts of the person's own life name its id. Who is read under another one has lived through them just so, and they are
facts of its own, with ids of their own; what others did stays theirs.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, cast

import attrs
import msgspec
from msgspec.structs import replace

from troupe_core.errors import ArgumentError
from troupe_core.events import Fact
from troupe_core.keys import digest, digest_of, utf8
from troupe_core.llm.images import Image
from troupe_core.people.files import LARGEST
from troupe_core.people.memory import Batch, FiledMemory
from troupe_core.people.values import kind_to_plain
from troupe_core.records import MemorySpec
from troupe_core.simulation.journal.codec import fact_from_plain, fact_to_plain
from troupe_core.simulation.journal.values import converter
from troupe_core.simulation.pictures import spelled

if TYPE_CHECKING:
    from troupe_core.people.memory import Memory
    from troupe_core.people.state import PersonState
    from troupe_core.runtime import Runtime
    from troupe_core.simulation.pictures import Pictures

MOST_PICTURES = LARGEST // 2
"""Bytes of a file that are pictures; what is larger as a whole is not read."""

OURS = {"kind", "of", "turns", "news", "content"}


def memory_to_plain(runtime: Runtime, state: PersonState, pictures: Pictures) -> dict[str, Any]:
    """The memory, what has reached the person and is to be remembered with its next turn, and the pictures in both."""
    kind = state.memory_kind
    if not hasattr(kind, "to_file"):
        raise ArgumentError(
            f"the memory of {state.name} cannot be written into a file: {type(kind).__name__} has no to_file(). Save "
            "the person with include_memory=False, or keep everything in a journal, as Simulation(path)"
        )
    named = kind_to_plain(runtime, kind)
    seen: dict[str, Any] = {}

    def spell(fact: Fact) -> dict[str, Any]:
        seen.update((name, spelled(pictures.find(name))) for name in fact.images if name not in seen)
        return fact_to_plain(fact)

    out = {
        "kind": {key: named[key] for key in ("name", "settings") if key in named},
        "of": state.id,
        "turns": state.turns,
        "news": list(map(spell, Batch(state.inbox))),
        "content": cast("FiledMemory[Any]", kind).to_file(state.memory, spell),
    }
    size = sum(len(image["data"]) for image in seen.values())
    if size > MOST_PICTURES:
        raise ArgumentError(
            f"the pictures that {state.name} has seen take {size:,} bytes in a file, and {MOST_PICTURES:,} are the "
            "most. Save the person with include_memory=False, or keep everything in a journal, as Simulation(path)"
        )
    return {**out, "images": seen} if seen else out


def is_ours(found: Any) -> bool:
    """Whether it is a memory that was written here."""
    return isinstance(found, Mapping) and found.keys() >= OURS


def kind_name(found: Mapping[str, Any]) -> str:
    """What the kind of a memory in a file is called."""
    kind = found["kind"]
    return str(kind.get("name") if isinstance(kind, Mapping) else kind)


def kind_in(runtime: Runtime, found: Mapping[str, Any]) -> Memory[Any] | None:
    """That kind, with its settings; None if it is not installed."""
    name, kind = kind_name(found), found["kind"]
    if not runtime.has(MemorySpec, name):
        return None
    settings = kind.get("settings") if isinstance(kind, Mapping) else None
    if not settings:
        return runtime.memory(name)
    made = runtime.memory_class(name)
    by_fields: bool = attrs.has(made)
    try:
        filled: Memory[Any] = converter().structure(settings, made) if by_fields else made(**settings)
    except Exception as error:
        raise ArgumentError(f"memory.kind.settings cannot be those of {name!r}: {settings!r} ({error})") from None
    return filled


def memory_from_plain(kind: Memory[Any], found: Mapping[str, Any], id: str, pictures: Pictures) -> dict[str, Any]:
    """The parts of the state of a person who remembers what the file says."""
    seen: dict[str, Image] = {}

    def read(plain: Any) -> Fact:
        fact = fact_from_plain(plain)
        for name in fact.images:
            if name not in seen:
                seen[name] = _picture(found, name)
        if fact.thing != found["of"] or found["of"] == id:
            return fact
        return replace(fact, thing=id, id=digest(b"retold", fact.id, utf8(id)))

    if not hasattr(kind, "from_file"):
        raise ArgumentError(f"{type(kind).__name__} reads no memory from a file: it has no from_file()")
    try:
        memory = cast("FiledMemory[Any]", kind).from_file(found["content"], read)
        news = tuple(map(read, found["news"]))
        turns = msgspec.convert(found["turns"], Annotated[int, msgspec.Meta(ge=0)])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ArgumentError(f"memory is not of the form in which memories are saved: {error!r}") from None
    for image in seen.values():
        pictures.keep(image)
    name = digest_of(memory, f"the memory of {id}")
    return {"memory": memory, "inbox": news, "turns": turns, "trail": digest(b"filed", name, *(f.id for f in news))}


def _picture(found: Mapping[str, Any], name: str) -> Image:
    """One of those that came with a memory."""
    image = Image.of(b64decode(found["images"][name]["data"], validate=True))
    if image.digest.hex() != name:
        raise ValueError(f"the picture {name} is another one")
    return image
