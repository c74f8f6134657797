"""What a model is asked, and who asks it.

An `LLMRequest` holds only what changes the answer; everything else about a call is in `Call`, and never in a key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from operator import attrgetter
from typing import Any

import attrs
from msgspec import Struct
from msgspec.structs import force_setattr

from troupe_core.errors import ArgumentError
from troupe_core.keys import DIGEST_SIZE, canonical, digest, utf8
from troupe_core.llm.images import Image
from troupe_core.llm.response import REHEARSAL


class Message(Struct, frozen=True, eq=False, gc=False):
    """A message of a chat. It is digested when it is made; the key of a request then only joins digests."""

    role: str
    """"system", "user" or "assistant"."""
    content: str
    digest: bytes = b""
    images: tuple[Image, ...] = ()
    """Pictures that go with the text, for models that can look at them."""
    worded: bool = False
    """Whether the text tells what they show, so that it stands for them where a model cannot look."""

    def __post_init__(self) -> None:
        if not self.digest:
            whole = utf8(f"{self.role}\0{self.content}")
            if self.images:
                whole = b"".join([whole, b"\0images\0", *[image.digest for image in self.images]])
            force_setattr(self, "digest", blake2b(whole, digest_size=DIGEST_SIZE, person=b"message").digest())


_images_of = attrgetter("images")

IN_WORDS = "\n\nAnswer with one JSON object that fits this JSON schema:\n"


def in_words(last: Message, schema: Mapping[str, Any]) -> Message:
    """For a model that cannot be held to a schema: the schema as part of the question."""
    import orjson

    written = orjson.dumps(schema).decode()
    return Message(last.role, f"{last.content}{IN_WORDS}{written}", images=last.images, worded=last.worded)


@attrs.frozen
class Parameters:
    """How the model samples. None means: as the provider has it."""

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    reasoning_effort: str | None = None
    """How long a model that reasons may do so: "minimal", "low", "medium", "high", or what else it knows."""
    extra: Mapping[str, Any] = attrs.field(factory=dict)
    """What a provider takes besides, by its own names."""

    def given(self) -> dict[str, Any]:
        """Those that are set, as a provider's names go."""
        named = {
            "temperature": self.temperature,
            "top_p": self.top_p,
            "max_tokens": self.max_tokens,
            "seed": self.seed,
            "stop": list(self.stop) or None,
            "reasoning_effort": self.reasoning_effort,
        }
        return {**{k: v for k, v in named.items() if v is not None}, **self.extra}


@attrs.frozen(eq=False, slots=True)
class Form:
    """Everything of a request but its messages: the same for many requests, hence digested once."""

    model: str
    """`backend/model`."""
    parameters: Parameters = Parameters()
    schema_name: str = ""
    schema: Mapping[str, Any] | None = None
    """The JSON schema that the answer has to fit; None: any text."""
    tools: tuple[Mapping[str, Any], ...] = ()
    digest: bytes = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        whole = [self.model, self.parameters.given(), self.schema_name, self.schema, list(self.tools)]
        object.__setattr__(self, "digest", digest(b"form", canonical(whole, "the request")))


@attrs.frozen(eq=False, slots=True)
class LLMRequest:
    """`draw` tells apart the answers wanted to one question; `lane` the persons who ask the same one."""

    form: Form
    messages: tuple[Message, ...]
    draw: int = 0
    lane: str = ""
    key: bytes = attrs.field(init=False, repr=False)
    """The name of everything in it: the same key, the same question."""

    def __attrs_post_init__(self) -> None:
        whole = [self.form.digest, b"%d\0%s\0" % (self.draw, utf8(self.lane)), *[m.digest for m in self.messages]]
        key = blake2b(b"".join(whole), digest_size=DIGEST_SIZE, person=b"request").digest()
        object.__setattr__(self, "key", key)

    @property
    def model(self) -> str:
        """The model's name as its backend knows it: what stands behind the first slash."""
        return _name_of(self.form.model)

    @property
    def parameters(self) -> Parameters:
        return self.form.parameters

    @property
    def schema(self) -> Mapping[str, Any] | None:
        """The JSON schema that the answer has to fit; None: any text."""
        return self.form.schema

    @property
    def schema_name(self) -> str:
        return self.form.schema_name

    @property
    def tools(self) -> tuple[Mapping[str, Any], ...]:
        return self.form.tools

    @property
    def pictured(self) -> bool:
        """Whether pictures go with any of the messages."""
        return any(map(_images_of, self.messages))

    def plain_messages(self) -> list[dict[str, str]]:
        """As chat protocols have them; pictures are not in there, since each protocol has its own way with them."""
        return [{"role": message.role, "content": message.content} for message in self.messages]


@attrs.frozen(slots=True)
class Call:
    """Who asks, for what, when. Nothing in it changes the answer.

    It is on the account of `simulation`, an id; if there is none of that id, on that of the runtime (`runtime.meter`),
    which has the budget of the settings to itself.
    """

    simulation: str
    """The id of the simulation, whose budget it is."""
    purpose: str
    """"turn", "ask", "consolidation", "extraction", "enrichment", "casting", "minibio", or what a faculty calls its
    own: `turn.llm("gossip")`.
    """
    world: str | None = None
    person: str | None = None
    """The id of the person; of a factory, where one asks for people."""
    turn: int = 0
    """How many turns the person has had before; how many others the factory has begun."""
    step: int | None = None
    """Of the world, if the turn is part of one."""
    ordinal: int = 0
    """Which question of the turn it is; a question that is put once more has the next number."""
    timeout: float | None = None
    """Seconds until the backend gives up; None: as its settings have it. A wrapper may set it."""
    priority: int = 0
    """For wrappers that let some go before others; the core gives everybody the same."""
    standby: bool = False
    """Whether another model stands by, and is asked if this one fails."""


@attrs.frozen(slots=True)
class ModelRef:
    """`backend/model`: which plugin answers, and which of its models."""

    backend: str
    name: str

    @classmethod
    def parse(cls, text: str) -> ModelRef:
        backend, slash, name = text.partition("/")
        if not (slash and backend and name):
            raise ArgumentError(f"a model is named backend/model, such as openai/gpt-5-mini; got {text!r}")
        return cls(backend, name)

    def __str__(self) -> str:
        return f"{self.backend}/{self.name}"


@lru_cache(maxsize=256)
def _name_of(model: str) -> str:
    return ModelRef.parse(model).name


def candidates(model: str | Sequence[str]) -> tuple[str, ...]:
    """The models to try, in order: a comma-separated text or a sequence."""
    if not isinstance(model, Sequence):
        raise ArgumentError(f"a model is named backend/model, such as openai/gpt-5-mini; got {model!r}")
    names = [name.strip() for name in model.split(",")] if isinstance(model, str) else [str(name) for name in model]
    if not names or not all(names):
        raise ArgumentError(f"no model is named in {model!r}")
    puppets = [name for name in names if ModelRef.parse(name).backend == REHEARSAL]
    if puppets and len(names) > 1:
        raise ArgumentError(
            f"{puppets[0]} is one of several models in {model!r}, and puppets stand in for nobody: what they say is no "
            "evidence about people. Name it alone, or leave it out"
        )
    return tuple(names)
