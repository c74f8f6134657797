"""The plugins of a runtime, those that take no part included."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import attrs

from troupe_cli.failing import place
from troupe_core.plugins import CORE, Failure, Origin

if TYPE_CHECKING:
    from troupe_core import Runtime

REGISTERS = "troupe_register_"


@attrs.frozen
class Brought:
    """A record that a plugin has registered."""

    kind: str
    name: str
    record: Any = attrs.field(repr=False)

    def __str__(self) -> str:
        return f"{self.kind.lower()} {self.name}"


@attrs.frozen
class Surveyed:
    """One plugin."""

    origin: Origin
    status: str
    """active, asleep, failed or skipped"""
    reason: str = ""
    """Why it is not active, or not everywhere."""
    registers: tuple[Brought, ...] = ()
    hooks: tuple[str, ...] = ()
    error: BaseException | None = attrs.field(default=None, eq=False, repr=False)
    """What it has failed with."""

    @property
    def name(self) -> str:
        return self.origin.plugin

    @property
    def built_in(self) -> bool:
        return self.origin.distribution == CORE

    @property
    def source(self) -> str:
        """The distribution and version, or the file."""
        return f"{self.origin.distribution} {self.origin.version}".strip() or self.origin.file

    @property
    def why(self) -> str:
        """The reason, with the line at which it has failed."""
        at = place(self.error, self.origin)
        return f"{self.reason} ({at})" if at else self.reason

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        origin = self.origin
        return {
            "name": origin.plugin,
            "status": self.status,
            "reason": self.reason,
            "built_in": self.built_in,
            "distribution": origin.distribution,
            "version": origin.version,
            "file": origin.file,
            "registers": [{"kind": each.kind, "name": each.name} for each in self.registers],
            "hooks": list(self.hooks),
        }


def survey(runtime: Runtime) -> list[Surveyed]:
    """Every plugin: those that are here in their order, then those that were left out."""
    manager, loader = runtime.plugins, runtime.registry.loader
    failed: dict[Origin, Failure] = {each.origin: each for each in loader.failures}
    found = []
    for name, origin in manager.origins.items():
        status, reason, error = "active", "", None
        hooks = tuple(manager.hooks_of(name))
        if origin in failed:
            failure = failed.pop(origin)
            status, reason, error = "failed", failure.reason, failure.error
        elif name in manager.asleep and (wanted := runtime.registry.wanted_by(name)):
            reason = f"around models of {', '.join(wanted)}; around all others it waits for a table [settings.{name}]"
        elif name in manager.asleep and not all(hook.startswith(REGISTERS) for hook in hooks):
            status = "asleep"
            reason = f"it waits for a table [settings.{name}]"
        found.append(Surveyed(origin, status, reason, _brought(runtime, origin), hooks, error))
    found += [Surveyed(origin, "failed", each.reason, error=each.error) for origin, each in failed.items()]
    found += [Surveyed(each.origin, "skipped", each.reason) for each in loader.skipped]
    return found


def _brought(runtime: Runtime, origin: Origin) -> tuple[Brought, ...]:
    found = runtime.registry.registered_by(origin.plugin)
    return tuple(Brought(kind.word, record.name, record) for kind, record in found)


def find(known: Iterable[Surveyed], name: str) -> Surveyed | None:
    """The plugin that is called so; else the only one whose distribution is, or that brings something of that name."""
    plugins = list(known)
    brought = [each for each in plugins if name in each.origin.names or any(name == own.name for own in each.registers)]
    exactly = [each for each in plugins if each.name == name]
    return next(iter(exactly or (brought if len(brought) == 1 else ())), None)
