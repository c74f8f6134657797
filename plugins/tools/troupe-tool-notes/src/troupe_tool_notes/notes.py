"""The tool itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import attrs

from troupe_core import TinyTool, ToolCall, ToolFailure, action
from troupe_tool_notes.folder import Folder, NotWritable

P = ParamSpec("P")
T = TypeVar("T")


@attrs.frozen
class Config:
    """`folder`: where the notes are, and the only place that is touched. `max_characters`: of one entry."""

    folder: str = "notes"
    max_characters: int = 20_000


class Notes(TinyTool, config=Config):
    """You have a notebook, which others may share with you:"""

    def __init__(self, config: Config | None = None) -> None:
        super().__init__(config)
        self._folder = Folder(self.config.folder)

    @action
    async def write_note(self, call: ToolCall, title: str, text: str) -> str:
        """write something down under a title; what stands there already stays above it."""
        if not text.strip():
            raise ToolFailure("there was nothing to write down")
        if len(text) > self.config.max_characters:
            raise ToolFailure(f"{len(text):,} characters are too many for one entry ({self.config.max_characters:,})")
        signed = f"{call.name}, {call.now}" if call.now else call.name
        return await _in_a_thread(self._folder.add, title, text, signed, call.key)

    @action
    async def read_note(self, call: ToolCall, title: str) -> str:
        """read what stands under a title."""
        return await _in_a_thread(self._folder.read, title)

    @action
    async def list_notes(self, call: ToolCall) -> str:
        """see which titles there are."""
        titles = await _in_a_thread(self._folder.titles)
        return "There are: " + "; ".join(titles) + "." if titles else "There are no notes yet."

    def target(self) -> str:
        return str(self.config.folder)

    async def became(self, call: ToolCall) -> str | None:
        """Every entry bears the key of the call that wrote it."""
        if call.action != "WRITE_NOTE":
            return None
        return await _in_a_thread(self._folder.written, call.arguments["title"], call.key)


async def _in_a_thread(work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """Disks are slow, and others wait on the loop."""
    try:
        return await asyncio.to_thread(work, *given, **named)
    except NotWritable as problem:
        raise ToolFailure(str(problem)) from None
