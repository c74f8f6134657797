"""How an event becomes lines in a terminal: who, to whom, what."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from troupe_core import Fact
from troupe_presenter.characters import showable
from troupe_presenter.folding import cells, cut, folded

NARROWEST = 40
"""Columns; a terminal that has fewer breaks the lines itself."""
INDENT = 4
THOUGHTS = ("THINK", "THOUGHT")
SAID = ("TALK", "CONVERSATION")
VISUAL = "VISUAL"
WORDS = {"THINK": "thinks", "THOUGHT": "thinks"}
UNSHOWN = ("echo", "memory")
"""The kinds of what is no event: what somebody is shown of what it knew already, and what it made of an episode."""

COLOURS = (32, 33, 34, 35, 36, 92, 93, 94, 95, 96)
"""Of names, as terminals number them. Red is for failures."""
BOLD, DIM, RED, YELLOW, PLAIN = "1", "2", "1;31", "33", "\x1b[0m"


class Lines:
    """For one place where lines are shown: so many columns, with colours or without, in an encoding."""

    def __init__(self, width: int = 80, *, colours: bool = False, encoding: str = "utf-8") -> None:
        self.width = max(width, NARROWEST)
        self.colours = colours
        self.encoding = encoding
        self._arrow, self._cut, self._rule = (showable(sign, encoding) for sign in "→…─")
        self._indent = " " * INDENT

    def of(self, fact: Fact | Mapping[str, Any], *, thoughts: bool = True) -> list[str]:
        """An event: a fact, or a mapping that has the names of a transcript's line. Of what is no event, and of
        thoughts that are not wanted, there are no lines.
        """
        given = fact.plain() if isinstance(fact, Fact) else fact
        kind, type = given.get("kind", ""), given.get("type", "")
        if kind in UNSHOWN or (not thoughts and kind == "action" and type in THOUGHTS):
            return []
        data = given.get("data") or {}
        text = given.get("content") or ""
        if type == VISUAL and (pictures := len(data.get("images") or ())):
            text = f"{text} [{'picture' if pictures == 1 else f'{pictures} pictures'}]".lstrip()
        text = text or "; ".join(f"{name}: {value}" for name, value in data.items())
        head = self._head(given, kind, type)
        plain = "".join([part for part, _ in head])
        lines = self._hanging(plain, text)
        if not self.colours:
            return lines
        style = DIM if type in THOUGHTS else ""
        first, *others = lines
        in_colour = "".join(self.in_style(part, _joined(how, style)) for part, how in head)
        return [in_colour + self.in_style(first[len(plain) :], style), *(self.in_style(line, style) for line in others)]

    def rule(self, text: str) -> str:
        """A line across, with a text in it."""
        text = cut(showable(text, self.encoding), self.width - 6, self._cut)
        line = f"{self._rule * 2} {text} "
        return self.in_style(line + self._rule * (self.width - cells(line)), DIM)

    def note(self, text: str, style: str = "") -> list[str]:
        """Whatever else is to be said, in a style such as RED."""
        return [self.in_style(line, style) for line in self._hanging("", text)]

    def entry(self, name: str, text: str) -> list[str]:
        """One of several things that are said about what stands above them."""
        return self._hanging(f"  {showable(name, self.encoding)}:", text)

    def in_style(self, text: str, style: str) -> str:
        """With colours, if there are any."""
        return f"\x1b[{style}m{text}{PLAIN}" if style and self.colours and text else text

    def _head(self, given: Mapping[str, Any], kind: str, type: str) -> list[tuple[str, str]]:
        """What stands before the words, each part with its style: who, how if it is not said, and to whom."""
        how = "" if type in SAID else WORDS.get(type) or f"[{self._name(type, self.width // 4)}]"
        most = self.width // (4 if how.startswith("[") else 3)
        source, target = given.get("source") or "", given.get("target") or ""
        if not target and kind == "stimulus":
            target = given.get("thing") or ""
        elif not source and not target:
            source = given.get("thing") or ""
        if not source and how == WORDS["THOUGHT"]:
            how = "[thought]"
        parts = [(self._name(source, most), style_of(source))] if source else []
        parts += [(f" {how}" if parts else how, "")] if how else []
        if target and target != source:
            before = f" {self._arrow} " if parts else f"{self._arrow} "
            parts += [(before, ""), (self._name(target, most), style_of(target))]
        return [*parts, (":", "")] if parts else []

    def _name(self, text: str, most: int) -> str:
        return _named(text, self.encoding, most, self._cut)

    def _hanging(self, head: str, text: str) -> list[str]:
        """The words behind their head; what does not go into the line stands below it, further in."""
        indent, room = self._indent, self.width - INDENT
        paragraphs = text.splitlines() or [""]
        lines: list[str] = []
        for number, paragraph in enumerate(paragraphs):
            words = showable(paragraph, self.encoding)
            if number == 0:
                first, *others = folded(words, self.width - cells(head) - bool(head), room)
                lines.append(f"{head} {first}" if head and first else head or first)
            elif words.strip():
                others = folded(words, room, room)
            else:
                continue
            lines += [f"{indent}{line}" for line in others]
        return lines


@lru_cache(maxsize=10_000)
def _named(text: str, encoding: str, most: int, sign: str) -> str:
    return cut(showable(" ".join(text.split()), encoding), most, sign)


def _joined(one: str, other: str) -> str:
    return f"{one};{other}" if one and other else one or other


@lru_cache(maxsize=10_000)
def style_of(name: str) -> str:
    """The style of a name: the same wherever it stands, today and tomorrow."""
    number = int.from_bytes(blake2b(name.encode("utf-8", "replace"), digest_size=4).digest(), "big")
    return f"{BOLD};{COLOURS[number % len(COLOURS)]}"


def words_of(value: Any) -> str:
    """A value of a finding, as it is read."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "; ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
