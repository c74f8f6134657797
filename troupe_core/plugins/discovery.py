"""Finding plugins: those that ship inside the core, those that are installed, those that settings or code name. Each is
found without being imported; whoever takes it in calls `load`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import attrs

from troupe_core.config.sources import VARIABLE, is_strangers
from troupe_core.errors import PluginError, told
from troupe_core.hookspecs import TroupeSpecs
from troupe_core.plugins.markers import PROJECT
from troupe_core.plugins.origin import Origin
from troupe_core.records import resolve

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from troupe_core.config.sources import Layers

GROUP = "troupe"
MARK = f"{PROJECT}_impl"
CORE = "troupe-core"
BUILT_IN = {
    "core": "troupe_core.builtin.basics:Basics",
    "state-cache": "troupe_core.builtin.state_cache:StateCache",
}


@attrs.frozen
class Found:
    """A plugin, and how it is had."""

    origin: Origin
    load: Callable[[], object]


def built_in() -> list[Found]:
    """Those of the core. It knows them by name only, like any other."""
    from troupe_core import __version__

    return [
        Found(Origin(name, CORE, __version__, module="troupe_core"), partial(resolve, place, name))
        for name, place in BUILT_IN.items()
    ]


def installed() -> list[Found]:
    """The entry points of the group, sorted: the order of folders on disk must not decide who wraps whom."""
    from importlib.metadata import entry_points

    try:
        found = [_at(point) for point in entry_points(group=GROUP)]
    except Exception:  # somebody's cannot be read, be it a distribution that has never heard of us
        found = list(_one_by_one())
    return sorted(found, key=lambda each: (each.origin.distribution.lower(), each.origin.plugin))


def _at(point: EntryPoint) -> Found:
    distribution = point.dist
    name, version = (distribution.name, distribution.version) if distribution is not None else ("unknown", "")
    module = point.value.partition(":")[0].strip()  # as it is written: one that makes no sense fails when it loads
    return Found(Origin(point.name, name or "unknown", version or "", module=module), point.load)


def _one_by_one() -> Iterator[Found]:
    """Those of each distribution by itself; where they cannot be read, what says so when it is loaded."""
    from importlib.metadata import distributions

    seen: set[str] = set()
    for distribution in distributions():
        name, version = "unknown", ""
        try:
            name, version = distribution.name or name, distribution.version or version
            points = [_at(point) for point in distribution.entry_points.select(group=GROUP)]
        except Exception as error:
            points = [Found(Origin(name, name, version), partial(_unreadable, error))]
        if name not in seen:  # the first of that name is the one that is imported
            yield from points
        seen.add(name)


def _unreadable(error: Exception) -> object:
    raise PluginError(f"its entry points cannot be read: {told(error)}. Install it anew, or remove it.") from error


def asked_for(layers: Layers, places: Sequence[str], plugins: Iterable[object]) -> list[Found]:
    """The plugins that the settings name, and those that code gives."""
    source, folder = layers.source(("plugins",)), layers.folder(("plugins",))
    found_in = source.name if source is not None and source.found else ""
    return [*(named(place, folder, found_in) for place in places), *given(plugins, Path.cwd())]


def named(place: str, folder: Path, found_in: str = "") -> Found:
    """What settings name: a file of Python, relative to the folder of the settings, or a module. `found_in` is the file
    of settings, if nobody has named that; then it must not lead to a stranger's code.
    """
    if place.endswith(".py") or "/" in place or "\\" in place:
        written = folder / Path(place).expanduser()
        path = written.resolve()
        module = _module_name(path)

        def run() -> object:
            if found_in and path.is_file() and is_strangers(written):
                raise PluginError(
                    f"the plugin {place} belongs to another user, and {found_in}, where it stands, was only found. "
                    f"Name that file, as {VARIABLE}={found_in}, if you trust both."
                )
            return _run(path, module, place)

        return Found(Origin(path.stem, file=place, module=module), run)
    top = place.partition(":")[0]

    def load() -> object:
        from importlib import import_module

        return resolve(place, place) if ":" in place else import_module(place)

    return Found(Origin(place.rpartition(".")[2].rpartition(":")[2], file=place, module=top), load)


def given(plugins: Iterable[object], folder: Path) -> list[Found]:
    """Those given in code: objects, classes, modules; or, as text, what settings could name."""
    found = []
    for plugin in plugins:
        if isinstance(plugin, str | Path):
            found.append(named(str(plugin), folder))
        else:
            origin = Origin(name_of(plugin), module=_module_of(plugin))
            found.append(Found(origin, partial(_itself, plugin)))
    return found


def _itself(plugin: object) -> object:
    return plugin


def name_of(plugin: object) -> str:
    """What a plugin given in code is called: its own `name`, its module's, or its class's."""
    own = getattr(plugin, "name", None)
    if isinstance(own, str) and own:
        return own
    module = getattr(plugin, "__name__", None)
    return str(module) if isinstance(module, str) else type(plugin).__name__


def _module_of(plugin: object) -> str:
    return plugin.__name__ if isinstance(plugin, ModuleType) else str(getattr(plugin, "__module__", ""))


def _module_name(path: Path) -> str:
    """One of its own: two files called mood.py are two plugins' code."""
    from troupe_core.keys import digest, utf8

    return f"_troupe_file_{path.stem}_{digest(b'file', utf8(str(path))).hex()[:8]}"


def _run(path: Path, name: str, place: str) -> ModuleType:
    """The module of a file, read anew for every runtime: it may have been edited since."""
    import sys
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location(name, path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise PluginError(f"there is no plugin {place}: {path} is no file of Python")
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def has_hooks(module: ModuleType) -> bool:
    """Whether a module implements hooks, or wants to: what is named like one and is not marked is refused later on."""
    known = {name for name in vars(TroupeSpecs) if name.startswith("troupe_")}
    return any(name in known or hasattr(value, MARK) for name, value in vars(module).items())


def defined_in(module: ModuleType) -> list[Any]:
    """The faculties, tools, backends and so on that a module defines."""
    return [
        value
        for name, value in vars(module).items()
        if isinstance(value, type)
        and value.__module__ == module.__name__
        and hasattr(value, "as_record")
        and not name.startswith("_")
    ]
