"""What went through the hooks of a runtime, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import attrs

from troupe_core import Runtime, hookimpl

E = TypeVar("E")


@attrs.frozen
class HookCall:
    """One call of one plugin's implementation."""

    hook: str
    plugin: str
    arguments: Mapping[str, Any]


class HookRecorder:
    """Give its `plugin` to a runtime: `Runtime(plugins=[recorder.plugin])`. The fixtures of a test that asks for
    `hook_recorder` do so by themselves.
    """

    def __init__(self) -> None:
        self.log: list[Any] = []
        """Calls (`HookCall`) and telemetry events."""

    def calls(self, hook: str = "", *, plugin: str = "") -> list[HookCall]:
        """Calls of that hook, or of all; of that plugin, or of everybody."""
        calls = [entry for entry in self.log if isinstance(entry, HookCall)]
        return [call for call in calls if hook in ("", call.hook) and plugin in ("", call.plugin)]

    def hooks(self, *, plugin: str = "") -> list[str]:
        """Which hooks were called, of that plugin or of anybody, each once, in the order of their first calls."""
        return list(dict.fromkeys(call.hook for call in self.calls(plugin=plugin)))

    def events(self, *kinds: type[E]) -> list[E]:
        """Telemetry of those kinds, or all of it."""
        wanted: Any = kinds or object
        return [entry for entry in self.log if isinstance(entry, wanted) and not isinstance(entry, HookCall)]

    def clear(self) -> None:
        """Forget what was so far."""
        self.log.clear()

    @property
    def plugin(self) -> type[Any]:
        """What a runtime makes for itself, as it does of every plugin; then it is watched."""
        recorder = self

        class Recording:
            def __init__(self, config: None, runtime: Runtime) -> None:
                recorder._watch(runtime, self)

            @hookimpl
            def troupe_event(self, event: Any) -> None:
                recorder.log.append(event)

        return Recording

    def _watch(self, runtime: Runtime, own: object) -> None:
        """pluggy tells of the calls that it makes; those that the core makes itself go through `implementations`."""
        manager = runtime.plugins
        manager.add_hookcall_monitoring(self._before, _after)
        inner = manager.implementations

        def implementations(hook: str) -> Iterator[tuple[Any, Callable[..., Any], tuple[str, ...]]]:
            for origin, function, names in inner(hook):
                seen = getattr(function, "__self__", None) is own
                yield origin, function if seen else partial(self._call, hook, origin.plugin, function), names

        manager.implementations = implementations  # type: ignore[method-assign]  # of this one manager

    def _before(self, hook: str, implementations: Sequence[Any], arguments: Mapping[str, Any]) -> None:
        for each in reversed(implementations):  # pluggy calls the last first
            wanted = {name: value for name, value in arguments.items() if name in each.argnames}
            self.log.append(HookCall(hook, each.plugin_name, wanted))

    def _call(self, hook: str, plugin: str, function: Callable[..., Any], **arguments: Any) -> Any:
        self.log.append(HookCall(hook, plugin, arguments))
        return function(**arguments)


def _after(*_: Any) -> None:
    """What came of a call is nobody's question here."""
