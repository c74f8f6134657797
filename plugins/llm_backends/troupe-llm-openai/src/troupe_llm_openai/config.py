"""What can be set, in the table `[settings.openai]`."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import urlsplit

import attrs

from troupe_core import ArgumentError, SecretRef


def _positive(config: Any, attribute: attrs.Attribute[Any], value: float) -> None:
    if not value > 0:
        raise ArgumentError(f"{attribute.name} has to be above 0; got {value!r}")


def _address(config: Any, attribute: attrs.Attribute[Any], value: str | None) -> None:
    if value is None:
        return
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        secret = parts.username is not None
    except ValueError:
        usable = secret = False
    if secret:  # and the address is not repeated here
        raise ArgumentError("base_url holds a user or a password, and would be shown; give a key by `key` instead")
    if not usable:
        raise ArgumentError(f"base_url is an address such as http://localhost:11434/v1; got {value!r}")


USUAL_KEY = SecretRef("env:OPENAI_API_KEY")


@attrs.frozen
class Config:
    """Organization and project are read by the SDK itself, from OPENAI_ORG_ID and OPENAI_PROJECT_ID."""

    base_url: str | None = attrs.field(default=None, validator=_address)
    """Where the server is; None: OPENAI_BASE_URL, or else OpenAI."""
    key: SecretRef = USUAL_KEY
    """Only OpenAI itself needs the usual one; other servers get it if it is there. Any other has to be there."""
    timeout: float = attrs.field(default=300.0, validator=_positive)
    """Seconds for one answer, from the moment there is a connection for it; of a stream, for each piece."""
    connect_timeout: float = attrs.field(default=10.0, validator=_positive)
    """Seconds to reach the server."""
    max_connections: int = attrs.field(default=256, validator=_positive)
    """So many requests at once; further ones wait here."""
    token_limit: Literal["max_tokens", "max_completion_tokens"] | None = None
    """What the server calls the parameter `max_tokens`. None: `max_completion_tokens` at OpenAI itself, whose newer
    models take nothing else, and `max_tokens` elsewhere.
    """
    prompt_cache_key: bool | None = None
    """Whether a person's requests bear a common key, so that the server finds what it has cached of them. None: at
    OpenAI itself; other servers may refuse what they do not know.
    """
