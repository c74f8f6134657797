"""The tool for notes: people write Markdown files in one folder, and read them again."""

from __future__ import annotations

from collections.abc import Iterator

from troupe_core import ToolSpec, hookimpl

TROUPE_API = (0, 2)


@hookimpl
def troupe_register_tools() -> Iterator[ToolSpec]:
    yield ToolSpec("notes", "troupe_tool_notes.notes:Notes")
