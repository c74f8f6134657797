"""What can be set, in the table `[settings.litellm]`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

import attrs

from troupe_core import ArgumentError, SecretRef
from troupe_core.llm import checked_address

_LIKE_A_SECRET = re.compile(r"(?:[A-Z0-9]+_)*(?:KEY|TOKEN|SECRET|PASSWORD)(?:_[A-Z0-9]+)*")


def _positive(config: Any, attribute: attrs.Attribute[Any], value: float) -> None:
    if not value > 0:
        raise ArgumentError(f"{attribute.name} has to be above 0; got {value!r}")


def _address(config: Any, attribute: attrs.Attribute[Any], value: str | None) -> None:
    if value is not None:
        checked_address(value, attribute.name, "http://localhost:8000/v1")


def _usual_keys() -> tuple[SecretRef, ...]:
    """Of all variables that are called like secrets: any of them may be one that litellm sends."""
    return tuple(SecretRef(f"env:{name}") for name in sorted(os.environ) if _LIKE_A_SECRET.fullmatch(name))


@attrs.frozen
class Place:
    """Where the models of one provider are asked, if not where litellm knows them."""

    base_url: str | None = attrs.field(default=None, validator=_address)
    """Where its server is. None: as litellm has it, which reads variables too, such as OLLAMA_API_BASE."""
    key: SecretRef | None = None
    """Where its key is. None: where litellm looks, such as ANTHROPIC_API_KEY."""


@attrs.frozen
class Config:
    """A provider's variables are those that litellm reads."""

    timeout: float = attrs.field(default=300.0, validator=_positive)
    """Seconds for one answer, from the moment there is room for it; of a stream, for each piece."""
    connect_timeout: float = attrs.field(default=10.0, validator=_positive)
    """Seconds to reach the server."""
    max_connections: int = attrs.field(default=256, validator=_positive)
    """So many requests at once; further ones wait here."""
    providers: Mapping[str, Place] = attrs.field(factory=dict)
    """By the name of a provider, such as "openai" or "anthropic"."""
    usual_keys: tuple[SecretRef, ...] = attrs.field(init=False, repr=False, eq=False, factory=_usual_keys)
    """What is taken out of all that is said, should a provider repeat it."""
