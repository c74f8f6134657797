"""Finding facts by their words: the rarer a shared word, the more it counts; of equals, the newer comes first.

An index is a cache over a chain of memory nodes and no part of any state. It moves along as its chain grows; one that
is missing (after a fork, or when too many people remember at once) is made anew from the facts.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from heapq import nlargest
from typing import TYPE_CHECKING

from troupe_core.people.memory import PAUSE, Recalled
from troupe_core.people.words import words

if TYPE_CHECKING:
    from troupe_core.builtin.episodic import Node
    from troupe_core.events import Fact

KEPT = 128
"""So many people's indexes are kept at a time."""
EFFORT = 4_000
"""So many places are looked at for one query, those of rare words first: what everybody says finds nothing."""
PASSING_EFFORT = 60
"""The same, for what comes to mind in passing."""


class WordIndex:
    """The places of each word in a growing list of facts."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.places: dict[str, list[int]] = {}

    def add(self, fact: Fact) -> None:
        place = len(self.facts)
        self.facts.append(fact)
        for word in words(f"{fact.source} {fact.content}"):
            self.places.setdefault(word, []).append(place)

    def search(self, query: str, k: int, most: int) -> list[Recalled]:
        """The best `k`, after looking at `most` places, or at those of the rarest word."""
        total = len(self.facts)
        known = sorted((len(self.places[word]), word) for word in words(query) if word in self.places)
        scores: dict[int, float] = {}
        effort = 0
        for often, word in known:
            if scores and effort + often > most:
                break
            effort += often
            weight = math.log1p(total / often) if often < total or total == 1 else 0.0
            if weight:
                for place in self.places[word]:
                    scores[place] = scores.get(place, 0.0) + weight
        best = nlargest(k, ((score, place) for place, score in scores.items()))
        return [Recalled(self.facts[place], score) for score, place in best]


class WordIndexes:
    """By the last node of a chain."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, tuple[Node, WordIndex]] = OrderedDict()
        self._lock = threading.Lock()

    def search(self, last: Node | None, query: str, k: int, most: int) -> list[Recalled]:
        if last is None or k < 1:
            return []
        with self._lock:
            return self._index(last).search(query, k, most)

    def _index(self, last: Node) -> WordIndex:
        missing: list[Node] = []
        node: Node | None = last
        index: WordIndex | None = None
        while node is not None:
            kept = self._kept.pop(id(node), None)
            if kept is not None:  # the node is kept too, so that its id means it
                index = kept[1]
                break
            missing.append(node)
            node = node.before
        index = index or WordIndex()
        for node in reversed(missing):
            for fact in node.batch:
                if fact is not PAUSE:
                    index.add(fact)
        self._kept[id(last)] = (last, index)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return index

    def __deepcopy__(self, memo: object) -> WordIndexes:
        return WordIndexes()
