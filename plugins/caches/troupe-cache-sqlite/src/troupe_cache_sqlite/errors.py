"""What the cache raises on purpose."""

from __future__ import annotations

from troupe_core import ModelError, PluginError


class CacheError(PluginError):
    """The file of the cache cannot be used; the message says why, and what to do. It is everybody's: a run stops."""

    fatal = True


class ReplayMiss(ModelError):
    """In the mode `replay` something was asked that the cache does not hold.

    It is fatal: whoever replays a run wants to know at the first difference. Other candidates are looked up before.
    """

    fatal = True
