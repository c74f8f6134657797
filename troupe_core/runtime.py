"""A Runtime: plugins, settings, composed handlers and one event loop. Simulations run on it, many at a time."""

from __future__ import annotations

import logging
import os
import threading
import weakref
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from troupe_core.errors import ArgumentError, JournalError, PluginError, UnknownModelError
from troupe_core.events import Event, ModelCall
from troupe_core.llm.handlers import Capabilities, LLMBackend, LLMHandler
from troupe_core.llm.request import ModelRef, candidates
from troupe_core.plugins.distributions import advice
from troupe_core.plugins.loader import add_built_in, add_given, load_installed
from troupe_core.plugins.manager import Failure, Origin, PluginManager, Registered, settings_for
from troupe_core.records import BackendSpec, FacultySpec, MemorySpec, Record

if TYPE_CHECKING:
    from troupe_core.llm.provider import Opening
    from troupe_core.people.memory import Memory
    from troupe_core.simulation.simulation import Simulation
    from troupe_core.sync import LoopFactory, LoopThread

R = TypeVar("R", bound=Record)
T = TypeVar("T")

log = logging.getLogger("troupe")


class Runtime:
    """`plugins` adds plugins given in code: modules, objects with hooks, faculties, backends. `settings` holds each
    plugin's own table by its name. `model` is the default for whoever names none (else `TROUPE_MODEL`).
    """

    def __init__(
        self,
        plugins: Iterable[object] = (),
        *,
        model: str | Sequence[str] | None = None,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
        autoload: bool = True,
        loop_factory: LoopFactory | None = None,
    ) -> None:
        if isinstance(plugins, str) or not isinstance(plugins, Iterable):
            raise ArgumentError(f"plugins is a list; write plugins=[…] around the {type(plugins).__name__}")
        self.settings = _tables(settings)
        self.model = candidates(model) if model is not None else None
        self.failures: list[Failure] = []
        self.simulations: weakref.WeakValueDictionary[str, Simulation] = weakref.WeakValueDictionary()
        self._loop_factory = loop_factory
        self._thread: LoopThread | None = None
        self._lock = threading.RLock()
        self._records: dict[type[Record], Registered[Any]] = {}
        self._handlers: dict[str, LLMHandler] = {}
        self._openings: dict[str, Opening] = {}
        self._faculties: dict[str, Any] = {}
        self._once: dict[object, Any] = {}
        self._simulations_made = 0
        self._closing = False
        self.plugins = PluginManager()
        add_built_in(self.plugins, self._instantiate)
        if autoload:
            self.failures = load_installed(self.plugins, self._instantiate)
        add_given(self.plugins, plugins, self._instantiate)
        for kind in _HOOKS:
            self.failures += self._records_of(kind).failures
        for failure in self.failures:
            log.warning("plugin %s was left out", failure)
        unknown = sorted(set(self.settings) - self._settable())
        if unknown:
            raise ArgumentError(
                f"settings for {', '.join(unknown)}, and there is no such plugin or backend; "
                f"there are {', '.join(sorted(self.plugins.origins))}"
            )
        self._observers = [
            (origin, function, "event" in names)
            for origin, function, names in self.plugins.implementations("troupe_event")
        ]
        self._blamed: set[Origin] = set()

    # -- plugins and what they registered -----------------------------------------------------------------------------

    def _instantiate(self, plugin: Any, origin: Origin) -> object:
        """A plugin as pluggy wants it: classes are made, faculties and backends given alone become plugins."""
        record = getattr(plugin, "as_record", None)
        if record is not None:
            from troupe_core.plugins.alone import Alone

            return Alone(record(plugin))
        if isinstance(plugin, type):
            config_class = getattr(plugin, "config_class", None)
            return plugin(settings_for(origin.plugin, config_class, self.settings.get(origin.plugin, {})), self)
        return cast(object, plugin)

    def _settable(self) -> set[str]:
        """The names that can have settings: plugins, backends and faculties."""
        return {*self.plugins.origins, *self._records_of(BackendSpec).names(), *self._records_of(FacultySpec).names()}

    def _records_of(self, kind: type[R]) -> Registered[R]:
        with self._lock:
            found = self._records.get(kind)
            if found is None:
                found = self._records[kind] = self.plugins.collect(_HOOKS[kind], kind)
            return cast("Registered[R]", found)

    def record(self, kind: type[R], name: str) -> R:
        """The record of that name, or an error that lists the others and says what may be missing."""
        records = self._records_of(kind)
        found = records.get(name)
        if found is not None:
            return found
        what = _WORDS[kind]
        troubles = [f"Left out: {failure}." for failure in self.failures]
        text = f"there is no {what} {name!r}; there are: {', '.join(records.names()) or 'none'}. "
        text += " ".join([advice(what, name), *troubles])
        raise UnknownModelError(text) if kind is BackendSpec else PluginError(text)

    def _make(self, kind: type[Record], name: str) -> Any:
        """What a record's factory makes: a class is given its settings, anything else is called as it is."""
        record = self.record(kind, name)
        config = settings_for(name, getattr(record.load(), "config_class", None), self.settings.get(name, {}))
        return record.make() if config is None else record.make(config)

    def faculty(self, name: str) -> Any:
        """The one instance of a faculty; it keeps no state of its own."""
        with self._lock:
            made = self._faculties.get(name)
            if made is None:
                made = self._faculties[name] = self._make(FacultySpec, name)
            return made

    def has_faculty(self, name: str) -> bool:
        """Whether there is one of that name, installed or lent."""
        return name in self._faculties or self._records_of(FacultySpec).get(name) is not None

    def lend(self, faculty: Any) -> str:
        """Take in a faculty that was given to a person as an object; its name from then on means it."""
        with self._lock:
            made = faculty() if isinstance(faculty, type) else faculty
            known = self._faculties.get(made.name)
            if known is None:
                if self._records_of(FacultySpec).get(made.name) is not None:
                    known = self.faculty(made.name)
                else:
                    self._faculties[made.name] = known = made
            same_class = (type(known).__module__, type(known).__qualname__) == (
                type(made).__module__,
                type(made).__qualname__,
            )
            if type(known) is not type(made) and same_class and known.config == made.config:
                self._faculties[made.name] = made  # the same cell of a notebook, run once more
                self._once = {key: kept for key, kept in self._once.items() if not _mentions(key, made.name)}
            elif type(known) is not type(made) or known.config != made.config:
                raise PluginError(
                    f"this runtime has another faculty called {made.name!r}: {type(known).__qualname__} with settings "
                    f"{known.config!r}. Give one of them another name, or use two runtimes."
                )
            return str(made.name)

    def once(self, key: object, make: Callable[[], Any]) -> Any:
        """What is made once for a runtime, by whoever needs it first."""
        made = self._once.get(key)
        if made is None:
            with self._lock:
                made = self._once.get(key)
                if made is None:
                    made = self._once[key] = make()
        return made

    def once_made(self, key: object) -> Any:
        """The same, if somebody has needed it; else None."""
        return self._once.get(key)

    def forget(self, key: object) -> None:
        """Let something be made once more."""
        self._once.pop(key, None)

    def memory(self, name: str, **settings: Any) -> Memory[Any]:
        """A kind of memory with its settings."""
        made = self.record(MemorySpec, name).make(**settings)
        if not callable(getattr(made, "consolidate", None)):
            raise PluginError(f"the memory {name!r} is no kind of memory: its factory makes {made!r}")
        return cast("Memory[Any]", made)

    def has_memory(self, name: str) -> bool:
        return self._records_of(MemorySpec).get(name) is not None

    def memory_class(self, name: str) -> Any:
        """What makes a kind of memory."""
        return self.record(MemorySpec, name).load()

    def memory_name(self, kind: type[Any]) -> str | None:
        """Under which name a kind of memory was registered."""
        records = self._records_of(MemorySpec)
        found = (name for name in records.names() if (record := records.get(name)) and record.load() is kind)
        return next(found, None)

    # -- models -------------------------------------------------------------------------------------------------------

    def default_model(self) -> tuple[str, ...]:
        """What is asked when neither person, purpose nor simulation names a model."""
        if self.model is not None:
            return self.model
        named = os.environ.get("TROUPE_MODEL")
        if named:
            return candidates(named)
        offered = self._records_of(BackendSpec).names()
        raise UnknownModelError(
            "no model is named: give one as Runtime(model=…), Simulation(model=…) or in TROUPE_MODEL, "
            f"as backend/model. Backends that are installed: {', '.join(offered) or 'none'}."
        )

    def llm_handler(self, model: str) -> LLMHandler:
        """The composed handler of a model: made once, wrapped by the plugins, shared by all simulations."""
        made = self._handlers.get(model)
        if made is None:
            ref = ModelRef.parse(model)
            made = self._handlers[model] = self.plugins.compose(
                "troupe_llm_handler", lambda: self.plugins.hooks.troupe_llm_handler(model=ref), model, _answers
            )
        return made

    def capabilities(self, model: str) -> Capabilities:
        """What the model's backend can do by itself."""
        return self.record(BackendSpec, ModelRef.parse(model).backend).capabilities

    def has_backend(self, name: str) -> bool:
        return self._records_of(BackendSpec).get(name) is not None

    def provider(self, ref: ModelRef) -> LLMHandler:
        """The innermost handler: the backend itself, metered."""
        from troupe_core.llm.provider import Opening, Provider

        opening = self._openings.get(ref.backend)
        if opening is None:
            backend = self._make(BackendSpec, ref.backend)
            if not isinstance(backend, LLMBackend):
                raise PluginError(f"the backend {ref.backend!r} is no LLMBackend: its factory makes {backend!r}")
            opening = self._openings[ref.backend] = Opening(backend)
        return Provider(opening, f"{ref.backend}/{ref.name}", self._account)

    def _account(self, event: ModelCall) -> None:
        simulation = self.simulations.get(event.call.simulation)
        if simulation is not None:
            simulation.meter.count(event)
        self.emit(event)

    # -- telemetry ----------------------------------------------------------------------------------------------------

    @property
    def watched(self) -> bool:
        """Whether anybody wants telemetry: nobody pays for making events that nobody reads."""
        return bool(self._observers)

    def emit(self, event: Event) -> None:
        """Give an event to every observer; what one raises is logged once, and reaches nobody else."""
        for origin, function, wants_event in self._observers:
            try:
                if wants_event:
                    function(event=event)
                else:
                    function()
            except (Exception, SystemExit):
                if origin not in self._blamed:
                    self._blamed.add(origin)
                    log.exception("troupe_event of plugin %s failed; further errors of it are not logged", origin)

    # -- the loop -----------------------------------------------------------------------------------------------------

    @property
    def thread(self) -> LoopThread:
        """The thread with the event loop."""
        with self._lock:
            if self._thread is None:
                from troupe_core.sync import LoopThread

                self._thread = LoopThread(self._loop_factory)
                weakref.finalize(self, self._thread.close)  # a runtime that nobody closed must not leave a thread
            return self._thread

    def wait(self, make: Callable[[], Coroutine[Any, Any, T]], twin: str) -> T:
        """Run a coroutine on the loop while plain code waits; `twin` is the awaitable form, for the error's sake."""
        return self.thread.wait(make(), twin)

    def new_id(self) -> str:
        """A name for one more simulation."""
        with self._lock:
            self._simulations_made += 1
            return f"simulation-{self._simulations_made}"

    def close(self) -> None:
        """End the simulations, close the backends and stop the loop. Who comes second waits for the first."""
        thread = self.thread
        if thread.inside or self._is_first_to_close():
            try:
                thread.wait(self._shut(), "runtime.aclose()")
            finally:
                if not thread.inside:
                    thread.close()
        else:
            thread.gone.wait()

    async def aclose(self) -> None:
        """The same, awaited."""
        import asyncio

        thread = self.thread
        if self._is_first_to_close():
            try:
                await thread.hop(self._shut())
            finally:
                thread.close()
        elif not thread.inside:
            await asyncio.get_running_loop().run_in_executor(None, thread.gone.wait)

    def _is_first_to_close(self) -> bool:
        with self._lock:
            first, self._closing = not self._closing, True
            return first

    async def _shut(self) -> None:
        unwritten: Exception | None = None
        for simulation in list(self.simulations.values()):
            told = simulation.ended  # whoever ended it has been told what could not be written
            try:
                await simulation.drain()
            except JournalError as error:
                unwritten = unwritten if told else unwritten or error
        closing: list[tuple[str, Any]] = [
            (f"plugin {name}", plugin)
            for name, plugin in reversed(self.plugins.list_name_plugin())  # who came later stands around the earlier
            if callable(getattr(plugin, "aclose", None))
        ]
        closing += [(f"backend {name}", opening) for name, opening in self._openings.items()]
        for name, thing in closing:
            try:
                await thing.aclose()
            except (Exception, SystemExit):
                log.exception("the %s could not be closed", name)
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


def _mentions(key: object, faculty: str) -> bool:
    """Whether something that was made once was made of a faculty of that name."""
    return isinstance(key, tuple) and any(isinstance(part, tuple) and faculty in part for part in key)


_HOOKS: dict[type[Record], str] = {
    BackendSpec: "troupe_register_llm_backends",
    FacultySpec: "troupe_register_faculties",
    MemorySpec: "troupe_register_memories",
}
_WORDS: dict[type[Record], str] = {BackendSpec: "LLM backend", FacultySpec: "faculty", MemorySpec: "memory"}


def _tables(settings: Any) -> dict[str, dict[str, Any]]:
    """Each plugin's own table, as a copy."""
    if settings is not None and not isinstance(settings, Mapping):
        raise ArgumentError(f"settings is a mapping from names of plugins to tables, not a {type(settings).__name__}")
    for name, table in (settings or {}).items():
        if not isinstance(table, Mapping):
            raise ArgumentError(f"settings of {name} are a table, not {type(table).__name__} {table!r}")
    return {name: dict(table) for name, table in (settings or {}).items()}


def _answers(handler: object) -> bool:
    return callable(getattr(handler, "complete", None))


_default: Runtime | None = None
_default_lock = threading.Lock()


def default_runtime_made() -> Runtime | None:
    """The same, if somebody has needed it."""
    return _default


def default_runtime() -> Runtime:
    """The one runtime that is made without being asked for, at first use."""
    global _default  # noqa: PLW0603 - the only global that the design permits
    with _default_lock:
        if _default is None or (_default._thread is not None and _default._thread.closed):
            _default = Runtime()
        return _default
