"""Finding plugins: those that ship inside the core, those that are installed, those given in code; always in one order.

One that cannot be loaded is remembered as failed, with its distribution and the reason, and the others go on; it
becomes an error when something asks for what it would have brought.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from troupe_core.errors import PluginError
from troupe_core.plugins.manager import Failure, Origin, PluginManager
from troupe_core.records import resolve

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "troupe"
BUILT_IN = {
    "core": "troupe_core.builtin.basics:Basics",
    "state-cache": "troupe_core.builtin.state_cache:StateCache",
}


def installed() -> list[tuple[Origin, EntryPoint]]:
    """The entry points of the group, sorted: the order of folders on disk must not decide who wraps whom."""
    from importlib.metadata import entry_points

    found = []
    for point in entry_points(group=GROUP):
        distribution = point.dist
        name, version = (distribution.name, distribution.version) if distribution is not None else ("", "")
        found.append((Origin(point.name, name, version), point))
    return sorted(found, key=lambda pair: (pair[0].distribution, pair[0].plugin))


def add_built_in(manager: PluginManager, instantiate: Callable[[Any, Origin], object]) -> None:
    """Add the plugins that ship inside the core. It knows them by name only, like any other."""
    from troupe_core import __version__

    for name, place in BUILT_IN.items():
        origin = Origin(name, "troupe-core", __version__)
        manager.add(instantiate(resolve(place, name), origin), origin)


def load_installed(manager: PluginManager, instantiate: Callable[[Any, Origin], object]) -> list[Failure]:
    """Add every installed plugin that can be added; return those that cannot."""
    failures = []
    for origin, point in installed():
        try:
            manager.add(instantiate(point.load(), origin), origin)
        except (KeyboardInterrupt, MemoryError):
            raise
        except BaseException as error:  # SystemExit at import is a stranger's bug like any other
            failures.append(Failure(origin, f"{type(error).__name__}: {error}"))
    return failures


def add_given(manager: PluginManager, plugins: Iterable[object], instantiate: Callable[[Any, Origin], object]) -> None:
    """Add plugins given in code; there a mistake is the caller's, and raised."""
    for plugin in plugins:
        origin = Origin(name_of(plugin))
        try:
            manager.add(instantiate(plugin, origin), origin)
        except PluginError:
            raise
        except Exception as error:
            raise PluginError(f"plugin {origin} cannot be used: {type(error).__name__}: {error}") from error


def name_of(plugin: object) -> str:
    """What a plugin given in code is called: its own `name`, its module's, or its class's."""
    own = getattr(plugin, "name", None)
    if isinstance(own, str) and own:
        return own
    module = getattr(plugin, "__name__", None)
    return str(module) if isinstance(module, str) else type(plugin).__name__
