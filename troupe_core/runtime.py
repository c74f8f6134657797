"""A Runtime: plugins, settings, composed handlers and one event loop. Simulations run on it, many at a time."""

from __future__ import annotations

import logging
import os
import threading
import weakref
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

import attrs

from troupe_core.config.sources import layers_for
from troupe_core.config.tree import Budget
from troupe_core.errors import ArgumentError, JournalError, PluginError
from troupe_core.events import AnswerReused, Event, ModelCall, Remark
from troupe_core.llm.accounts import OWN
from troupe_core.llm.book import Books
from troupe_core.llm.embedding import EMBEDDING, EmbeddingHandler, Embeddings
from troupe_core.llm.handlers import Capabilities, LLMHandler
from troupe_core.llm.landing import with_room
from troupe_core.llm.meter import Admission, Everything, Meter
from troupe_core.llm.prices import Price
from troupe_core.llm.request import Call, ModelRef, candidates
from troupe_core.llm.unasked import told_once
from troupe_core.loop import Loop
from troupe_core.plugins.backends import Backends
from troupe_core.plugins.discovery import asked_for
from troupe_core.plugins.instances import Instances
from troupe_core.plugins.lifecycle import Lifecycle
from troupe_core.plugins.observers import Observers
from troupe_core.plugins.once import Once
from troupe_core.plugins.origin import Failure, Origin
from troupe_core.plugins.registry import Registry, tables_of
from troupe_core.plugins.unnamed import instead
from troupe_core.records import MemorySpec, Record, TemplatesSpec
from troupe_core.templates import CORE_TEMPLATES, Templates

if TYPE_CHECKING:
    from troupe_core.config.listing import Setting
    from troupe_core.config.sources import Layers
    from troupe_core.llm.ledger import Ledger
    from troupe_core.llm.response import Usage
    from troupe_core.people.memory import Memory
    from troupe_core.simulation.simulation import Simulation
    from troupe_core.sync import LoopFactory, LoopThread

R = TypeVar("R", bound=Record)
T = TypeVar("T")

log = logging.getLogger("troupe")

FOR_ITSELF = Call("", EMBEDDING)


class Runtime:
    """`plugins` adds plugins given in code: modules, objects with hooks, faculties, backends; as text, files and names
    of modules. `config` is a file of settings, or a mapping or layers instead of one; by default `troupe.toml` or
    `pyproject.toml` is looked for. `model`, `settings` (each plugin's own table by its name) and what `budget` sets go
    before what stands there.
    """

    def __init__(
        self,
        plugins: Iterable[object] = (),
        *,
        config: str | os.PathLike[str] | Mapping[str, Any] | Layers | None = None,
        model: str | Sequence[str] | None = None,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
        budget: Budget | None = None,
        autoload: bool | None = None,
        loop_factory: LoopFactory | None = None,
    ) -> None:
        if isinstance(plugins, str) or not isinstance(plugins, Iterable):
            raise ArgumentError(f"plugins is a list; write plugins=[…] around the {type(plugins).__name__}")
        self.model = candidates(model) if model is not None else None
        code: dict[str, Any] = {"settings": tables_of(settings)} if settings is not None else {}
        if autoload is not None:
            code["loading"] = {"autoload": autoload}
        if budget is not None:
            code["budget"] = budget.given() if isinstance(budget, Budget) else budget
        layers = layers_for(config, code)
        self.config = layers.config()
        """The settings, without the tables of plugins."""
        self.usual_budget = attrs.evolve(self.config.budget, runtime=None)
        """Of each simulation that is given none."""
        self.everything = Everything(self.config.budget.runtime)
        """What is spent in all, and what may be."""
        self.meter = Meter(self.usual_budget, self.everything, OWN)
        """Of the calls on the account of no simulation here: what plugins ask for themselves has a budget too."""
        self.books = Books(self.meter.book)
        """What is asked through this runtime, simulation by simulation."""
        self.simulations: weakref.WeakValueDictionary[str, Simulation] = weakref.WeakValueDictionary()
        self._loop = Loop(loop_factory, lambda: self._open_plugins if self._lifecycle.waiting else None)
        self._lock = threading.RLock()
        self.once = Once()
        """What is made once for all that happens here."""
        self._simulations_made = 0
        self.registry = Registry(layers, self.config.loading, self)
        self.plugins = self.registry.manager
        self.registry.load(asked_for(layers, self.config.plugins, plugins))
        self._instances = Instances(self.registry)
        self._observers = Observers(self.registry)
        self._backends = Backends(self.registry, self, self.config.prices)
        self._lifecycle = Lifecycle(self.registry)
        self.templates = self._templates()
        """The texts of prompts."""

    # -- plugins and what they registered -----------------------------------------------------------------------------

    @property
    def failures(self) -> list[Failure]:
        """Plugins that are installed and cannot be used, in whole or in part."""
        return self.registry.failures

    def wake(self, name: str) -> None:
        """Let the wrappers and observers of an installed plugin act, as if the settings had a table for it."""
        if name not in self.plugins.asleep:
            return
        self.registry.wake(name)
        self._composed_anew()
        if self._lifecycle.woken(name):
            self._loop.begin_with(self._open_plugins)

    def _composed_anew(self) -> None:
        self._backends.compose_anew()
        self._observers.look()

    def blame(self, error: BaseException, origin: Origin | None = None) -> BaseException:
        """What is to be raised for an error on its way out of a stranger's code: the same, with a note that names the
        plugin, and without anybody's secrets.
        """
        return self.registry.blame(error, origin)

    def has(self, kind: type[Record], name: str) -> bool:
        """Whether there is a record of that name."""
        return self.registry.records(kind).get(name) is not None

    def record(self, kind: type[R], name: str) -> R:
        """The record of that name, or an error that lists the others and says what may be missing."""
        return self.registry.record(kind, name)

    def make(self, kind: type[Record], name: str) -> Any:
        """The one instance, in this runtime, of what a record makes."""
        return self.once((kind, name), lambda: self.registry.make(kind, name))

    def faculty(self, name: str) -> Any:
        """The one instance of a faculty, or of a tool (`tool:…`)."""
        return self._instances.get(name)

    def has_faculty(self, name: str) -> bool:
        """Whether there is one of that name, installed or lent."""
        return self._instances.has(name)

    def lend(self, faculty: Any) -> str:
        """Take in a faculty, or a tool, that was given to a person as an object; its name from then on means it."""
        name, replaced = self._instances.lend(faculty)
        if replaced:
            self.once.forget_all_of(name)
        return name

    def memory(self, name: str, **settings: Any) -> Memory[Any]:
        """A kind of memory with these settings, or with those of its table."""
        made = self.record(MemorySpec, name).make(**settings) if settings else self.registry.make(MemorySpec, name)
        if not callable(getattr(made, "consolidate", None)):
            raise PluginError(f"the memory {name!r} is no kind of memory: its factory makes {made!r}")
        return cast("Memory[Any]", made)

    def memory_class(self, name: str) -> Any:
        """What makes a kind of memory."""
        return self.record(MemorySpec, name).load()

    def memory_name(self, kind: type[Any]) -> str | None:
        """Under which name a kind of memory was registered."""
        records = self.registry.records(MemorySpec)
        found = (name for name in records.names() if (record := records.get(name)) and record.load() is kind)
        return next(found, None)

    def _templates(self) -> Templates:
        name = self.config.templates
        if not name:
            return CORE_TEMPLATES
        made = self.registry.make(TemplatesSpec, name)
        return Templates(made, f"the set of templates {name!r} of {self.registry.origin(TemplatesSpec, name)}")

    def without_secrets(self, text: str) -> str:
        """A stranger's words that are to be kept: `[secret]` stands where a secret of the settings was."""
        return self.registry.without_secrets(text)

    def settings(self, name: str | None = None) -> list[Setting]:
        """Every setting that counts, with its value and where it was said: those of the core, or those in the table of
        a plugin, or of what it registered. Secrets are references, as everywhere.
        """
        from troupe_core.config.listing import listed

        layers = self.registry.layers
        if name is None:
            return list(listed(self.config, layers, leave_out="settings"))
        config = self.registry.config(name)
        return [] if config is None else list(listed(config, layers, ("settings", name)))

    # -- models -------------------------------------------------------------------------------------------------------

    @property
    def named_model(self) -> tuple[str, ...] | None:
        """What code, settings or TROUPE_MODEL name to be asked when neither person, purpose nor simulation names a
        model; None if nobody names any.
        """
        if self.model is not None:
            return self.model
        named = self.config.model or os.environ.get("TROUPE_MODEL")  # which may have been set since, as the error says
        return candidates(named) if named else None

    def default_model(self, purposes: Iterable[str] | None = None) -> tuple[str, ...]:
        """The same; the rehearsal if nobody names any and no provider is set up, else `UnknownModelError`. `purposes`
        are those for which models are named, by default those of the settings.
        """
        named = self.named_model
        return instead(self.registry, self.config.models if purposes is None else purposes) if named is None else named

    def llm_handler(self, model: str) -> LLMHandler:
        """The composed handler of a model: made once, wrapped by the plugins, shared by all simulations."""
        return self._backends.handler(model)

    def capabilities(self, model: str) -> Capabilities:
        """What the model's backend can do by itself."""
        return self._backends.capabilities(model)

    def capabilities_of(self, model: str) -> Capabilities:
        """What this very model can do, as its backend tells by its name; nobody is asked."""
        return self._backends.capabilities_of(ModelRef.parse(model))

    def check(self, model: str) -> str:
        """Find out, without asking the model, whether its provider can be reached: in words, nothing if the backend
        cannot tell, else a `ModelError`.
        """
        return self.wait(lambda: self._backends.check(ModelRef.parse(model)), "runtime.acheck(…)")

    async def acheck(self, model: str) -> str:
        """The same, awaited."""
        return await self.thread.hop(self._backends.check(ModelRef.parse(model)))

    def embedder(self, model: str) -> EmbeddingHandler:
        """The composed handler of a model that makes vectors of texts, such as `hashed/ngram-512`."""
        return self._backends.embedder(model)

    def embed(self, texts: Sequence[str], model: str, call: Call = FOR_ITSELF) -> Embeddings:
        """A vector for each text, by which they can be compared. `call` says on whose account: the runtime's own, if it
        is left out.
        """
        handler = self.embedder(model)
        return self.wait(lambda: with_room(lambda: handler.embed(texts, call)), "runtime.aembed(…)")

    async def aembed(self, texts: Sequence[str], model: str, call: Call = FOR_ITSELF) -> Embeddings:
        """The same, awaited."""
        handler = self.embedder(model)
        return await self.thread.hop(with_room(lambda: handler.embed(texts, call)))

    def embedding_provider(self, ref: ModelRef) -> EmbeddingHandler:
        """The innermost handler: the embedder itself, metered."""
        return self._backends.embedding_provider(ref)

    def provider(self, ref: ModelRef) -> LLMHandler:
        """The innermost handler: the backend itself, metered."""
        return self._backends.provider(ref)

    def price_of(self, model: str) -> Price | None:
        """What a model costs, by the settings or as its backend knows it; None: nobody knows."""
        return self._backends.price(ModelRef.parse(model))

    def admit(self, call: Call, model: str, paid: bool, expected: int | None) -> Admission:
        """A simulation is about to ask a model, if its budget allows it."""
        simulation = self.simulations.get(call.simulation)
        if simulation is not None:
            return simulation.admit(call, model, paid, expected)
        admission = self.meter.admit(call, model, paid, expected)
        if paid and self.meter.unlimited and (expected is not None) not in self.meter.warned:
            text = told_once(self.meter, self.price_of(model) if expected is not None else None)
            log.warning("%s: %s", model, text)
            if self.watched:
                self.emit(Remark(call.simulation, model, text))
        return admission

    def account(self, event: ModelCall, admission: Admission) -> None:
        """It has asked."""
        admission.meter.count(event, admission)
        self.emit(event)

    def worth(self, model: str, usage: Usage) -> int | None:
        """What so many tokens of a model cost today, in billionths of a US dollar; None: nobody knows."""
        return self._backends.worth(model, usage)

    def reuse(self, call: Call, model: str, usage: Usage, source: str) -> None:
        """An answer was there already, in a cache, and is given once more: it is told, and counts as saved. `source` is
        the name of the plugin that had it.
        """
        event = AnswerReused(call, model, usage, source, self.worth(model, usage))
        simulation = self.simulations.get(call.simulation)
        (self if simulation is None else simulation).meter.book.reuse(event)
        self.emit(event)

    @property
    def ledger(self) -> Ledger:
        """Where it went: what was asked through this runtime up to now, by all simulations and for itself."""
        return self.books.ledger()

    # -- telemetry ----------------------------------------------------------------------------------------------------

    @property
    def watched(self) -> bool:
        """Whether anybody wants telemetry: nobody pays for making events that nobody reads."""
        return bool(self._observers)

    @contextmanager
    def watching(self, observer: Callable[[Event], None]) -> Iterator[None]:
        """Until the block ends a function is given every event too, as it happens and in whatever thread: it must not
        block. What it raises is logged once, and reaches nobody else.
        """
        self._observers.add(observer)
        try:
            yield
        finally:
            self._observers.remove(observer)

    def emit(self, event: Event) -> None:
        """Give an event to every observer."""
        self._observers.tell(event)

    # -- the loop -----------------------------------------------------------------------------------------------------

    @property
    def thread(self) -> LoopThread:
        """The thread with the event loop."""
        return self._loop.thread

    def wait(self, make: Callable[[], Coroutine[Any, Any, T]], twin: str) -> T:
        """Run a coroutine on the loop while plain code waits; `twin` is the awaitable form, for the error's sake."""
        return self.thread.wait(make(), twin)

    async def _open_plugins(self) -> None:
        await self._lifecycle.open(self._composed_anew, lambda: self._loop.closing)

    def new_id(self) -> str:
        """A name for one more simulation."""
        with self._lock:
            self._simulations_made += 1
            return f"simulation-{self._simulations_made}"

    def close(self) -> None:
        """End the simulations, close the backends and stop the loop. Who comes second waits for the first."""
        self._loop.close(self._shut, lambda: not (self.simulations or self._lifecycle.to_be_closed))

    async def aclose(self) -> None:
        """The same, awaited."""
        await self._loop.aclose(self._shut)

    async def _shut(self) -> None:
        unwritten: Exception | None = None
        for simulation in list(self.simulations.values()):
            was_told = simulation.ended  # whoever ended it has been told what could not be written
            try:
                await simulation.drain()
            except JournalError as error:
                unwritten = unwritten if was_told else unwritten or error
        openings = self._backends.openings.items()
        await self._lifecycle.close(openings)
        if unwritten is not None:
            raise unwritten

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()


_default: Runtime | None = None
_default_lock = threading.Lock()


def default_runtime_made() -> Runtime | None:
    """The same, if somebody has needed it."""
    return _default


def default_runtime() -> Runtime:
    """The one runtime that is made without being asked for, at first use."""
    global _default  # noqa: PLW0603 - the only global that the design permits
    with _default_lock:
        if _default is None or _default._loop.closed:
            _default = Runtime()
        return _default
