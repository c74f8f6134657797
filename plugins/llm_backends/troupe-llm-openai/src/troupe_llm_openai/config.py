"""What can be set, in the table `[settings.openai]`."""

from __future__ import annotations

from typing import Any, Literal

import attrs

from troupe_core import ArgumentError, SecretRef
from troupe_core.llm import checked_address


def _positive(config: Any, attribute: attrs.Attribute[Any], value: float) -> None:
    if not value > 0:
        raise ArgumentError(f"{attribute.name} has to be above 0; got {value!r}")


ADDRESSES = {"base_url": "http://localhost:11434/v1", "endpoint": "https://my-resource.openai.azure.com"}


def _address(config: Any, attribute: attrs.Attribute[Any], value: str | None) -> None:
    if value is not None:
        checked_address(value, attribute.name, ADDRESSES[attribute.name])


@attrs.frozen
class Table:
    """How the settings of a backend are called, for what is said about them."""

    name: str
    address: str
    unknown: str
    """What to look at when a server knows something not, and does not speak of a model."""

    def __str__(self) -> str:
        return f"settings.{self.name}"


OPENAI = Table(
    "openai",
    "base_url",
    "Look at its address, too, which is settings.openai.base_url or OPENAI_BASE_URL: most end in /v1, and none goes on "
    "with /chat/completions.",
)
AZURE = Table("azure", "endpoint", "At Azure a model is named by its deployment: azure/my-deployment.")

USUAL_KEY = SecretRef("env:OPENAI_API_KEY")


@attrs.frozen
class Waiting:
    """What both backends can be told about waiting."""

    timeout: float = attrs.field(default=300.0, validator=_positive, kw_only=True)
    """Seconds for one answer, from the moment there is a connection for it; of a stream, for each piece."""
    connect_timeout: float = attrs.field(default=10.0, validator=_positive, kw_only=True)
    """Seconds to reach the server."""
    max_connections: int = attrs.field(default=256, validator=_positive, kw_only=True)
    """So many requests at once; further ones wait here."""


@attrs.frozen
class Config(Waiting):
    """Organization and project are read by the SDK itself, from OPENAI_ORG_ID and OPENAI_PROJECT_ID."""

    base_url: str | None = attrs.field(default=None, validator=_address)
    """Where the server is; None: OPENAI_BASE_URL, or else OpenAI."""
    key: SecretRef = USUAL_KEY
    """Only OpenAI itself needs the usual one; other servers get it if it is there. Any other has to be there."""
    token_limit: Literal["max_tokens", "max_completion_tokens"] | None = None
    """What the server calls the parameter `max_tokens`. None: `max_completion_tokens` at OpenAI itself, whose newer
    models take nothing else, and `max_tokens` elsewhere.
    """
    prompt_cache_key: bool | None = None
    """Whether a person's requests bear a common key, so that the server finds what it has cached of them. None: at
    OpenAI itself; other servers may refuse what they do not know.
    """


@attrs.frozen
class AzureConfig(Waiting):
    """Of the backend `azure`, whose models are deployments."""

    endpoint: str | None = attrs.field(default=None, validator=_address)
    """Where the resource is; None: AZURE_OPENAI_ENDPOINT."""
    api_version: str | None = None
    """Such as "2024-10-21"; None: OPENAI_API_VERSION."""
    key: SecretRef = SecretRef("env:AZURE_OPENAI_API_KEY")
    """It has to be there, if no token is."""
    token: SecretRef = SecretRef("env:AZURE_OPENAI_AD_TOKEN")
    """Of Entra ID, if there is one; it goes before the key, and is looked up for each request, since it expires."""
    token_limit: Literal["max_tokens", "max_completion_tokens"] = "max_completion_tokens"  # noqa: S105 - of text
    """What the deployment calls the parameter `max_tokens`; older versions and models take `max_tokens` alone."""
    prompt_cache_key: bool = False
    """Whether a person's requests bear a common key; older versions refuse what they do not know."""
