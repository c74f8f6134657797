"""Switching the cache of models' answers on and off, whichever plugin keeps it."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any, Protocol

from troupe_core.errors import PluginError

if TYPE_CHECKING:
    from troupe_core.runtime import Runtime


class SwitchedCache(Protocol):
    """What a plugin offers whose cache can be switched while its runtime lives."""

    def force_api_cache(self, cache_api_calls: bool, cache_file_name: str | PathLike[str] | None = None) -> None: ...


def force_api_cache(
    cache_api_calls: bool, cache_file_name: str | PathLike[str] | None = None, *, runtime: Runtime | None = None
) -> None:
    """Keep what models answer in a file, and do not ask them the same again; or, with False, no longer.

    It concerns the default runtime, or the one that is named, from the next question on. Without a file name it is the
    one of the cache's settings.
    """
    from troupe_core.runtime import default_runtime

    chosen = runtime or default_runtime()
    caches = _caches(chosen)
    if not caches:
        text = "no cache for models' answers is installed."
        raise PluginError(" ".join([text, *chosen.registry.advice("LLM cache", "any")]))
    if len(caches) > 1:
        several = " and ".join(str(chosen.plugins.origins[name]) for name in sorted(caches))
        raise PluginError(f"several caches are installed, {several}: remove or disable all but one")
    for name, cache in caches.items():
        chosen.wake(name)
        cache.force_api_cache(cache_api_calls, cache_file_name)


def _caches(runtime: Runtime) -> dict[str, SwitchedCache]:
    """By their names."""
    plugins: list[tuple[str, Any]] = runtime.plugins.list_name_plugin()
    return {name: plugin for name, plugin in plugins if hasattr(plugin, "force_api_cache")}
