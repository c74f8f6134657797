"""The plugins of one runtime: who they are, what they implement, and what they make of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from difflib import get_close_matches
from inspect import Parameter, isasyncgenfunction, iscoroutinefunction, signature
from types import ModuleType
from typing import Any, TypeVar, cast

import pluggy

from troupe_core.errors import PluginError, TroupeError, containable, told
from troupe_core.hookspecs import API_VERSION, TroupeSpecs
from troupe_core.plugins.blame import blame, blamed
from troupe_core.plugins.discovery import CORE
from troupe_core.plugins.markers import PROJECT
from troupe_core.plugins.origin import Failure, Origin, reason
from troupe_core.plugins.registered import Registered
from troupe_core.records import Record

COMMANDS = "troupe_register_commands"
R = TypeVar("R", bound=Record)
T = TypeVar("T")


class PluginManager(pluggy.PluginManager):
    """pluggy's, with typed calls, isolation of each implementation, and blame."""

    def __init__(self) -> None:
        super().__init__(PROJECT)
        self.add_hookspecs(TroupeSpecs)
        self._known = frozenset(vars(self.hook)) - {"_subcaller"}
        self.origins: dict[str, Origin] = {}
        self.asleep: set[str] = set()
        """Those whose wrappers and observers do not act: they are installed, and nobody has asked for them."""
        self.methods: dict[str, dict[str, Callable[..., Any]]] = {}
        """Of each plugin, what is called besides its hooks. It is looked up once: a stranger's lookup can fail."""

    @property
    def hooks(self) -> TroupeSpecs:
        """The relay, as the checkers see it, to those that are awake."""
        return cast(TroupeSpecs, Awake(self))

    def add(self, plugin: object, origin: Origin) -> None:
        """Register a plugin, or raise `PluginError` with the reason and leave nothing of it behind."""
        name = origin.plugin
        self._check_new(plugin, origin)
        if name in self.origins:
            raise PluginError(f"two plugins are called {name!r}: {self.origins[name]} and {origin}. Rename one.")
        known = self._known
        try:
            self.register(plugin, name=name)
            unknown = sorted(set(vars(self.hook)) - known)
            if unknown:
                raise PluginError(_no_such_hook(unknown, known))
            self._check(plugin, core=origin.distribution == CORE)
            found = {method: getattr(plugin, method, None) for method in ("open", "aclose", "examine")}
        except BaseException as error:
            if self.has_plugin(name):
                self.unregister(name=name)
            for hook in set(vars(self.hook)) - known:
                delattr(self.hook, hook)
            if not containable(error):
                raise
            if isinstance(error, pluggy.PluginValidationError):
                error = self._wrong_arguments(plugin) or error
            raise PluginError(str(error) if isinstance(error, Exception) else told(error)) from error
        self.origins[name] = origin
        self.methods[name] = {method: each for method, each in found.items() if callable(each)}

    def remove(self, origin: Origin) -> None:
        """Take a plugin out again."""
        self.unregister(name=origin.plugin)
        del self.origins[origin.plugin], self.methods[origin.plugin]

    def _check_new(self, plugin: object, origin: Origin) -> None:
        """It is not here already, be it under another name."""
        for name, other in self.origins.items():
            there = self.get_plugin(name)
            if there is plugin or (origin.file and other.installed and type(there) is type(plugin) is not ModuleType):
                here = f"installed already, as {other}" if other.installed else f"here already, as {other}"
                raise PluginError(f"it is {here}; leave it out of plugins")

    def _wrong_arguments(self, plugin: object) -> PluginError | None:
        """What its hooks want and are not given."""
        for hook in sorted(self._known):
            spec = getattr(self.hook, hook).spec
            if spec is None or self.parse_hookimpl_opts(plugin, hook) is None:
                continue
            given = ", ".join(spec.argnames) or "no arguments"
            for name, wanted in signature(getattr(plugin, hook)).parameters.items():
                if name not in spec.argnames and wanted.default is Parameter.empty:
                    return PluginError(f"its {hook} wants {name!r}, and is given {given}")
        return None

    def _check(self, plugin: object, core: bool) -> None:
        """What pluggy lets pass, and what would then be ignored, or replace what it should go around."""
        api = getattr(plugin, "TROUPE_API", API_VERSION)
        if not (isinstance(api, tuple) and len(api) == 2 and all(type(number) is int for number in api)):
            raise PluginError(f"its TROUPE_API is {api!r}; it has to be a pair of numbers such as {API_VERSION}")
        if api[0] != API_VERSION[0] or api[1] > API_VERSION[1]:
            raise PluginError(f"it needs version {api} of the hooks, and this troupe-core has {API_VERSION}")
        for hook in self._known:
            if hasattr(plugin, hook) and self.parse_hookimpl_opts(plugin, hook) is None:
                raise PluginError(f"its {hook} is not marked @hookimpl")
        found = [(c, i) for c in self.get_hookcallers(plugin) or () for i in c.get_hookimpls() if i.plugin is plugin]
        if not found:
            raise PluginError("it implements no hook; hooks are functions marked @hookimpl, named like those of Troupe")
        for caller, made in found:
            wraps = made.wrapper or made.hookwrapper
            composes = caller.spec is not None and bool(caller.spec.opts.get("firstresult"))
            if iscoroutinefunction(made.function) or isasyncgenfunction(made.function):
                raise PluginError(f"its {caller.name} is async; hooks are plain functions, handlers are async")
            if wraps and not composes:
                raise PluginError(f"its {caller.name} is a wrapper, and what that hook collects cannot be wrapped")
            if composes and not wraps and not core:
                raise PluginError(f"its {caller.name} would replace the core's; wrap it: @hookimpl(wrapper=True)")

    def hooks_of(self, name: str) -> list[str]:
        """The hooks that a plugin implements."""
        return sorted(caller.name for caller in self.get_hookcallers(self.get_plugin(name)) or ())

    def registers(self, name: str) -> bool:
        """Whether a plugin brings something that a simulation can name, and does not only go around what others bring.
        A command is none of it: whoever looks for commands uses no plugin yet.
        """
        return any(hook.startswith("troupe_register_") and hook != COMMANDS for hook in self.hooks_of(name))

    def implementations(self, hook: str) -> Iterator[tuple[Origin, Callable[..., Any], tuple[str, ...]]]:
        """Each implementation of a hook in its order of registration, with the names of the arguments it wants."""
        for found in getattr(self.hook, hook).get_hookimpls():
            if not found.wrapper:
                yield self.origins[found.plugin_name], found.function, found.argnames

    def wrappers(self, hook: str) -> list[Origin]:
        """Whose wrappers a composing hook has, the outermost first, with those that sleep."""
        found = getattr(self.hook, hook).get_hookimpls()
        return [self.origins[each.plugin_name] for each in reversed(found) if each.wrapper]

    def around(self, hook: str, wanted: Collection[str] = ()) -> list[Origin]:
        """Whose wrappers stand around what a composing hook makes, the outermost first; those that are `wanted` there
        do not sleep.
        """
        return [each for each in self.wrappers(hook) if each.plugin not in self.asleep or each.plugin in wanted]

    def blame(self, error: BaseException, origin: Origin | None = None) -> None:
        """Name the plugin that an error comes from in a note of it, if it comes from one."""
        blame(error, [origin] if origin is not None else blamed(error, self.origins.values()))

    def collect(self, hook: str, record: type[R], into: Registered[R]) -> None:
        """The records that the plugins register. An installed plugin that fails is noted; one asked for raises."""
        for origin, function, _ in self.implementations(hook):
            try:
                got: Iterable[object] | None = function()
                if isinstance(got, Record):
                    raise PluginError(f"it returns one {type(got).__name__}; yield it, or return a list")
                records = list(got or ())
                for item in records:
                    if not isinstance(item, record):
                        raise TypeError(f"it yields {item!r}; expected a {record.__name__}")
            except BaseException as error:
                if not containable(error):
                    raise
                if not origin.installed:
                    raise PluginError(f"{hook} of plugin {origin} failed: {reason(error)}") from error
                into.failures.append(Failure(origin, f"{hook} failed: {reason(error)}", error))
                continue
            for item in records:
                into.add(cast(R, item), origin)

    def compose(
        self,
        hook: str,
        make: Callable[[TroupeSpecs], T | None],
        what_for: str,
        fits: Callable[[object], bool],
        wanted: Collection[str] = (),
    ) -> T:
        """Call a composing hook; of those who sleep, the `wanted` ones take part. What a wrapper raises, or returns
        wrongly, is told with the names of those around.
        """
        around = ", ".join(map(str, self.around(hook, wanted))) or "none"
        try:
            made = make(cast(TroupeSpecs, Awake(self, wanted)))
        except TroupeError:
            raise
        except BaseException as error:
            if not containable(error):
                raise
            self.blame(error)
            raise PluginError(f"{hook} failed for {what_for}: {told(error)}. Plugins around it: {around}.") from error
        if made is None or not fits(made):
            what = "nothing" if made is None else f"{made!r}, which is no handler,"
            raise PluginError(f"{hook} made {what} for {what_for}. Plugins around it: {around}.")
        return made


def hooks() -> dict[str, bool]:
    """Every hook, in the order of their reference, and whether it composes a handler; the others collect."""
    specs = ((name, getattr(each, f"{PROJECT}_spec", None)) for name, each in vars(TroupeSpecs).items())
    return {name: bool(spec["firstresult"]) for name, spec in specs if spec is not None}


def _no_such_hook(unknown: Iterable[str], known: Iterable[str]) -> str:
    """Hooks that there are not, and those that may be meant."""
    close = [match for name in unknown for match in get_close_matches(name, sorted(known), 1)]
    meant = f"; did you mean {', '.join(close)}?" if close else ""
    return f"it implements {', '.join(unknown)}, and there is no such hook{meant}"


class Awake:
    """The hooks, without the plugins that sleep and are not `wanted`."""

    def __init__(self, manager: PluginManager, wanted: Collection[str] = ()) -> None:
        self._manager = manager
        self._wanted = wanted

    def __getattr__(self, hook: str) -> Any:
        manager = self._manager
        if hook not in manager._known:
            raise AttributeError(f"there is no hook {hook}")
        sleeping = [manager.get_plugin(name) for name in manager.asleep.difference(self._wanted)]
        return manager.subset_hook_caller(hook, [plugin for plugin in sleeping if plugin is not None])
