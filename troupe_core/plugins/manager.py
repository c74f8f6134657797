"""The plugins of one runtime: who they are, what they registered, and whose fault an error is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any, Generic, TypeVar, cast

import attrs
import pluggy

from troupe_core.errors import ArgumentError, PluginError, TroupeError
from troupe_core.hookspecs import API_VERSION, TroupeSpecs
from troupe_core.plugins.markers import PROJECT
from troupe_core.records import Record

R = TypeVar("R", bound=Record)
T = TypeVar("T")


CORE = "troupe-core"


@attrs.frozen
class Origin:
    """Where a plugin comes from, for messages: its name, and the distribution that brought it."""

    plugin: str
    distribution: str = ""
    version: str = ""

    def __str__(self) -> str:
        return f"{self.plugin} ({self.distribution} {self.version})" if self.distribution else self.plugin


@attrs.frozen
class Failure:
    """A plugin that is installed, and cannot be used in whole or in part."""

    origin: Origin
    reason: str

    def __str__(self) -> str:
        return f"{self.origin}: {self.reason}"


class Registered(Generic[R]):
    """The records of one kind. Two with one name are an error for whoever asks for that name, and for nobody else."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.failures: list[Failure] = []
        self._found: dict[str, list[tuple[R, Origin]]] = {}

    def add(self, record: R, origin: Origin) -> None:
        """What is given in code goes before what is installed: it was asked for by name."""
        found = self._found.setdefault(record.name, [])
        if not origin.distribution:
            found[:] = [(other, theirs) for other, theirs in found if not theirs.distribution]
        found.append((record, origin))

    def names(self) -> list[str]:
        return sorted(self._found)

    def get(self, name: str) -> R | None:
        found = self._found.get(name)
        if found is None:
            return None
        if len(found) > 1:
            sides = " and ".join(str(origin) for _, origin in found)
            raise PluginError(f"{name!r} ({self.kind}) is offered by {sides}. Remove or disable all but one.")
        return found[0][0]


class PluginManager(pluggy.PluginManager):
    """pluggy's, with typed calls, isolation of each implementation, and blame."""

    def __init__(self) -> None:
        super().__init__(PROJECT)
        self.add_hookspecs(TroupeSpecs)
        self._known = frozenset(vars(self.hook)) - {"_subcaller"}
        self.origins: dict[str, Origin] = {}

    @property
    def hooks(self) -> TroupeSpecs:
        """The relay, as the checkers see it."""
        return cast(TroupeSpecs, self.hook)

    def add(self, plugin: object, origin: Origin) -> None:
        """Register a plugin, or raise `PluginError` and leave nothing of it behind."""
        name = origin.plugin
        if name in self.origins:
            raise PluginError(f"two plugins are called {name!r}: {self.origins[name]} and {origin}. Rename one.")
        known = self._known
        try:
            self.register(plugin, name=name)
            unknown = sorted(set(vars(self.hook)) - known)
            if unknown:
                raise PluginError(f"it implements {', '.join(unknown)}, and there is no such hook")
            self._check(plugin, core=origin.distribution == CORE)
        except Exception as error:
            if self.has_plugin(name):
                self.unregister(name=name)
            for hook in set(vars(self.hook)) - known:
                delattr(self.hook, hook)
            raise PluginError(f"plugin {origin} cannot be used: {error}") from error
        self.origins[name] = origin

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

    def implementations(self, hook: str) -> Iterator[tuple[Origin, Callable[..., Any], tuple[str, ...]]]:
        """Each implementation of a hook in its order of registration, with the names of the arguments it wants."""
        for found in getattr(self.hook, hook).get_hookimpls():
            if not found.wrapper:
                yield self.origins[found.plugin_name], found.function, found.argnames

    def collect(self, hook: str, record: type[R]) -> Registered[R]:
        """The records that the plugins register. An installed plugin that fails is noted; one given in code raises."""
        out: Registered[R] = Registered(record.__name__)
        for origin, function, _ in self.implementations(hook):
            try:
                got: Iterable[object] | None = function()
                records = list(got or ())
                for item in records:
                    if not isinstance(item, record):
                        raise TypeError(f"it yields {item!r}; expected a {record.__name__}")
            except (Exception, SystemExit) as error:
                reason = f"{type(error).__name__}: {error}"
                if not origin.distribution:
                    raise PluginError(f"{hook} of plugin {origin} failed: {reason}") from error
                out.failures.append(Failure(origin, f"{hook} failed: {reason}"))
                continue
            for item in records:
                out.add(cast(R, item), origin)
        return out

    def compose(self, hook: str, make: Callable[[], T | None], wanted: str, fits: Callable[[object], bool]) -> T:
        """Call a composing hook; what a wrapper raises or returns wrongly is reported by the names of those
        involved.
        """
        wrappers = [
            str(self.origins[found.plugin_name]) for found in getattr(self.hook, hook).get_hookimpls() if found.wrapper
        ]
        try:
            made = make()
        except TroupeError:
            raise
        except Exception as error:
            raise PluginError(
                f"{hook} failed for {wanted}: {type(error).__name__}: {error}. "
                f"Plugins around it: {', '.join(wrappers) or 'none'}."
            ) from error
        if made is None or not fits(made):
            what = "nothing" if made is None else f"{made!r}, which is no handler,"
            raise PluginError(f"{hook} made {what} for {wanted}. Plugins around it: {', '.join(wrappers) or 'none'}.")
        return made


def settings_for(name: str, config_class: type[Any] | None, given: Mapping[str, Any]) -> Any:
    """A plugin's own table of settings as its config class, or an error that names the plugin and the key."""
    if config_class is None:
        if given:
            raise ArgumentError(f"{name} takes no settings; got {', '.join(sorted(given))}")
        return None
    from cattrs import transform_error

    from troupe_core.converters import strict_converter

    try:
        return strict_converter().structure(dict(given), config_class)
    except Exception as error:
        raise ArgumentError(f"settings of {name}: {'; '.join(transform_error(error, path=name))}") from None
