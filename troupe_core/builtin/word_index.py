"""Finding facts by their words: the rarer a shared word, the more it counts; of equals, the newer comes first.

An index is a cache over a chain of memory nodes and no part of any state. It moves along as its chain grows; one that
is missing (after a fork, or when too many people remember at once) is made anew from the facts.
"""

from __future__ import annotations

import heapq
import math
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from troupe_core.events import ECHO, Fact
from troupe_core.people.memory import PAUSE, Recalled
from troupe_core.people.words import words

if TYPE_CHECKING:
    from troupe_core.builtin.chain import Node

EFFORT = 4_000
"""So many places are looked at for one query, those of rare words first: what everybody says finds little."""
PASSING_EFFORT = 24
"""The same, for what comes to mind in passing."""
TELLING = 8
"""So many words of a memory, and of the news, count in passing: the longest, which are rarely the common ones."""
LATEST = 32
"""So many of the latest memories can come to mind in passing."""
KEPT_FACTS = 250_000
"""So many facts are kept indexed at a time, of whoever was asked last."""


class WordIndex:
    """The places of each word in a growing list of facts."""

    def __init__(self, begin: int = 0, *, passing: bool = False) -> None:
        self.begin = begin
        self._passing = passing
        self.facts: list[Fact] = []
        self.places: dict[str, list[int]] = {}

    def add(self, fact: Fact) -> None:
        place = len(self.facts)
        self.facts.append(fact)
        found = words(f"{fact.source} {fact.content}")
        for word in telling(found) if self._passing else found:
            self.places.setdefault(word, []).append(place)


def search(indexes: Sequence[WordIndex], query: str, k: int) -> list[Recalled]:
    """The best `k` of all; of equals the newest, which those of a later index are."""
    return _best(indexes, words(query), k, EFFORT)


def in_passing(indexes: Sequence[WordIndex], query: str, k: int) -> list[Recalled]:
    """The same for next to nothing: a word that stands in many of them brings none of them to mind."""
    many = max(2, sum(len(index.facts) for index in indexes) // 8)
    return _best(indexes, telling(words(query)), k, PASSING_EFFORT, many)


def _best(
    indexes: Sequence[WordIndex], wanted: Iterable[str], k: int, most: int, many: int | None = None
) -> list[Recalled]:
    """After looking at `most` places, or at those of the rarest word; words that stand in more than `many` are passed
    over.
    """
    known = []
    for word in wanted:
        often = sum([len(index.places.get(word, ())) for index in indexes])
        if often and (many is None or often <= many):
            known.append((often, word))
    total = sum([len(index.facts) for index in indexes])
    scores: dict[tuple[int, int], float] = {}
    effort = 0
    for often, word in sorted(known):
        if scores and effort + often > most:
            break
        effort += often
        weight = math.log1p(total / often)
        for number, index in enumerate(indexes):
            for place in index.places.get(word, ()):
                scores[number, place] = scores.get((number, place), 0.0) + weight
    best = heapq.nlargest(k, zip(scores.values(), scores, strict=True))
    return [Recalled(indexes[number].facts[place], score) for score, (number, place) in best]


def telling(found: frozenset[str]) -> list[str]:
    """The longest words; of those of one length, the first in the alphabet."""
    ordered = sorted(found)
    ordered.sort(key=len, reverse=True)  # stable, and twice as quick as one sort by both
    return ordered[:TELLING]


class WordIndexes:
    """By the last node of a chain."""

    def __init__(self, latest: int | None = None) -> None:
        """With `latest`, an index covers the last so many facts, or up to twice as many: where it begins is a matter of
        the chain alone, so that it makes no difference what was searched, kept or let go before.
        """
        self._latest = latest
        self._kept: OrderedDict[bytes, WordIndex] = OrderedDict()
        self._facts = 0
        self.lock = threading.Lock()
        """Held while an index of these is looked at: it moves along with its chain."""

    def of(self, last: Node) -> WordIndex:
        """The index of a chain; one for all who have the same."""
        kept = self._kept.get(last.digest)
        if kept is not None:
            self._kept.move_to_end(last.digest)
            return kept
        index, missing = self._grown_from(last)
        for fact in missing:
            index.add(fact)
        self._kept[last.digest] = index
        self._facts += len(index.facts)
        while self._facts > KEPT_FACTS and len(self._kept) > 1:
            _, let_go = self._kept.popitem(last=False)
            self._facts -= len(let_go.facts)
        return index

    def _grown_from(self, last: Node) -> tuple[WordIndex, list[Fact]]:
        """The index of where the chain was before, and what has come since; else an empty one, and everything."""
        begin = 0 if self._latest is None else max(0, last.count // self._latest - 1) * self._latest
        missing: list[Node] = []
        node: Node | None = last
        index = WordIndex(begin, passing=self._latest is not None)
        while node is not None:
            kept = self._kept.pop(node.digest, None)
            if kept is not None:
                self._facts -= len(kept.facts)
                if kept.begin == begin:
                    index = kept
                    break
            missing.append(node)
            node = node.before
        facts = [fact for node in reversed(missing) for fact in node.batch if fact is not PAUSE and fact.kind != ECHO]
        return index, facts if index.facts else facts[begin:]

    def __deepcopy__(self, memo: object) -> WordIndexes:
        return WordIndexes(self._latest)
