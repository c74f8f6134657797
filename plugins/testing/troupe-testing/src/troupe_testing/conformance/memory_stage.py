"""Where a kind of memory is tried: only if it has all that the protocol asks for."""

from __future__ import annotations

import inspect
from typing import Any

import attrs
import pytest

from troupe_core import Memory, Runtime
from troupe_testing.conformance.stage import Stage
from troupe_testing.scripted import Script, quiet

METHODS = {name: method for name, method in vars(Memory).items() if inspect.isfunction(method) and name[0] != "_"}


@attrs.define(eq=False)
class MemoryStage(Stage):
    """A check is skipped if something is missing, which is the business of another one."""

    def runtime(self, script: Script = quiet, **options: Any) -> Runtime:
        runtime = super().runtime(script, **options)
        if lacking(self.make(runtime)):
            pytest.skip("it has not all methods of a memory")
        return runtime

    def missing(self) -> list[str]:
        """What the protocol asks for, and it has not, or not as it is asked for."""
        return lacking(self.make(super().runtime()))


def lacking(kind: object) -> list[str]:
    """In words, method by method."""
    found = []
    for name, method in METHODS.items():
        own = getattr(kind, name, None)
        if not callable(own):
            found.append(f"no {name}()")
        elif inspect.iscoroutinefunction(own) != inspect.iscoroutinefunction(method):
            found.append(f"a {name}() that is not `{'async ' if inspect.iscoroutinefunction(method) else ''}def`")
    return found
