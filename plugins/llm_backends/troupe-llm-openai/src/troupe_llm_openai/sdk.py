"""The SDK, loaded when a client is first needed: its import takes more than a second."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

import attrs

from troupe_core import AuthenticationError, SecretError
from troupe_llm_openai.config import USUAL_KEY, Config

if TYPE_CHECKING:
    from openai import AsyncOpenAI

OPENAI = "api.openai.com"
ADDRESS = f"https://{OPENAI}/v1"
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

    @property
    def at_openai(self) -> bool:
        """Whether this is OpenAI itself, in whichever region."""
        return self.host == OPENAI or self.host.endswith(f".{OPENAI}")

    async def aclose(self) -> None:
        await self.sdk.close()


def client(config: Config) -> Client:
    """A client, or `AuthenticationError` where a key is needed and there is none, or none that can be sent. Nothing is
    sent.
    """
    import aiohttp
    import openai

    httpx: Any = import_module("httpx2" if int(openai.__version__.partition(".")[0]) >= 3 else "httpx")
    many = config.max_connections
    limits = httpx.Limits(max_connections=many, max_keepalive_connections=many, keepalive_expiry=KEEP_ALIVE)
    timeout = openai.Timeout(None, connect=config.connect_timeout)
    key = config.key.find() or ""
    if not (key.isascii() and key.isprintable()):
        raise AuthenticationError(
            f"the key at {config.key.place} cannot be sent: it holds line breaks, other control characters or letters "
            "beyond ASCII. Write it there anew, in one line and with nothing around it."
        )
    left_out: Any = dict.fromkeys(TOLD_BY_THE_SDK, openai.Omit())
    sdk = openai.AsyncOpenAI(
        api_key=key or NO_KEY,
        base_url=config.base_url or os.environ.get("OPENAI_BASE_URL") or ADDRESS,  # the SDK takes an empty one as it is
        timeout=timeout,
        default_headers=left_out,
        max_retries=0,  # what goes wrong is told; whether to ask again is decided outside, once
        http_client=openai.DefaultAioHttpClient(limits=limits, timeout=timeout),
    )
    troubles = (openai.OpenAIError, httpx.HTTPError, httpx.StreamError, aiohttp.ClientError, OSError)
    made = Client(sdk, httpx.Response, troubles, sdk.base_url.host)
    if made.at_openai or config.key != USUAL_KEY:
        _check_key(config, "OpenAI" if made.at_openai else made.host)
    return made


def _check_key(config: Config, who: str) -> None:
    try:
        config.key.reveal()
    except SecretError as missing:
        raise AuthenticationError(
            f"{who} cannot be asked without a key: {missing}. Set it, let settings.openai.key say where else it is, or "
            "leave that out and let settings.openai.base_url name a server that needs none."
        ) from None
