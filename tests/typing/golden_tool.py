"""What checkers know of a tool: its settings, its calls, and who may stand around it.

This file is read by mypy and pyright and never run. An ignore in it says that there must be an error, for both.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from typing import Any, assert_type

from attrs import frozen

from troupe_core import TinyPerson, TinyTool, ToolCall, ToolFailure, ToolHandler, ToolSpec, action, hookimpl


@frozen
class Config:
    street: str = "Main Street"


class Doorbell(TinyTool, config=Config):
    """There is a doorbell."""

    repeatable = True

    @action
    async def ring(self, call: ToolCall, times: int) -> str:
        """Ring so many times."""
        assert_type(call.key, str)
        assert_type(call.arguments, Mapping[str, Any])
        if times > 3:
            raise ToolFailure("the neighbours complain")
        return f"It rings {times} times, for {call.name}."

    async def became(self, call: ToolCall) -> str | None:
        return None


class Plugin:
    @hookimpl
    def troupe_register_tools(self) -> Iterator[ToolSpec]:
        yield ToolSpec("doorbell", "troupe_tool_doorbell:Doorbell")

    @hookimpl(wrapper=True)
    def troupe_tool_handler(self, tool: TinyTool) -> Generator[None, ToolHandler | None, ToolHandler | None]:
        inner = yield
        if inner is None or tool.name != "doorbell":
            return inner
        around: ToolHandler = inner

        async def counted(call: ToolCall) -> str:
            return await around(call)

        return counted


TinyPerson("Ada", tools=["doorbell", Doorbell, Doorbell(Config("Back Lane"))])
TinyPerson("Ada", tools=[5])  # type: ignore[list-item]
ToolCall("doorbell").key = "x"  # type: ignore[call-arg, misc]
