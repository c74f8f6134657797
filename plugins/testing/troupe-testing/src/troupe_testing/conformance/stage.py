"""Where a plugin is tried: runtimes that have it, its settings, a model of the test's, and nothing else."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest

from troupe_core import CommandSpec, MemorySpec, PluginError, Runtime, TemplatesSpec, TroupeError
from troupe_core.plugins import Origin
from troupe_core.records import Record
from troupe_testing.latency import LatencyModel, VirtualLoop, uniform
from troupe_testing.scripted import Script, ScriptedModel, quiet


def resolved(plugin: Any) -> Any:
    """The plugin itself: `package.module` and `package.module:Class` are imported; a file is left to the runtime."""
    if not isinstance(plugin, str) or plugin.endswith(".py") or "/" in plugin or "\\" in plugin:
        return plugin
    try:
        return pkgutil.resolve_name(plugin if ":" in plugin else f"{plugin}:")
    except (Exception, SystemExit) as error:  # a stranger's module can do anything when it is imported
        raise PluginError(f"{plugin} cannot be imported: {type(error).__name__}: {error}") from error


def own_name(plugin: Any) -> str:
    """What a runtime calls a plugin that was given to it."""
    if isinstance(plugin, str | Path):
        return Path(plugin).stem
    own = getattr(plugin, "name", None) or getattr(plugin, "__name__", None)
    return own if isinstance(own, str) else type(plugin).__name__


@attrs.define(eq=False)
class Stage:
    """Of one check. `kind` is the record of what is tried, `name` the name of that record, `table` its settings."""

    plugin: Any
    table: Mapping[str, Any]
    make_runtime: Callable[..., Runtime]
    kind: type[Record] | None = None
    name: str = ""

    def runtime(self, script: Script = quiet, **options: Any) -> Runtime:
        """One that has the plugin, with what `attempt` takes. The check is skipped if no runtime takes the plugin in,
        which is the business of another one.
        """
        try:
            return self.attempt(script, **options)
        except TroupeError as error:
            pytest.skip(f"no runtime takes it in: {error}")

    def attempt(
        self,
        script: Script = quiet,
        *,
        seed: int | None = None,
        table: Mapping[str, Any] | None = None,
        plugins: tuple[Any, ...] = (),
        **options: Any,
    ) -> Runtime:
        """The same; if the plugin is not taken in, or what it registers cannot be made, that is raised.

        With a `seed` the model takes its time, on a clock that nobody waits for: who is answered first follows from the
        seed. `table` is instead of the usual one; `plugins` are there besides, `options` those of a runtime.
        """
        model: Any = ScriptedModel(script)
        if seed is not None:
            model = LatencyModel(model, uniform(0.01, 2.0), seed=seed)
            options["loop_factory"] = VirtualLoop
        own = dict(self.table if table is None else table)
        settings = {self.settings_name(): own} if own else None
        runtime = self.make_runtime(model, plugins=[*plugins, resolved(self.plugin)], settings=settings, **options)
        for record in every_record(runtime):
            if isinstance(record, CommandSpec):
                record.load()
            else:
                runtime.make(type(record), record.name)
        return runtime

    def settings_name(self) -> str:
        """Whose table it is: the record's, or the plugin's own."""
        return self.record_name() if self.kind is not None else own_name(resolved(self.plugin))

    def record_name(self) -> str:
        """The name of the record that is tried; if none is named, the plugin has to register one of the kind."""
        if not self.name and self.kind is not None:
            with self.make_runtime(plugins=[resolved(self.plugin)]) as runtime:
                names = [record.name for record in own_records(runtime) if type(record) is self.kind]
            if len(names) != 1:
                there = f"it registers {', '.join(names)}; say which one, as name = …" if names else "it registers none"
                raise PluginError(
                    f"{own_name(resolved(self.plugin))}: one {self.kind.__name__} is expected, and {there}"
                )
            self.name = names[0]
        return self.name

    def make(self, runtime: Runtime) -> Any:
        """The one instance, in that runtime, of what is tried."""
        if self.kind is None:
            raise PluginError("it is of no kind of which a runtime has one instance")
        return runtime.make(self.kind, self.record_name())


def last_origin(runtime: Runtime) -> Origin:
    """Of the plugin that was given last."""
    return list(runtime.plugins.origins.values())[-1]


def every_record(runtime: Runtime) -> list[Record]:
    """What that plugin registers."""
    return [record for _, record in runtime.registry.registered_by(last_origin(runtime).plugin)]


def own_records(runtime: Runtime) -> list[Record]:
    """What of it has settings, or is asked for by itself."""
    return [record for record in every_record(runtime) if not isinstance(record, TemplatesSpec | CommandSpec)]


def own_settings(runtime: Runtime) -> dict[str, Any]:
    """The settings of that plugin and of what it registers, as they were made of their tables, by name."""
    name = last_origin(runtime).plugin
    holders = {name: runtime.plugins.get_plugin(name)}
    holders |= {record.name: runtime.make(type(record), record.name) for record in own_records(runtime)}
    memories = [record.name for record in own_records(runtime) if isinstance(record, MemorySpec)]
    found = {name: made if name in memories else getattr(made, "config", None) for name, made in holders.items()}
    return {name: settings for name, settings in found.items() if attrs.has(type(settings))}
