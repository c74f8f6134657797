"""What stands in a person's state for what a missing plugin would understand; it is carried along as it is."""

from __future__ import annotations

from typing import Any

import attrs

from troupe_core.errors import PluginError


@attrs.frozen(eq=False)
class Opaque:
    """What somebody else keeps: as it was written."""

    data: Any
    digest: bytes


class MissingMemory:
    """A kind of memory."""

    def __init__(self, spelled: dict[str, Any]) -> None:
        self.spelled = spelled
        self.settings_digest = bytes.fromhex(spelled["digest"]) if "digest" in spelled else b""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        kind = self.spelled["name"]
        raise PluginError(
            f"this person's memory is of the kind {kind!r}, which is not installed: install the plugin that has it, or "
            f'give the class as attach={{"{kind}": …}}'
        )
