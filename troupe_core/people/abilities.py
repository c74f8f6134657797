"""What a set of faculties comes to: the rules as text, the schema of an answer, and who owns which action.

Made once for each set, and shared by everybody who has it: the text and the schema are the same bytes for all of them,
so that a provider's prompt cache serves one person with what another has sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import attrs
import msgspec

from troupe_core.errors import PluginError
from troupe_core.keys import canonical, digest, plain, utf8
from troupe_core.llm.structured import Output, json_schema
from troupe_core.people.faculty import Action, TinyMentalFaculty
from troupe_core.simulation.models import Fingerprint
from troupe_core.templates import Render, Templates

if TYPE_CHECKING:
    from troupe_core.runtime import Runtime

DONE = "DONE"

TURN_VERSION = 1
"""Of the turn itself: raised when the same answers to the same questions come to something else."""


class Cognition(msgspec.Struct, frozen=True):
    """The state of mind that an answer ends with."""

    goals: str = ""
    attention: str = ""
    emotions: str = ""
    context: list[str] = []


@attrs.frozen(eq=False)
class Ability:
    """An action, and the faculty that performs it."""

    faculty: TinyMentalFaculty
    action: Action
    plain: bool
    """Whether content and target are all that it takes."""


@attrs.frozen(eq=False)
class Abilities:
    """Compiled."""

    faculties: tuple[TinyMentalFaculty, ...]
    rules: str
    rules_digest: bytes
    output: Output[Any]
    by_type: dict[type[Any], Ability]
    aware: tuple[TinyMentalFaculty, ...]
    """Those that add to the present state."""
    makers: Fingerprint
    """Of everything here that shapes a turn: texts, schema, versions."""
    state_block: Render
    """The present state as text, from its parts."""

    @classmethod
    def of(cls, faculties: Sequence[TinyMentalFaculty], templates: Templates) -> Abilities:
        owned = _owned(faculties)
        by_type = {_struct(ability.action): ability for _, ability in sorted(owned.items())}
        answer = _answer_type(tuple(by_type))
        schema = _schema(by_type)
        rules = templates["rules"](
            {
                "faculties": [
                    {"text": faculty.text, "actions": [{"name": a.name, "text": a.text} for a in faculty.actions]}
                    for faculty in faculties
                ]
            }
        )
        makers = [[faculty.known_as, faculty.cache_version, faculty.shaping] for faculty in faculties]
        state_template = templates.source("state")
        shape = canonical([TURN_VERSION, schema, makers, state_template], "abilities")
        rules_digest = digest(b"rules", utf8(rules))
        output = Output(answer, name="turn", schema=schema, adapt=_adapt)
        aware = tuple(f for f in faculties if type(f).state_prompt is not TinyMentalFaculty.state_prompt)
        texts = {digest(b"text", utf8(text)): text for text in (rules, canonical(schema).decode(), state_template)}
        named = dict(zip(("rules", "schema", "state template"), (name.hex() for name in texts), strict=True))
        whole = {"version": TURN_VERSION, "faculties": plain(makers, "faculties"), "texts": named}
        taking_part = Fingerprint(digest(b"abilities", rules_digest, shape), whole, texts)
        return cls(tuple(faculties), rules, rules_digest, output, by_type, aware, taking_part, templates["state"])


def abilities_of(runtime: Runtime, faculties: tuple[str, ...]) -> Abilities:
    """What the faculties of these names come to, on this runtime."""
    made: Abilities = runtime.once(
        ("abilities", faculties),
        lambda: Abilities.of([runtime.faculty(name) for name in faculties], runtime.templates),
    )
    return made


def _owned(faculties: Sequence[TinyMentalFaculty]) -> dict[str, Ability]:
    owned: dict[str, Ability] = {}
    for faculty in faculties:
        for action in faculty.actions:
            other = owned.get(action.name)
            if other is not None:
                raise PluginError(
                    f"the faculties {other.faculty.name!r} and {faculty.name!r} both have an action {action.name}; "
                    "a person can have only one of them"
                )
            owned[action.name] = Ability(faculty, action, set(action.parameters) == {"content", "target"})
    return owned


def _struct(action: Action) -> type[Any]:
    fields = tuple((name, kind, type(default), default) for name, (kind, default) in action.parameters.items())
    try:
        return _struct_of(action.name, fields)
    except TypeError:  # a default that cannot be hashed
        return _struct_of.__wrapped__(action.name, fields)


@lru_cache(maxsize=1_024)
def _struct_of(name: str, fields: tuple[tuple[str, Any, type[Any], Any], ...]) -> type[Any]:
    """Shared by the runtimes of a process: msgspec never lets go of a class that it has made a decoder for."""
    spelled: list[Any] = [
        (field, kind) if default is attrs.NOTHING else (field, kind, default) for field, kind, _, default in fields
    ]
    return msgspec.defstruct(name, spelled, tag_field="type", tag=name, frozen=True, gc=False, kw_only=True)


@lru_cache(maxsize=256)
def _answer_type(actions: tuple[type[Any], ...]) -> type[Any]:
    union = actions[0]
    for other in actions[1:]:
        union = union | other  # type: ignore[assignment]  # a union of types is a type to msgspec
    return msgspec.defstruct(
        "Answer", [("actions", list[union]), ("cognitive_state", Cognition, Cognition())], frozen=True  # type: ignore[valid-type]
    )  # fmt: skip


def _schema(by_type: dict[type[Any], Ability]) -> dict[str, Any]:
    """Actions that take the same things share one object, so that the usual schema is a short one."""
    shapes: dict[bytes, dict[str, Any]] = {}
    for struct in by_type:
        made = json_schema(struct)
        names = made["properties"].pop("type")["enum"]
        shape = canonical(made, "schema")
        if shape in shapes:
            shapes[shape]["properties"]["type"]["enum"] += names
        else:
            made["properties"] = {"type": {"type": "string", "enum": names}, **made["properties"]}
            made["required"] = list(made["properties"])
            shapes[shape] = made
    kinds = list(shapes.values())
    items = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    return {
        "type": "object",
        "properties": {"actions": {"type": "array", "items": items}, "cognitive_state": json_schema(Cognition)},
        "required": ["actions", "cognitive_state"],
        "additionalProperties": False,
    }


def _adapt(found: Any) -> Any:
    """Spellings of an answer that leave no doubt about what is meant."""
    if isinstance(found, list) and any(isinstance(action, dict) for action in found):
        found = {"actions": found}  # but no empty list: it may come from anywhere in a broken answer
    if not isinstance(found, dict):
        return found
    out = dict(found)
    actions = out.get("actions", out.pop("action", None))
    if isinstance(actions, dict):
        actions = [actions]
    if isinstance(actions, list):
        out["actions"] = [_spelled(action) for action in actions]
    state = out.get("cognitive_state")
    if isinstance(state, dict):
        state = dict(state)
        for name in ("goals", "attention", "emotions"):
            if isinstance(state.get(name), list):
                state[name] = "; ".join(map(str, state[name]))
        if isinstance(state.get("context"), str):
            state["context"] = [state["context"]]
        out["cognitive_state"] = state
    return out


def _spelled(action: Any) -> Any:
    if isinstance(action, dict) and isinstance(action.get("type"), str):
        action = {**action, "type": action["type"].strip().upper().replace(" ", "_")}
        if action["type"] == DONE:  # models write all sorts of things beside it, or nothing
            action = {"type": DONE}
    return action
