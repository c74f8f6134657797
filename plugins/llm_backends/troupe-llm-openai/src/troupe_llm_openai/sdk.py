"""The SDK, loaded when a client is first needed: its import takes more than a second."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

import attrs

from troupe_core import ArgumentError, AuthenticationError, ConfigError, SecretError, SecretRef
from troupe_core.llm import checked_address
from troupe_llm_openai.config import ADDRESSES, USUAL_KEY, AzureConfig, Config, Waiting

if TYPE_CHECKING:
    from openai import AsyncOpenAI

OPENAI = "api.openai.com"
ADDRESS = f"https://{OPENAI}/v1"
EXAMPLES = ADDRESSES["endpoint"], "2024-10-21"
NO_KEY = "none"
"""The SDK wants to send something; servers on one's own machine do not look at it."""
TOLD_BY_THE_SDK = tuple(
    f"X-Stainless-{each}" for each in ("Lang", "Package-Version", "OS", "Arch", "Runtime", "Runtime-Version", "Async")
)
"""What machine this is, and with which Python: no server needs it, and it costs a tenth of a call to say."""
KEEP_ALIVE = 60.0
"""Seconds that an idle connection is kept: the SDK's own five are over before a slow round is."""


@attrs.frozen(eq=False)
class Client:
    """The SDK's client, and what has to be known beside it."""

    sdk: AsyncOpenAI
    response_type: type[Any]
    """The HTTP library's own response: asked for as the type of an answer, it comes back as it is."""
    troubles: tuple[type[Exception], ...]
    """What can be raised on the way to a provider and back. The SDK does not catch all that its transport raises."""
    host: str
    options: Any
    """Of each request, what the SDK would take from its client anyhow: it makes a copy of whatever it is not given, and
    a key by which a second attempt could be told, though it makes none.
    """

    @property
    def at_openai(self) -> bool:
        """Whether this is OpenAI itself, in whichever region."""
        return self.host == OPENAI or self.host.endswith(f".{OPENAI}")

    async def aclose(self) -> None:
        await self.sdk.close()


def address(config: Config) -> str:
    """Where the server is. (The SDK would take an empty variable as it is.)"""
    return config.base_url or os.environ.get("OPENAI_BASE_URL") or ADDRESS


def client(config: Config) -> Client:
    """A client, or `AuthenticationError` where a key is needed and there is none, or none that can be sent. Nothing is
    sent.
    """
    from troupe_llm_openai import http

    sdk = http.AsyncOpenAI(
        api_key=_sendable(config.key) or NO_KEY,
        base_url=_checked(address(config), "OPENAI_BASE_URL", ADDRESSES["base_url"]),
        **_common(config),
    )
    made = _client(sdk)
    if made.at_openai or config.key != USUAL_KEY:
        _check_key(config, "OpenAI" if made.at_openai else made.host)
    return made


def azure_client(config: AzureConfig) -> Client:
    """The same for a resource at Azure."""
    from troupe_llm_openai import http

    endpoint = config.endpoint or os.environ.get("AZURE_OPENAI_ENDPOINT")
    version = config.api_version or os.environ.get("OPENAI_API_VERSION")
    if not endpoint or not version:
        missing = "endpoint, or AZURE_OPENAI_ENDPOINT" if not endpoint else "api_version, or OPENAI_API_VERSION"
        raise ConfigError(f"azure cannot be asked: set settings.azure.{missing}, such as {EXAMPLES[bool(endpoint)]}")
    endpoint = _checked(endpoint, "AZURE_OPENAI_ENDPOINT", ADDRESSES["endpoint"])
    token, key = _sendable(config.token), _sendable(config.key)
    if not (token or key):
        raise AuthenticationError(
            f"azure cannot be asked without a key: there is none at {config.key.place}, and no token at "
            f"{config.token.place}. Set one of them, or let settings.azure.key or settings.azure.token say where it is."
        )

    async def current() -> str:
        return config.token.reveal()

    proof: dict[str, Any] = {"azure_ad_token_provider": current} if token else {"api_key": key}
    return _client(http.AsyncAzureOpenAI(azure_endpoint=endpoint, api_version=version, **proof, **_common(config)))


def _common(config: Waiting) -> dict[str, Any]:
    """What clients are given, whoever they are for."""
    import openai

    from troupe_llm_openai import http

    many, httpx = config.max_connections, http_library()
    limits = httpx.Limits(max_connections=many, max_keepalive_connections=many, keepalive_expiry=KEEP_ALIVE)
    timeout = openai.Timeout(None, connect=config.connect_timeout)
    return {
        "timeout": timeout,
        "default_headers": dict.fromkeys(TOLD_BY_THE_SDK, openai.Omit()),
        "max_retries": 0,  # what goes wrong is told; whether to ask again is decided outside, once
        "http_client": http.http_client(httpx, limits=limits, timeout=timeout),
    }


def _client(sdk: AsyncOpenAI) -> Client:
    import aiohttp
    import openai

    httpx = http_library()
    troubles = (openai.OpenAIError, httpx.HTTPError, httpx.StreamError, aiohttp.ClientError, OSError)
    options = {"headers": {}, "max_retries": sdk.max_retries, "timeout": sdk.timeout, "idempotency_key": ""}
    return Client(sdk, httpx.Response, troubles, sdk.base_url.host, options)


def http_library() -> Any:
    """The HTTP library that this version of the SDK uses."""
    import openai

    return import_module("httpx2" if int(openai.__version__.partition(".")[0]) >= 3 else "httpx")


def _checked(address: str, variable: str, example: str) -> str:
    """What is set has been checked; a variable has not."""
    try:
        return checked_address(address, f"the variable {variable}", example)
    except ArgumentError as wrong:
        raise ConfigError(str(wrong)) from None


def _sendable(secret: SecretRef) -> str:
    """A key or token, or nothing if there is none."""
    key = secret.find() or ""
    if not (key.isascii() and key.isprintable()):
        raise AuthenticationError(
            f"the key at {secret.place} cannot be sent: it holds line breaks, other control characters or letters "
            "beyond ASCII. Write it there anew, in one line and with nothing around it."
        )
    return key


def _check_key(config: Config, who: str) -> None:
    try:
        config.key.reveal()
    except SecretError as missing:
        raise AuthenticationError(
            f"{who} cannot be asked without a key: {missing}. Set it, let settings.openai.key say where else it is, or "
            "leave that out and let settings.openai.base_url name a server that needs none."
        ) from None
