"""Whose code an error came from: the last plugin on its way through the stack. Nothing is paid where nothing fails."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Iterator, Sequence
from traceback import walk_tb
from typing import TYPE_CHECKING, TypeVar

from troupe_core.errors import ArgumentError, ConfigError, ModelError, PluginError, TroupeError, containable, told
from troupe_core.plugins.origin import Origin

if TYPE_CHECKING:
    from troupe_core.llm.provider import Blame

T = TypeVar("T")

CORE_PACKAGE = "troupe_core"
NO_FAULTS = (ModelError, ConfigError, ArgumentError)


def blamed(error: BaseException, origins: Iterable[Origin]) -> tuple[Origin, ...]:
    """The plugin in whose code the error arose, if it was a plugin's; or those that share that code. What the core
    itself says on purpose, such as that a budget is spent, is no fault of whoever stands around it.
    """
    modules = [str(frame.f_globals.get("__name__", "")) for frame, _ in walk_tb(error.__traceback__)]
    if isinstance(error, TroupeError) and modules and _package(modules[-1]) == CORE_PACKAGE:
        return ()
    owners = _owners(origins)
    found = (owners[name] for module in reversed(modules) for name in _parents(module) if name in owners)
    return tuple(next(found, ()))


def blame(error: BaseException, origins: Sequence[Origin]) -> None:
    """Name the plugin in a note of the error, once, and how to do without it. Objects given in code are the caller's
    own; and what a backend says of its provider is nobody's fault, nor what anybody says of what a user has given.
    """
    strangers = [origin for origin in origins if origin.installed or origin.file]
    if not strangers or isinstance(error, NO_FAULTS) or getattr(error, "__troupe_blamed__", False):
        return
    bug = len(strangers) == 1 and strangers[0].installed and not isinstance(error, TroupeError)
    advice = f'; loading.disable = ["{strangers[0].plugin}"] turns it off' if bug else ""
    error.add_note(f"raised in the plugin {' or '.join(map(str, strangers))}{advice}")
    error.__troupe_blamed__ = True  # type: ignore[attr-defined]


def _owners(origins: Iterable[Origin]) -> dict[str, list[Origin]]:
    """Plugins by their modules, and by the packages that were installed for them."""
    owners: dict[str, list[Origin]] = {}
    for origin in origins:
        package = _package(origin.module)
        if package not in ("", CORE_PACKAGE, "builtins"):
            for name in {origin.module, package} if origin.installed else {origin.module}:
                owners.setdefault(name, []).append(origin)
    return owners


def _package(module: str) -> str:
    return module.partition(".")[0]


def _parents(module: str) -> Iterator[str]:
    """A module's name, then those of the packages around it."""
    while module:
        yield module
        module = module.rpartition(".")[0]


async def contained(blame: Blame, failed: str, work: Awaitable[T]) -> T:
    """What a stranger's work comes to. An error that says nothing of what it was about is told as one of the plugin,
    which begins with `failed`: "the enricher 'brief' failed".
    """
    try:
        return await work
    except BaseException as error:
        if not containable(error):
            raise
        seen = blame(error)
        if isinstance(seen, TroupeError):
            raise seen  # noqa: B904 - usually the same error
        raise PluginError(f"{failed}: {told(seen)}") from seen
