"""The next request of a person, the most stable part first.

One system message (rules, abilities, persona), the history as chat turns, and a last user message: what is new, a blank
line, the present state. What is new stays in history byte for byte as it was sent; the state is dropped, and sent anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import attrs

from troupe_core.keys import DIGEST_SIZE
from troupe_core.llm.prices import PICTURE
from troupe_core.llm.request import Message
from troupe_core.people.abilities import Abilities
from troupe_core.people.lines import heading, line, perceived
from troupe_core.people.memory import Entry, Heard
from troupe_core.people.persona import Persona
from troupe_core.people.state import PersonState

CHARACTER = "\n\n# Your character\n\n"


def system_message(abilities: Abilities, persona: Persona) -> Message:
    """Rules and persona joined. The digest is kept with the persona, the text is not: it would double its memory."""
    text = f"{abilities.rules}{CHARACTER}{persona.raw.decode()}"
    kept = persona.prompt_digest
    if kept is not None and kept[0] is abilities:
        return Message("system", text, digest=kept[1])
    parts = abilities.rules_digest + persona.digest + CHARACTER.encode()
    made = blake2b(parts, digest_size=DIGEST_SIZE, person=b"system").digest()
    persona.prompt_digest = (abilities, made)
    return Message("system", text, digest=made)


def new_lines(entries: Sequence[Entry]) -> str:
    """What has reached the person, as it will stand in history."""
    pairs: list[tuple[str, str]] = []
    for entry in entries:
        if isinstance(entry, Heard):
            shared = entry.shared
            for fact, text in zip(shared.facts, shared.lines, strict=True):
                if not entry.without or fact.thing != entry.without:
                    pairs.append((heading(fact), text))
        else:
            pairs.append((heading(entry), line(entry)))
    return perceived(pairs)


def state_block(
    abilities: Abilities,
    state: PersonState,
    time: str,
    memories: Sequence[str] = (),
    awareness: Sequence[str] = (),
) -> str:
    """What is true at this moment: dropped afterwards, so that it is never in the way of what was sent before."""
    mind = state.mind
    notes = state.context if mind.context == state.context else (*state.context, *mind.context)
    return abilities.state_block(
        {
            "time": time,
            "place": one_line(state.place),
            "context": [one_line(note) for note in notes],
            "goals": one_line(mind.goals),
            "attention": one_line(mind.attention),
            "emotions": one_line(mind.emotions),
            "memories": memories,
            "awareness": awareness,
        }
    )


def one_line(text: str) -> str:
    """In the state block each thing has one line, and nothing in it can look like another."""
    return " ".join(text.splitlines())


@attrs.frozen
class Part:
    """A piece of a prompt, and where it comes from."""

    origin: str
    text: str


@attrs.frozen(repr=False)
class Prompt:
    """The next request of a person, for reading."""

    parts: tuple[Part, ...]
    messages: tuple[Message, ...]

    def __str__(self) -> str:
        return "\n\n".join(f"── {part.origin} ──\n{part.text}" for part in self.parts)

    def __repr__(self) -> str:
        return f"<Prompt of {len(self.messages)} messages, {len(self):,} characters; print it to read it>"

    def _repr_html_(self) -> str:
        from troupe_core.people.showing import of_prompt

        return of_prompt(self)

    def __len__(self) -> int:
        """Characters that would be sent; a picture counts as so many as it takes tokens."""
        return sum(len(message.content) + PICTURE * len(message.images) for message in self.messages)
