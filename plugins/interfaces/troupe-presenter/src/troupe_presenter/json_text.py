"""JSON that can be printed anywhere."""

from __future__ import annotations

import json
from typing import Any

from troupe_presenter.characters import harmless


def json_text(content: Any, encoding: str = "utf-8", *, indent: int | None = None) -> str:
    """As it reads best; with escapes, where something would be an order to a terminal, or the encoding lacks it."""
    text = json.dumps(content, ensure_ascii=False, default=str, indent=indent)
    return text if harmless(text.replace("\n", ""), encoding) else json.dumps(content, default=str, indent=indent)
