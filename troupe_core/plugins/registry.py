"""What the plugins of a runtime registered, and the making of it: each thing is given its own table of settings."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from inspect import signature
from types import ModuleType
from typing import Any, TypeVar, cast

import attrs

from troupe_core.config.paths import rooted
from troupe_core.config.reading import structured
from troupe_core.config.sources import Environment, FileSource, Layers
from troupe_core.config.tree import Loading
from troupe_core.errors import ConfigError, PluginError, TroupeError, UnknownModelError, containable
from troupe_core.plugins.alone import alone
from troupe_core.plugins.discovery import CORE, Found, defined_in, has_hooks
from troupe_core.plugins.distributions import OURS, advice
from troupe_core.plugins.kinds import KIND_OF, KINDS, Kind
from troupe_core.plugins.loader import Loader, named
from troupe_core.plugins.manager import PluginManager
from troupe_core.plugins.origin import Failure, LeftOut, Origin
from troupe_core.plugins.registered import Registered
from troupe_core.records import BackendSpec, EmbedderSpec, MemorySpec, Record
from troupe_core.secrets import redacted, without_secrets

R = TypeVar("R", bound=Record)

log = logging.getLogger("troupe")


class Registry:
    """Of one runtime."""

    def __init__(self, layers: Layers, loading: Loading, runtime: object) -> None:
        self.manager = PluginManager()
        self.loader = Loader(self.manager, loading, self._instantiate, layers.has_table)
        self.layers = layers
        """Where the settings come from."""
        self._runtime = runtime
        self._configs: dict[str, Any] = {}
        """What was made of the tables, by name."""
        self._given: list[Any] = []
        """The settings of what was given as an object. The secrets that these and those refer to must not show."""
        self._config_classes: dict[str, type[Any]] = {}
        """Those of the plugins that have settings themselves."""
        self._records: dict[type[Record], Registered[Any]] = {}
        self._with_hooks: list[tuple[ModuleType, Origin]] = []
        """The modules that register by themselves what they bring."""

    @property
    def failures(self) -> list[Failure]:
        """What is installed and cannot be used, in whole or in part."""
        return self.loader.failures

    # -- taking plugins in --------------------------------------------------------------------------------------------

    def load(self, asked_for: Sequence[Found]) -> None:
        """Take in the plugins, and what they register."""
        self._check_prefer()
        self.loader.load(asked_for)
        self._check_names()
        for kind in KINDS:
            into: Registered[Any] = Registered(kind.word, self.loader.loading.prefer)
            self.manager.collect(kind.hook, kind.record, into)
            self._records[kind.record] = into
            for failure in into.failures:
                self.loader.fail(failure)
        self.loader.check_required()
        self._check_tables()
        for origin in self.manager.origins.values():
            if origin.installed and origin.distribution != CORE and not self._wanted(origin):
                self.manager.asleep.add(origin.plugin)

    def _wanted(self, origin: Origin) -> bool:
        """Installing changes nothing: somebody has to have named the plugin, or given it a table."""
        loading = self.loader.loading
        return self.layers.has_table(origin.plugin) or named(origin, (*loading.required, *loading.order))

    def wake(self, name: str) -> None:
        """From now on the plugin's wrappers and observers act."""
        self.manager.asleep.discard(name)

    def drop(self, origin: Origin, reason: str, error: BaseException | None = None) -> None:
        """A plugin that has turned out to be unusable."""
        self.manager.remove(origin)
        for records in self._records.values():
            records.drop(origin)
        self.loader.fail(Failure(origin, reason, error))

    def _instantiate(self, plugin: Any, origin: Origin) -> object:
        """A plugin as pluggy wants it. A class is made; a faculty, backend and so on becomes a plugin that registers
        it; of a module without hooks, its class `Plugin` is meant, else the faculties, backends and so on in it.
        """
        if isinstance(plugin, ModuleType) and has_hooks(plugin):
            self._with_hooks.append((plugin, origin))
        elif isinstance(plugin, ModuleType):
            own, found = getattr(plugin, "Plugin", None), defined_in(plugin)
            if found and own is None:
                return alone([each.as_record(each) for each in found])
            plugin = own or plugin
        if not isinstance(plugin, type | ModuleType):
            self.keep_secret(plugin)
        if hasattr(plugin, "as_record"):
            return alone([plugin.as_record(plugin)])
        if not isinstance(plugin, type):
            return cast(object, plugin)
        config_class = getattr(plugin, "config_class", None)
        config = self._settings(origin.plugin, config_class)
        if config_class is not None:
            self._config_classes[origin.plugin] = config_class
        try:
            made: object = plugin(config, self._runtime) if signature(plugin).parameters else plugin()
        except BaseException as error:
            if not containable(error):
                raise
            raise self.blame(error, origin)  # noqa: B904 - usually the same error
        return made

    # -- settings -----------------------------------------------------------------------------------------------------

    def _settings(self, name: str, config_class: type[Any] | None) -> Any:
        """A table as the config class of whoever it belongs to; None if that has none."""
        table = self.layers.table(name)
        if config_class is None:
            if table:
                where = self.layers.place(("settings", name, next(iter(table))))
                text = f"{where}: settings.{name}: {name} takes no settings; got {', '.join(sorted(table))}"
                raise ConfigError("; ".join([text, *self._with_settings(name)]))
            return None
        within = ("settings", name)
        made = structured(config_class, table, self.layers.place, within)
        made = self._configs[name] = rooted(made, self.layers.folder, within)
        return made

    def config(self, name: str) -> Any:
        """What counts of the table of a name, as the plugin, or what a plugin registered, is given it; None if nothing
        of that name has settings.
        """
        classes = [self._config_classes.get(name)]
        for kind in KINDS:
            found = self._records[kind.record].find(name)
            classes.append(None if found is None else _config_class(found[0]))
        config_class = next(filter(None, classes), None)
        return None if config_class is None else self._settings(name, config_class)

    def _with_settings(self, plugin: str) -> list[str]:
        """What has settings of those things that a plugin has registered."""
        found = []
        for kind, record in self.registered_by(plugin) if plugin in self.manager.origins else ():
            with suppress(PluginError):  # what cannot be loaded is told to whoever asks for it
                if _config_class(record) is not None:
                    found.append(f"its {kind.word} {record.name} does: [settings.{record.name}]")
        return found

    def _check_names(self) -> None:
        """A name that means no plugin is remarked: the same settings may serve where it is installed."""
        loading = self.loader.loading
        origins = [*self.manager.origins.values(), *(each.origin for each in self._left_out)]
        known = sorted({name for origin in origins for name in origin.names})
        for setting in ("allow", "disable", "order") if loading.autoload else ():
            for number, name in enumerate(getattr(loading, setting)):
                if not set("*?[") & set(name) and not any(named(origin, [name]) for origin in origins):
                    where = self.layers.place(("loading", setting, str(number)))
                    log.warning("%s: loading.%s: there is no plugin %r%s", where, setting, name, _meant(name, known))

    def _check_tables(self) -> None:
        """A mistake in a table is told before anything begins, and who has none pays for nothing. A table for nobody is
        a mistake too; if plugins were left out on purpose, it may be one of theirs.
        """
        brought = {name for records in self._records.values() for name in records.names()}
        mistakes = []
        for name in sorted(brought | set(self.manager.origins)):
            if self.layers.has_table(name) or (name in brought and name in self._config_classes):
                try:
                    self._check_table(name)
                except ConfigError as error:
                    mistakes.append(str(error))
        known = brought | set(self.manager.origins)
        known |= {each.origin.plugin for each in self._left_out}
        for name, source in self.layers.tables_for_nobody(known):
            text = f"{source.place(('settings', name))}: settings for {name}, and there is no such plugin or backend"
            meant = _meant(name, known)
            standing = isinstance(source, FileSource | Environment)  # not said for this runtime alone
            if standing and (self.loader.skipped or not self.loader.loading.autoload):
                log.warning("%s among those that are loaded%s", text, meant)
            else:
                left_out = [f"Left out: {each}." for each in self._left_out]
                install = [f"Install it: pip install {ours}."] if (ours := OURS.get(("wrapper", name))) else []
                text += f"{meant or '.'} There are {', '.join(sorted(known))}."
                mistakes.append(" ".join([text, *install, *left_out, *self._not_looked_for()]))
        if mistakes:
            raise ConfigError("\n".join(mistakes))

    def _check_table(self, name: str) -> None:
        """It has one owner with settings, or several whose settings are the same; it is what such settings can be."""
        owners: dict[str, type[Any] | None] = {}
        origins = set()
        if name in self.manager.origins:
            origins.add(self.manager.origins[name])
            owners[f"the plugin {self.manager.origins[name]}"] = self._config_classes.get(name)
        for kind in KINDS:
            try:
                found = self._records[kind.record].find(name)
                if found is not None:
                    origins.add(found[1])
                    owners[f"the {kind.word} {name} of {found[1]}"] = _config_class(found[0])
            except PluginError:  # a clash, or what cannot be loaded: told to whoever asks for it
                return
        classes = {each for each in owners.values() if each is not None}
        if len(classes) < 2:
            self._settings(name, next(iter(classes), None))
            return
        sides = " and ".join(who for who, config_class in owners.items() if config_class is not None)
        reason = f"settings.{name} would belong to {sides}, whose settings differ. One of them needs another name."
        (origin, *others) = origins
        if others or not origin.installed:
            raise PluginError(reason)
        self.drop(origin, reason)

    def _check_prefer(self) -> None:
        words = [kind.word for kind in KINDS]
        for key in self.loader.loading.prefer:
            if not any(key.startswith(f"{word} ") for word in words):
                where = self.layers.place(("loading", "prefer", key))
                raise ConfigError(
                    f'{where}: loading.prefer.{key}: expected a kind and a name, such as "faculty mood"; '
                    f"kinds are {', '.join(words)}"
                )

    # -- errors of strangers ------------------------------------------------------------------------------------------

    def blame(self, error: BaseException, origin: Origin | None = None) -> BaseException:
        """What is to be raised for an error on its way out of a plugin: the same, with a note that names the plugin,
        and without anybody's secrets.
        """
        self.manager.blame(error, origin)
        return redacted(error, self._secretive)

    def keep_secret(self, given: Any) -> None:
        """What the settings of an object refer to must not show either."""
        config = getattr(given, "config", None)
        if config is not None and not any(config is each for each in self._given):
            self._given.append(config)

    def without_secrets(self, text: str) -> str:
        """A stranger's words that are to be kept."""
        return without_secrets(text, self._secretive)

    @property
    def _secretive(self) -> tuple[Any, ...]:
        return self._configs, self._given

    # -- records ------------------------------------------------------------------------------------------------------

    def records(self, kind: type[R]) -> Registered[R]:
        return cast("Registered[R]", self._records[kind])

    def registered_by(self, plugin: str) -> list[tuple[Kind, Record]]:
        """What one plugin registers."""
        every = ((kind, *pair) for kind in KINDS for pair in self._records[kind.record].all())
        return [(kind, record) for kind, record, origin in every if origin.plugin == plugin]

    def wanted_by(self, plugin: str) -> list[str]:
        """The backends whose models a plugin stands around though no settings ask for it."""
        return sorted({record.name for record, _ in self.records(BackendSpec).all() if plugin in record.wants})

    def record(self, kind: type[R], name: str) -> R:
        """The record of that name, or an error that lists the others and says what may be missing."""
        return self._find(kind, name)[0]

    def origin(self, kind: type[Record], name: str) -> Origin:
        """Who brings it."""
        return self._find(kind, name)[1]

    def _find(self, kind: type[R], name: str) -> tuple[R, Origin]:
        records = self.records(kind)
        found = records.find(name)
        if found is not None:
            return found
        word = KIND_OF[kind].word
        text = f"there is no {word} {name!r}; there are: {', '.join(records.names()) or 'none'}. "
        text += " ".join(self._unregistered(kind, name) or self.advice(word, name))
        raise UnknownModelError(text) if kind in (BackendSpec, EmbedderSpec) else PluginError(text)

    def advice(self, word: str, name: str) -> list[str]:
        """What to do about something that is missing, and what was left out."""
        return [*advice(word, name, self._left_out), *self._not_looked_for()]

    @property
    def _left_out(self) -> list[LeftOut]:
        return [*self.loader.failures, *self.loader.skipped]

    def _not_looked_for(self) -> list[str]:
        off = not self.loader.loading.autoload
        return ["Installed plugins are not looked for (loading.autoload)."] if off else []

    def _unregistered(self, kind: type[Record], name: str) -> list[str]:
        """What would be it, and stands beside hooks that forget it."""
        found = []
        broken = {each.origin for each in self._left_out}
        for module, origin in self._with_hooks:
            for each in defined_in(module) if origin not in broken else ():
                with suppress(TroupeError):  # that its name is none is no matter here
                    record = each.as_record(each)
                    if type(record) is kind and record.name == name:
                        where = origin.file or origin
                        found.append(f"{where} defines {each.__name__}, but its hooks do not register it.")
        return found

    def make(self, kind: type[Record], name: str) -> Any:
        """What a record's factory makes: a class is given its settings, anything else is called as it is. A kind of
        memory is its settings.
        """
        record, origin = self._find(kind, name)
        try:
            config_class = _config_class(record)
            config = None if config_class is None else self._settings(name, config_class)
            if config is not None and config_class is record.load():
                return config
            made = record.make() if config is None else record.make(config)
            self.keep_secret(made)
            return made
        except TroupeError as error:
            error.add_note(f"it is a {KIND_OF[kind].word} of the plugin {origin}")
            raise redacted(error, self._secretive)  # noqa: B904 - usually the same error


def _meant(name: str, known: Iterable[str]) -> str:
    """What a name that means nothing may have been meant to be."""
    names = sorted(known)
    close = [each for each in names if each.endswith(f"-{name}")] or get_close_matches(name, names, 1)
    return f"; did you mean {close[0]}?" if close else ""


def _config_class(record: Record) -> type[Any] | None:
    """What a record's settings are: a kind of memory is its settings."""
    factory: Any = record.load()
    if isinstance(record, MemorySpec) and attrs.has(factory):
        return cast("type[Any]", factory)
    found: type[Any] | None = getattr(factory, "config_class", None)
    return found


def tables_of(settings: Any) -> dict[str, dict[str, Any]]:
    """Settings given in code: each plugin's own table, as a copy."""
    if settings is not None and not isinstance(settings, Mapping):
        raise ConfigError(f"settings is a mapping from names of plugins to tables, not a {type(settings).__name__}")
    for name, table in (settings or {}).items():
        if not isinstance(table, Mapping):
            raise ConfigError(f"settings of {name} are a table, not {type(table).__name__}")
    return {name: dict(table) for name, table in (settings or {}).items()}
