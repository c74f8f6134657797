"""Using a tool in the middle of a turn.

What names one use is the answer that ordered it, the place in that answer, and what was ordered: no version of a plugin
and no state, so that a turn that is executed once more with the same answers finds what its tools came to.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import attrs

from troupe_core.errors import ArgumentError, PluginError
from troupe_core.events import EVENT
from troupe_core.keys import canonical, digest, plain, utf8
from troupe_core.people.faculty import Action
from troupe_core.people.tool import CannotTell, TinyTool, ToolCall, ToolFailure, ToolHandler
from troupe_core.simulation.effects import Effect

if TYPE_CHECKING:
    from troupe_core.runtime import Runtime
    from troupe_core.simulation.scene import Scene

IN_DOUBT = "IN_DOUBT"
"""The type of the fact that says so."""


async def use(scene: Scene, tool: TinyTool, action: Action, given: Mapping[str, Any], place: int) -> str:
    """What the person perceives of it."""
    arguments: Any = plain(dict(given), f"{action.name} of the tool {tool.name!r}")
    key = digest(
        b"effect",
        utf8(scene.simulation.effects.series),
        scene.answered,
        b"%d" % place,
        utf8(tool.name),
        utf8(action.name),
        canonical([arguments, tool.target()], f"{action.name} of the tool {tool.name!r}"),
    )
    state = scene.state
    call = ToolCall(
        tool.name,
        action.name,
        MappingProxyType(dict(given)),
        key.hex(),
        state.id,
        state.name,
        scene.simulation.id,
        state.turns,
        state.place,
        scene.when.stamp,
    )
    runtime = scene.simulation.runtime
    handler = handler_of(runtime, tool)
    spelled = {
        "tool": tool.name,
        "action": action.name,
        "arguments": arguments,
        "person": state.id,
        "turn": state.turns,
    }

    async def do(begun: bool) -> Effect:
        again = begun and not tool.repeatable
        return await (_again(tool, handler, call, runtime) if again else _now(handler, call, runtime))

    effect = await scene.simulation.effects.once(key, spelled, do, repeatable=tool.repeatable)
    if effect.doubtful:
        _report(scene, call)
    return effect.result


async def _now(handler: ToolHandler, call: ToolCall, runtime: Runtime) -> Effect:
    try:
        result = await handler(call)
    except ToolFailure as failure:
        return Effect(f"It did not work: {runtime.blame(failure)}")  # it is put on record: no secret may be in it
    if not isinstance(result, str):
        raise PluginError(
            f"{call.action} of the tool {call.tool!r} came to a {type(result).__name__}; a tool returns text"
        )
    return Effect(runtime.without_secrets(result))  # it is put on record


async def _again(tool: TinyTool, handler: ToolHandler, call: ToolCall, runtime: Runtime) -> Effect:
    """It was begun before, and the end of it is on no record."""
    try:
        result = await tool.became(call)
    except ToolFailure as failure:
        return Effect(f"It did not work: {runtime.blame(failure)}")
    except CannotTell:
        return Effect(
            f"Nobody knows whether {call.action} has had its effect: it was interrupted, and not done again.", True
        )
    return await _now(handler, call, runtime) if result is None else Effect(runtime.without_secrets(result))


def _report(scene: Scene, call: ToolCall) -> None:
    data = {"tool": call.tool, "action": call.action, "arguments": dict(call.arguments)}
    scene.fact(EVENT, IN_DOUBT, f"{call.action} of {call.tool} is in doubt", data=data, source=call.name)
    if any(call.key == known.key for known in scene.simulation.doubts):
        return
    scene.simulation.doubts.append(call)
    scene.simulation.remark(
        call.person,
        f"{call.action} of the tool {call.tool!r} (key {call.key}) was begun and interrupted: whether it has had its "
        "effect is in doubt, and it was not done again",
    )


def handler_of(runtime: Runtime, tool: TinyTool) -> ToolHandler:
    """The composed handler of a tool: made once."""
    made: ToolHandler = runtime.once(
        ("tool handler", (tool.known_as,)),
        lambda: runtime.plugins.compose(
            "troupe_tool_handler", lambda hooks: hooks.troupe_tool_handler(tool=tool), tool.name, callable
        ),
    )
    return made


@attrs.frozen
class Performing:
    """The core's own handler: the method of the tool."""

    tool: TinyTool

    async def __call__(self, call: ToolCall) -> str:
        action = next((each for each in self.tool.actions if each.name == call.action), None)
        if action is None or action.perform is None:
            raise ArgumentError(f"the tool {self.tool.name!r} has no action {call.action}")
        perform: Any = action.perform
        result = perform(self.tool, call, **call.arguments)
        settled = await result if inspect.isawaitable(result) else result
        return "Done." if settled is None else str(settled)
