"""What every tool has to keep to."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from troupe_testing import do
from troupe_testing.conformance import ToolConformance


class TestNotes(ToolConformance):
    plugin = "troupe_tool_notes"
    orders = (
        do("WRITE_NOTE", title="Plan", text="We meet at nine."),
        do("READ_NOTE", title="Plan"),
        do("LIST_NOTES"),
    )

    @pytest.fixture
    def table(self, tmp_path: Path) -> dict[str, str]:
        self.folder = tmp_path / "notes"
        return {"folder": str(self.folder)}

    def effects(self) -> dict[str, str]:
        return {file.name: file.read_text(encoding="utf-8") for file in self.folder.glob("*.md")}

    def clear(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
