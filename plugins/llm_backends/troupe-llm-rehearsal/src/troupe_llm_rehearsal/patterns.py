"""A text that fits a regular expression, of the simple kind that schemas have."""

from __future__ import annotations

import re
import string

from troupe_core import Stream

_CLASSES = {"d": string.digits, "w": string.ascii_lowercase + string.digits, "s": " ",
            "D": string.ascii_lowercase, "W": "-", "S": string.ascii_lowercase}  # fmt: skip
_MORE = {"*": (0, 2), "+": (1, 3), "?": (0, 1)}
MOST = 200


def text_like(pattern: str, chance: Stream) -> str | None:
    """None if it cannot be made up."""
    for _ in range(8):
        try:
            made, rest = _alternatives(pattern, chance)
        except (IndexError, ValueError):
            return None
        if not rest and re.search(pattern, made):
            return made
    return None


def _alternatives(rest: str, chance: Stream) -> tuple[str, str]:
    made, rest = _sequence(rest, chance)
    options = [made]
    while rest.startswith("|"):
        made, rest = _sequence(rest[1:], chance)
        options.append(made)
    return chance.choice(options), rest


def _sequence(rest: str, chance: Stream) -> tuple[str, str]:
    out = ""
    while rest and rest[0] not in "|)":
        if rest[0] in "^$":
            rest = rest[1:]
            continue
        before = rest
        _, rest = _atom(rest, chance)
        low, high, rest = _times(rest)
        for _ in range(chance.randint(low, high)):
            out += _atom(before, chance)[0]
        if len(out) > MOST:
            raise ValueError("too long")
    return out, rest


def _atom(rest: str, chance: Stream) -> tuple[str, str]:
    head, rest = rest[0], rest[1:]
    if head == "(":
        made, rest = _alternatives(re.sub(r"^\?(?::|P<\w+>)", "", rest), chance)
        return made, rest[1:]
    if head == "[":
        end = rest.index("]", 1)
        return chance.choice(_members(rest[:end])), rest[end + 1 :]
    if head == "\\":
        if rest[0] == "b":
            return "", rest[1:]
        return chance.choice(_CLASSES.get(rest[0], rest[0])), rest[1:]
    return (chance.choice(string.ascii_lowercase) if head == "." else head), rest


def _times(rest: str) -> tuple[int, int, str]:
    low, high = 1, 1
    if rest[:1] in _MORE and rest:
        low, high = _MORE[rest[0]]
        rest = rest[1:]
    else:
        found = re.match(r"\{(\d+)(,?)(\d*)\}", rest)
        if found:
            low = int(found[1])
            high = int(found[3]) if found[3] else low + 2 if found[2] else low
            rest = rest[found.end() :]
    return low, min(high, low + 3), rest.removeprefix("?") if rest[:1] == "?" else rest


def _members(inside: str) -> str:
    denied, inside = inside.startswith("^"), inside.removeprefix("^")
    inside = re.sub(r"\\([dws])", lambda found: _CLASSES[found[1]], inside).replace("\\", "")
    out = ""
    at = 0
    while at < len(inside):
        if inside[at + 1 : at + 2] == "-" and at + 2 < len(inside):
            out += "".join(map(chr, range(ord(inside[at]), ord(inside[at + 2]) + 1)))
            at += 3
        else:
            out += inside[at]
            at += 1
    if denied:
        return "".join(each for each in string.ascii_letters + string.digits if each not in out)
    return out
