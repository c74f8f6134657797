"""Where plugins come from, and what became of those that take no part."""

from __future__ import annotations

import attrs

from troupe_core.errors import PluginError, told


@attrs.frozen
class Origin:
    """A plugin's name, and the distribution or the file that brought it."""

    plugin: str
    distribution: str = ""
    version: str = ""
    file: str = ""
    module: str = ""
    """The package or module that its code is in, by which an error is traced to it."""

    def __str__(self) -> str:
        where = f"{self.distribution} {self.version}".strip() or self.file
        return f"{self.plugin} ({where})" if where else self.plugin

    @property
    def names(self) -> tuple[str, ...]:
        """What it can be called in settings."""
        return (self.plugin, self.distribution) if self.distribution else (self.plugin,)

    @property
    def installed(self) -> bool:
        """Whether it is here because somebody installed it, and not because it was asked for."""
        return bool(self.distribution)


def reason(error: BaseException) -> str:
    """Why a plugin cannot be used, in one line. What we say ourselves needs no name of its kind."""
    return told(error).removeprefix(f"{PluginError.__name__}: ")


@attrs.frozen
class LeftOut:
    """A plugin that is installed and takes no part, or not in all."""

    origin: Origin
    reason: str

    def __str__(self) -> str:
        return f"{self.origin}: {self.reason}"


@attrs.frozen
class Failure(LeftOut):
    """It cannot be used."""

    error: BaseException | None = attrs.field(default=None, eq=False, repr=False)
    """What was raised, if anything was."""


@attrs.frozen
class Skipped(LeftOut):
    """The settings say so."""
