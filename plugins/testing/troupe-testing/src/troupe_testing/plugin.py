"""What an installed troupe-testing offers: the backend `quiet`, whose people never say anything, and `scripted`, which
needs a script to say anything.
"""

from __future__ import annotations

from collections.abc import Iterator

from troupe_core import BackendSpec, hookimpl

TROUPE_API = (0, 1)


@hookimpl
def troupe_register_llm_backends() -> Iterator[BackendSpec]:
    yield BackendSpec("scripted", "troupe_testing.scripted:Unscripted", free=True)
    yield BackendSpec("quiet", "troupe_testing.scripted:ScriptedModel", free=True)
