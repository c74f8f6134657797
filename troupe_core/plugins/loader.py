"""Taking plugins in, by what the settings allow, in one order.

One that cannot be used is remembered as failed, with its distribution and the reason, and the others go on; it becomes
an error when something asks for what it would have brought, or if the settings require it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase

from troupe_core.config.tree import Loading
from troupe_core.errors import ConfigError, PluginError, TroupeError, containable, told
from troupe_core.plugins.discovery import Found, built_in, installed
from troupe_core.plugins.manager import PluginManager
from troupe_core.plugins.origin import Failure, LeftOut, Origin, Skipped, reason

Make = Callable[[object, Origin], object]
"""A plugin as it is registered, from what was loaded."""

log = logging.getLogger("troupe")


class Loader:
    """Of one runtime."""

    def __init__(self, manager: PluginManager, loading: Loading, make: Make, has_table: Callable[[str], bool]) -> None:
        self.manager = manager
        self.loading = loading
        self.make = make
        self.has_table = has_table
        self.failures: list[Failure] = []
        self.skipped: list[Skipped] = []
        self._asked_for: dict[str, Origin] = {}

    def load(self, asked_for: Sequence[Found]) -> None:
        """Everything: what is built in, what is installed, what was asked for."""
        self._asked_for = {found.origin.plugin: found.origin for found in asked_for}
        for found in built_in():
            self._take(found)
        for found in self._in_order(installed()) if self.loading.autoload else ():
            self._take_installed(found)
        for found in asked_for:
            self._take_asked_for(found)

    def check_required(self) -> None:
        """Refuse to begin without what the settings require."""
        for name in self.loading.required:
            if not any(named(origin, [name]) for origin in self.manager.origins.values()):
                left_out: tuple[LeftOut, ...] = (*self.failures, *self.skipped)
                why = [str(each) for each in left_out if named(each.origin, [name])]
                said = why or [f"no plugin of that name is installed; there are {', '.join(self.manager.origins)}"]
                raise PluginError(f"the plugin {name!r} is required, and is not there: {'; '.join(said)}")
            broken = [str(each) for each in self.failures if named(each.origin, [name])]
            if broken:
                raise PluginError(f"the plugin {name!r} is required, and is not whole: {'; '.join(broken)}")

    def needs(self, origin: Origin) -> bool:
        """Whether the settings say that nothing is to be done without that plugin."""
        return self.loading.strict or named(origin, self.loading.required)

    def fail(self, failure: Failure) -> None:
        """Note it; if the settings are strict, raise it."""
        self.failures.append(failure)
        if self.loading.strict:
            raise PluginError(f"plugin {failure} (loading.strict is on)") from failure.error
        log.warning("left out: plugin %s", failure)

    def _in_order(self, found: list[Found]) -> list[Found]:
        order = self.loading.order

        def place(each: Found) -> int:
            return next((number for number, name in enumerate(order) if named(each.origin, [name])), -1)

        return sorted(found, key=place)

    def _take_installed(self, found: Found) -> None:
        loading, origin = self.loading, found.origin
        if loading.allow and not named(origin, loading.allow):
            self.skipped.append(Skipped(origin, "loading.allow does not name it"))
        elif named(origin, loading.disable):
            self.skipped.append(Skipped(origin, "disabled"))
        elif origin.plugin in self._asked_for:
            other = self._asked_for[origin.plugin]
            shadowed = Skipped(origin, f"{other}, which was asked for, is here in its place")
            self.skipped.append(shadowed)
            log.info("left out: plugin %s", shadowed)
        else:
            try:
                self._take(found)
            except BaseException as error:  # SystemExit at import is a stranger's bug like any other
                mistaken = isinstance(error, ConfigError) and self.has_table(origin.plugin)
                if mistaken or not containable(error):  # a mistake in a table is whose who wrote it
                    raise
                self.fail(Failure(origin, reason(error), error))

    def _take_asked_for(self, found: Found) -> None:
        """There a mistake is the caller's, and raised."""
        if named(found.origin, self.loading.disable):
            self.skipped.append(Skipped(found.origin, "disabled"))
            return
        try:
            made = self.make(found.load(), found.origin)
        except TroupeError:
            raise
        except BaseException as error:
            if not containable(error):
                raise
            raise PluginError(f"plugin {found.origin} cannot be used: {told(error)}") from error
        try:
            self.manager.add(made, found.origin)
        except PluginError as error:
            raise PluginError(f"plugin {found.origin} cannot be used: {error}") from error.__cause__

    def _take(self, found: Found) -> None:
        self.manager.add(self.make(found.load(), found.origin), found.origin)


def named(origin: Origin, names: Iterable[str]) -> bool:
    """Whether one of the names, or patterns, means that plugin."""
    return any(fnmatchcase(own.lower(), name.lower()) for name in names for own in origin.names)
