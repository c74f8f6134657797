"""The plugin: settings, what stands around each handler, and the switch."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Generator, Iterator, Sequence
from hashlib import blake2b
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs

from troupe_cache_sqlite.errors import CacheError
from troupe_cache_sqlite.tally import Stats, Tally
from troupe_core import (
    ArgumentError,
    BackendSpec,
    Call,
    CommandSpec,
    EmbedderSpec,
    EmbeddingHandler,
    Embeddings,
    EmbeddingWrapper,
    LLMChunk,
    LLMHandler,
    LLMRequest,
    LLMResponse,
    LLMWrapper,
    ModelRef,
    PluginError,
    Runtime,
    Usage,
    hookimpl,
)
from troupe_core.keys import utf8

if TYPE_CHECKING:
    from troupe_cache_sqlite.cache import Cache

Mode: TypeAlias = Literal["off", "read", "write", "readwrite", "refresh", "replay"]

FORMAT = 1
"""Of keys and values. Raised when what is kept now could no longer be read as what it was."""


def _positive(config: Any, attribute: attrs.Attribute[Any], value: float | None) -> None:
    if value is not None and not value > 0:
        raise ArgumentError(f"{attribute.name} has to be above 0; got {value!r}. Leave it out, and nothing is removed.")


@attrs.frozen
class Config:
    """`mode`: off; read (look up only), write (keep only what is not there), readwrite, refresh (ask anew and replace),
    replay (look up, and asking a model is an error). `path`: the file. `namespace`: whose answers they are; nobody
    else's are found. `max_mb`: so many millions of bytes the file may hold; what was not used for longest makes room.
    """

    mode: Mode = "off"
    path: Path = Path("troupe-cache.sqlite")
    namespace: str = ""
    max_mb: float | None = attrs.field(default=None, validator=_positive)


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
        self._open_as_set()
        return CachedLLM(inner, self, self._runtime.record(BackendSpec, model.backend).cache_version)

    @hookimpl(wrapper=True)
    def troupe_embedding_handler(
        self, model: ModelRef
    ) -> Generator[None, EmbeddingHandler | None, EmbeddingHandler | None]:
        inner = yield
        if inner is None:
            return None
        self._open_as_set()
        return CachedEmbeddings(inner, self, str(model), self._runtime.record(EmbedderSpec, model.backend))

    @hookimpl
    def troupe_register_commands(self) -> Iterator[CommandSpec]:
        yield CommandSpec(
            "cache", "troupe_cache_sqlite.commands:cache", help="What the cache of answers holds; carry it elsewhere."
        )

    def _open_as_set(self) -> None:
        with self._lock:
            if self._to_open:
                self.cache = self._open(self.config.mode, self.config.path)
                self._to_open = False

    def _open(self, mode: Mode, path: str | PathLike[str]) -> Cache:
        from troupe_cache_sqlite.cache import Cache  # SQLite and compression are loaded when there is something to keep

        config = self.config
        place = Path(path).expanduser().absolute()
        return Cache(mode, place, self._tally, self._saved, config.namespace, config.max_mb)

    def _saved(self, model: str, call: Call, usage: Usage) -> None:
        """Every answer comes by here that no call was made for: found in the file, or asked for by somebody else."""
        self._tally.saved += usage
        self._runtime.reuse(call, model, usage, self.name)

    def kind(self, what: str) -> blake2b:
        """What the keys of one kind begin with: nobody finds what is of another kind, or in another namespace."""
        salt = blake2b(utf8(self.config.namespace), digest_size=16).digest() if self.config.namespace else b""
        return blake2b(utf8(what), digest_size=16, salt=salt, person=b"troupe-cache")

    def examine(self) -> str:
        """What `troupe doctor` says of the file."""
        if self.config.mode == "off":
            return "it is switched off (settings.cache-sqlite.mode)"
        from troupe_cache_sqlite.upkeep import examined

        path, writes = self.config.path.expanduser().absolute(), self.config.mode in ("write", "readwrite", "refresh")
        return f"mode {self.config.mode}, {examined(path, writing=writes)}"

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
        self._kind = plugin.kind(f"{FORMAT}\0{cache_version}\0")

    async def complete(self, request: LLMRequest, call: Call) -> LLMResponse:
        cache = self._plugin.cache
        if cache is None:
            return await self.inner.complete(request, call)
        return await cache.answers.complete(self._key(request), self.inner, request, call)

    def stream(self, request: LLMRequest, call: Call) -> AsyncIterator[LLMChunk]:
        cache = self._plugin.cache
        if cache is None:
            return self.inner.stream(request, call)
        return cache.answers.stream(self._key(request), self.inner, request, call)

    def _key(self, request: LLMRequest) -> bytes:
        """The request's own key names model, messages, parameters, schema, tools, draw and lane, and nothing else."""
        key = self._kind.copy()
        key.update(request.key)
        return key.digest()


class CachedEmbeddings(EmbeddingWrapper):
    """The same around a model that embeds texts."""

    def __init__(self, inner: EmbeddingHandler, plugin: Plugin, model: str, spec: EmbedderSpec) -> None:
        super().__init__(inner)
        self._plugin = plugin
        self.model = model
        self.limits = spec.texts, spec.characters
        self._kind = plugin.kind(f"{FORMAT}\0{spec.cache_version}\0embedding\0{model}\0")

    async def embed(self, texts: Sequence[str], call: Call) -> Embeddings:
        cache = self._plugin.cache
        if cache is None:
            return await self.inner.embed(texts, call)
        return await cache.vectors.embed([self._key(text) for text in texts], self, texts, call)

    def _key(self, text: str) -> bytes:
        key = self._kind.copy()
        key.update(utf8(text))
        return key.digest()


def stats(runtime: Runtime) -> Stats:
    """What the cache of a runtime has done so far."""
    for plugin in runtime.plugins.get_plugins():
        if isinstance(plugin, Plugin):
            return plugin.stats()
    raise PluginError(
        "this runtime has no cache of the kind cache-sqlite: it was made without it, or with autoload=False"
    )
