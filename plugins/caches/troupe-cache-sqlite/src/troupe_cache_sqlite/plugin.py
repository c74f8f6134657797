"""The plugin: settings, what stands around each handler, and the switch."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Generator
from hashlib import blake2b
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import attrs

from troupe_cache_sqlite.errors import CacheError
from troupe_cache_sqlite.tally import Stats, Tally
from troupe_core import (
    BackendSpec,
    Call,
    LLMChunk,
    LLMHandler,
    LLMRequest,
    LLMResponse,
    LLMWrapper,
    ModelRef,
    PluginError,
    Runtime,
    hookimpl,
)

if TYPE_CHECKING:
    from troupe_cache_sqlite.cache import Cache

Mode: TypeAlias = Literal["off", "read", "write", "readwrite", "refresh", "replay"]

FORMAT = 1
"""Of keys and values. Raised when what is kept now could no longer be read as what it was."""


@attrs.frozen
class Config:
    """`mode`: off; read (look up only), write (keep only what is not there), readwrite, refresh (ask anew and replace),
    replay (look up, and asking a model is an error). `path`: the file.
    """

    mode: Mode = "off"
    path: Path = Path("troupe-cache.sqlite")


class Plugin:
    """One for a runtime, shared by handlers and simulations. Its file is opened when the first model is asked for."""

    name = "cache-sqlite"
    config_class = Config

    def __init__(self, config: Config, runtime: Runtime) -> None:
        self.config = config
        self.cache: Cache | None = None
        """What the handlers go through; None: straight to the model."""
        self._runtime = runtime
        self._tally = Tally()
        self._lock = threading.Lock()
        self._to_open = self.config.mode != "off"

    @hookimpl(wrapper=True)
    def troupe_llm_handler(self, model: ModelRef) -> Generator[None, LLMHandler | None, LLMHandler | None]:
        inner = yield
        if inner is None:
            return None
        with self._lock:
            if self._to_open:
                self.cache = self._open(self.config.mode, self.config.path)
                self._to_open = False
        return CachedLLM(inner, self, self._runtime.record(BackendSpec, model.backend).cache_version)

    def _open(self, mode: Mode, path: str | PathLike[str]) -> Cache:
        from troupe_cache_sqlite.cache import Cache  # SQLite and compression are loaded when there is something to keep

        return Cache(mode, Path(path).expanduser().absolute(), self._tally)

    def force_api_cache(self, cache_api_calls: bool, cache_file_name: str | PathLike[str] | None = None) -> None:
        """Switch on, with the mode readwrite, or off, whatever the settings say; from the next question on."""
        if self._runtime.thread.closed:
            raise CacheError("the runtime is closed, and asks no model any more: make another one")
        made = self._open("readwrite", cache_file_name or self.config.path) if cache_api_calls else None
        with self._lock:
            before, self.cache, self._to_open = self.cache, made, False
        if before is None:
            return
        if self._runtime.thread.inside:
            before.retire()
        else:
            self._runtime.wait(before.aretire, "force_api_cache")

    def stats(self) -> Stats:
        """What has been asked since the runtime was made."""
        return self._tally.stats()

    async def aclose(self) -> None:
        """The runtime calls it when it closes."""
        with self._lock:
            cache, self.cache, self._to_open = self.cache, None, False
        if cache is not None:
            await cache.aclose()


class CachedLLM(LLMWrapper):
    """Stands around the handler of one model. As long as nothing is switched on, it passes everything on."""

    def __init__(self, inner: LLMHandler, plugin: Plugin, cache_version: int) -> None:
        super().__init__(inner)
        self._plugin = plugin
        self._kind = blake2b(b"%d\0%d\0" % (FORMAT, cache_version), digest_size=16, person=b"troupe-cache")

    async def complete(self, request: LLMRequest, call: Call) -> LLMResponse:
        cache = self._plugin.cache
        if cache is None:
            return await self.inner.complete(request, call)
        return await cache.complete(self._key(request), self.inner, request, call)

    def stream(self, request: LLMRequest, call: Call) -> AsyncIterator[LLMChunk]:
        cache = self._plugin.cache
        if cache is None:
            return self.inner.stream(request, call)
        return cache.stream(self._key(request), self.inner, request, call)

    def _key(self, request: LLMRequest) -> bytes:
        """The request's own key names model, messages, parameters, schema, tools, draw and lane, and nothing else."""
        key = self._kind.copy()
        key.update(request.key)
        return key.digest()


def stats(runtime: Runtime) -> Stats:
    """What the cache of a runtime has done so far."""
    for plugin in runtime.plugins.get_plugins():
        if isinstance(plugin, Plugin):
            return plugin.stats()
    raise PluginError(
        "this runtime has no cache of the kind cache-sqlite: it was made without it, or with autoload=False"
    )
