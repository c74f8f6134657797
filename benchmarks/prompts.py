"""How long prompts are, and how much of each has been sent before.

Providers charge little for the beginning of a prompt that somebody of the same account has lately sent. Each prompt is
compared with every earlier one of the run, whoever sent it: the characters that it has in common with one of them from
the very beginning are *known*, the others are *new*. Where roles differ, nothing further is in common. Characters are
those of the messages' contents; the schema is not among them.

The floor of the share is what the best layout of these very messages could reach: a message that its person has sent
before is then known wherever it stands, as if cutting the history cost nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from benchmarks.models import Group
from benchmarks.rows import Row, fresh
from troupe_core import Call, LLMRequest, Message

PERSONS = 100
ROUNDS = (3, 10, 50)
WORDS = (14, 30)


class Prompt(NamedTuple):
    """One that was sent: by whom is told by the order within a round, in which round, and what it came to."""

    acting: bool
    turn: int
    length: int
    known: int
    least: int
    """Known at best."""
    system: int


class Sent:
    """All prompts of a run, as a tree of messages."""

    def __init__(self) -> None:
        self.root: dict[tuple[str, str], Any] = {}

    def add(self, messages: Sequence[Message]) -> int:
        """One more; so many of its characters are known."""
        node, known, following = self.root, 0, True
        for message in messages:
            key = (message.role, message.content)
            if key not in node:
                if following:
                    others = (content for role, content in node if role == message.role)
                    known += max((common(message.content, other) for other in others), default=0)
                    following = False
                node[key] = {}
            elif following:
                known += len(message.content)
            node = node[key]
        return known


def common(one: str, other: str) -> int:
    """The length of what both begin with."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


class Account:
    """Watches the model."""

    def __init__(self) -> None:
        self.prompts: list[Prompt] = []
        self._sent = Sent()
        self._own: dict[str, set[str]] = defaultdict(set)
        self._last: dict[str, str] = {}

    def __call__(self, request: LLMRequest, call: Call) -> None:
        lengths = [len(message.content) for message in request.messages]
        known, acting = self._sent.add(request.messages), call.purpose == "turn"
        least = max(known, self._least(call.person or "", request.messages, known)) if acting else known
        self.prompts.append(Prompt(acting, call.turn, sum(lengths), known, least, lengths[0]))

    def _least(self, person: str, messages: Sequence[Message], known: int) -> int:
        own, last = self._own[person], self._last.get(person, "")
        first, *others = (message.content for message in messages)
        found = len(first) if first in own else known
        found += sum(len(text) for text in others if text in own or last.startswith(text))
        own.update((first, *others))
        self._last[person] = messages[-1].content
        return found


# In a process of its own


def watched(words: int, rounds: int, near: bool = False) -> list[Prompt]:
    """The prompts of a run; consolidations that are pending at its end are waited for."""
    account = Account()
    with Group(PERSONS, words=words, watch=account) as group:
        if near:
            group.world.make_everyone_accessible()
        for _ in range(rounds):
            group.ask()
            group.run()
        group.simulation.end()
    acting = [prompt for prompt in account.prompts if prompt.acting]
    assert len(acting) == rounds * PERSONS, "one call a turn"
    return account.prompts


class Figures(NamedTuple):
    """Of some prompts."""

    length: float
    share: float
    new: float
    best: float
    system: float

    @classmethod
    def of(cls, prompts: Sequence[Prompt]) -> "Figures":
        turns = sum(prompt.acting for prompt in prompts)
        whole = sum(prompt.length for prompt in prompts)
        known = sum(prompt.known for prompt in prompts)
        return cls(
            whole / turns,
            known / whole,
            (whole - known) / turns,
            sum(prompt.least for prompt in prompts) / whole,
            sum(prompt.system for prompt in prompts) / len(prompts),
        )


def figures(words: int, rounds: int, near: bool = False) -> dict[str, Figures]:
    """By what they are of: rounds 1 to r ("3"), the same without first turns ("3+"), with consolidations ("3c")."""
    prompts = watched(words, rounds, near)
    found = {}
    for upto in (upto for upto in ROUNDS if upto <= rounds):
        some = [prompt for prompt in prompts if prompt.turn < upto + (not prompt.acting)]
        acting = [prompt for prompt in some if prompt.acting]
        found[f"{upto}"] = Figures.of(acting)
        found[f"{upto}+"] = Figures.of([prompt for prompt in acting if prompt.turn])
        found[f"{upto}c"] = Figures.of(some)
    return found


# The table


def length() -> Iterator[Row]:
    """Mean characters of a prompt over three rounds."""
    for words, goal in zip(WORDS, (13_000, 13_900), strict=True):
        found, near = (_figures(words, 3, near) for near in (False, True))
        three = found["3"]
        yield Row(
            f"prompt characters a turn, 100 persons × 3 rounds, {words} words",
            f"≤ {goal:,}",
            f"{three.length:,.0f} (everybody named to everybody: {near['3'].length:,.0f})",
            f"{three.system:,.0f} (rules, abilities, persona)",
            three.length <= goal,
        )


def share() -> Iterator[Row]:
    """The part of it that is known, and the rest in characters, by number of rounds."""
    both = [_figures(words, max(ROUNDS)) for words in WORDS]
    for key, what, goal in (
        ("3", "3 rounds", 0.73),
        ("3+", "from a person's second turn, 3 rounds", 0.86),
        ("10", "10 rounds", 0.86),
        ("50", "50 rounds", 0.89),
    ):
        yield Row(
            f"characters that somebody has sent before: {what}; 14 and 30 words",
            f"≥ {goal:.0%}",
            _pair(f"{each[key].share:.1%}" for each in both) + _consolidating(both, key, lambda of: f"{of.share:.1%}"),
            _pair(f"{each[key].best:.1%}" for each in both) + " if cuts were free",
            min(each[key].share for each in both) >= goal,
        )
    for key in map(str, ROUNDS):
        yield Row(
            f"new characters a turn, {key} rounds; 14 and 30 words",
            "",
            _pair(f"{each[key].new:,.0f}" for each in both) + _consolidating(both, key, lambda of: f"{of.new:,.0f}"),
            _pair(f"{each[key].length * (1 - each[key].best):,.0f}" for each in both) + " if cuts were free",
        )


def _consolidating(both: Sequence[dict[str, Figures]], key: str, form: Callable[[Figures], str]) -> str:
    """The same with the calls that consolidate memories, where there are any."""
    if all(each.get(f"{key}c", each[key]) == each[key] for each in both):
        return ""
    return f" (with consolidation {_pair(form(each[f'{key}c']) for each in both)})"


def _pair(texts: Iterable[str]) -> str:
    return " and ".join(texts)


def _figures(words: int, rounds: int, near: bool = False) -> dict[str, Figures]:
    found = fresh("prompts:figures", words=words, rounds=rounds, near=near)
    return {key: Figures(*values) for key, values in found.items()}
