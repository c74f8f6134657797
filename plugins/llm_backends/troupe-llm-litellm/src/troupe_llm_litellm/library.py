"""litellm, loaded when a model is first asked: its import takes seconds."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import attrs

from troupe_core import ConfigError

QUIETLY = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # or it fetches a list of prices
    "LITELLM_MODE": "PRODUCTION",  # or it takes what stands in a file .env into the environment
}
"""Variables that an import of litellm looks at."""
LATER = 10.0
"""Seconds after which litellm gives up where nobody else does. Left to itself it would after ten minutes."""
_one_at_a_time = threading.Lock()


@attrs.frozen(eq=False)
class Library:
    """litellm, and what can be raised in it on the way to a provider and back."""

    litellm: Any
    unreached: tuple[type[Exception], ...]
    """There was no connection in time, and so nothing was sent."""
    timeouts: tuple[type[Exception], ...]
    broken: tuple[type[Exception], ...]
    """Connections that failed, timeouts among them."""
    halfway: tuple[type[Exception], ...]
    """A connection broke when the head of an answer had come."""
    timeout: Callable[[float], Any]
    """How long to wait, as its clients want to be told, where an answer is given so many seconds: by who asks, so that
    they are given more. To reach a server has a time of its own, of which not every client knows.
    """

    async def aclose(self) -> None:
        """Close the clients that litellm keeps for this loop. Other runtimes have a loop of their own."""
        kept = self.litellm.in_memory_llm_clients_cache
        here = kept.update_cache_key_with_event_loop("")
        for name in [name for name in kept.cache_dict if name.endswith(here)]:
            client = kept.cache_dict[name]
            kept.delete_cache(name)
            await client.close()


def library(connect_timeout: float) -> Library:
    """litellm, without what it prints, tells others or fetches by itself."""
    try:
        with _one_at_a_time, _set(QUIETLY):
            import aiohttp
            import httpx
            import litellm
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"litellm/… cannot be asked: {error}. Install what it needs: pip install troupe-llm-litellm"
        ) from None

    if "LITELLM_LOG" not in os.environ:  # else somebody wants it to write
        logging.getLogger("LiteLLM").handlers.clear()  # what it logs goes where everybody's goes, and nowhere else
    litellm.suppress_debug_info = True
    litellm.telemetry = False
    return Library(
        litellm,
        (httpx.ConnectTimeout, httpx.PoolTimeout, aiohttp.ConnectionTimeoutError),
        (TimeoutError, httpx.TimeoutException),
        (httpx.TransportError, aiohttp.ClientError, OSError),
        (aiohttp.ClientPayloadError,),
        lambda seconds: httpx.Timeout(seconds + LATER, connect=connect_timeout),
    )


@contextmanager
def _set(variables: dict[str, str]) -> Iterator[None]:
    """For a while, and only those that nobody has set."""
    own = {name: value for name, value in variables.items() if name not in os.environ}
    os.environ.update(own)
    try:
        yield
    finally:
        for name in own:
            os.environ.pop(name, None)
