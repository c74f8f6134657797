"""The kinds of rows: a letter, with which the key of each begins."""

from __future__ import annotations

PART, MEMORY, OUTCOME, ANSWER, COMMIT, INTENT, EFFECT = b"b", b"m", b"o", b"l", b"c", b"i", b"e"
