"""Texts that are embedded, one by one whatever they come with: of a hundred, those are asked for that are not there."""

from __future__ import annotations

import asyncio
import math
from array import array
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from troupe_cache_sqlite.flights import Flight, Flights, refused_to_others
from troupe_cache_sqlite.kinds import VECTOR, Embedded, are_counts
from troupe_core import Call, Embeddings, PluginError, Usage
from troupe_core.llm import batches

if TYPE_CHECKING:
    from troupe_cache_sqlite.cache import Cache
    from troupe_cache_sqlite.plugin import CachedEmbeddings

NO_LEASE = 0
TURN = 64
"""So many texts are looked up before others are let go first."""

Found = dict[bytes, Embedded]


class Vectors:
    """Those of one cache. Within a process a text is under way once; another process may embed it, too, at the same
    time: that costs less than to agree about it, and the first vector stays.
    """

    def __init__(self, cache: Cache, ended: Callable[[], None]) -> None:
        self._cache = cache
        self._tally = cache.tally
        self._flights: Flights[Found] = Flights(ended)

    @property
    def under_way(self) -> int:
        """Batches."""
        return len(self._flights)

    async def cancel(self) -> None:
        """End them all."""
        await self._flights.cancel()

    async def embed(
        self, keys: Sequence[bytes], asker: CachedEmbeddings, texts: Sequence[str], call: Call
    ) -> Embeddings:
        """`keys` are those of the texts."""
        wanted = dict(zip(keys, texts, strict=True))
        found = await self._look_up(wanted, asker.model, call)
        asked = await self._ask({key: text for key, text in wanted.items() if key not in found}, asker, call)
        if len(_sizes(found | asked)) > 1:  # the model is another one now, under the same name, or was so for a time
            if self._cache.replays:
                raise self._cache.missing("vectors of one size", asker.model, keys[0], call, texts[0])
            found = await self._fly({key: wanted[key] for key in found}, asker, call, replace=True)
        elif found:
            tokens = sum(each.tokens for each in found.values())
            self._tally.hits += len(found)
            self._cache.saved(asker.model, call, Usage(tokens))
        found |= asked
        if not found:
            return await asker.inner.embed(texts, call)
        if len(sizes := _sizes(found)) > 1:
            raise PluginError(f"{asker.model} gave vectors of {sorted(sizes)} dimensions; all have to be of one size")
        tokens = sum(each.tokens for each in found.values())
        return Embeddings(tuple(found[key].vector for key in keys), Usage(tokens), found[keys[-1]].model)

    async def _look_up(self, wanted: Mapping[bytes, str], model: str, call: Call) -> Found:
        cache = self._cache
        found: Found = {}
        if not cache.looks_up:
            return found
        for number, (key, text) in enumerate(wanted.items(), 1):
            one = cache.store.get(key, VECTOR)
            if one is not None:
                found[key] = one
            elif cache.replays:
                self._tally.misses += 1
                raise cache.missing("vector", model, key, call, text)
            if number % TURN == 0:
                await asyncio.sleep(0)
        return found

    async def _ask(self, missing: Mapping[bytes, str], asker: CachedEmbeddings, call: Call) -> Found:
        """Those that nobody has asked for yet, at once; for the others wait. What has failed others for a reason
        that need not be ours is asked for by ourselves.
        """
        came: Found = {}
        while left := {key: text for key, text in missing.items() if key not in came}:
            under_way = {key: flight for key in left if (flight := self._flights.get(key)) is not None}
            anew = {key: text for key, text in left.items() if key not in under_way}
            others = list(dict.fromkeys(under_way.values()))
            ours = [self._flights.begin(tuple(anew), call, self._fly(anew, asker, call))] if anew else []
            await self._flights.wait([*others, *ours])
            for flight in ours:
                came |= flight.task.result()
            for flight in others:
                if _may_concern_others_alone(flight, call, left):
                    kept = {key: left[key] for key in flight.keys if key in left}
                    found = await self._look_up(kept, asker.model, call)  # what it came to before it failed
                else:
                    found = {key: one for key, one in flight.task.result().items() if key in left}
                if found:
                    self._tally.waits += len(found)
                    self._cache.saved(asker.model, call, Usage(sum(one.tokens for one in found.values())))
                    came |= found
        return came

    async def _fly(
        self, asked: Mapping[bytes, str], asker: CachedEmbeddings, call: Call, *, replace: bool = False
    ) -> Found:
        """In batches that the embedder takes at once. Each is kept as it comes: a later one may fail."""
        keys = iter(asked)
        came: Found = {}
        for texts in batches(list(asked.values()), *asker.limits):
            made = await self._embed(texts, asker, call)
            for key, one in zip(islice(keys, len(made)), made, strict=True):
                self._keep(key, one, asker.model, replace=replace)
                came[key] = one
        return came

    async def _embed(self, texts: Sequence[str], asker: CachedEmbeddings, call: Call) -> list[Embedded]:
        self._tally.misses += len(texts)
        given = await asker.inner.embed(texts, call)
        vectors = given.vectors
        if len(vectors) != len(texts):
            raise PluginError(f"what is put around {asker.model} gave {len(vectors)} vectors for {len(texts)} texts")
        shares = _shares(given.usage.input, [len(text) for text in texts])
        return [Embedded(vector, tokens, given.model) for vector, tokens in zip(vectors, shares, strict=True)]

    def _keep(self, key: bytes, one: Embedded, model: str, *, replace: bool) -> None:
        if not self._cache.stores:
            return
        if not (_is_plain(one.vector) and are_counts((one.tokens,))):
            self._tally.unfit += 1
        elif self._cache.keep(key, NO_LEASE, VECTOR, one, model, replace=replace):
            self._tally.stores += 1


def _may_concern_others_alone(flight: Flight[Found], call: Call, wanted: Collection[bytes]) -> bool:
    """Whether it has failed because of who began it, or perhaps because of a text that is not among ours."""
    failed = flight.task.exception() is not None
    return refused_to_others(flight, call) or (failed and not all(key in wanted for key in flight.keys))


def _is_plain(vector: Any) -> bool:
    """Whether it can be written, and would be of use."""
    return isinstance(vector, array) and vector.typecode == "f" and bool(vector) and math.isfinite(sum(vector))


def _sizes(found: Found) -> set[int]:
    return {len(one.vector) for one in found.values()}


def _shares(tokens: int, lengths: Sequence[int]) -> list[int]:
    """The tokens of a batch, text by text: providers count them together. They sum up to what was counted."""
    whole, before, so_far = max(sum(lengths), 1), 0, 0
    shares = []
    for length in lengths:
        so_far += length
        until = round(tokens * so_far / whole)
        shares.append(until - before)
        before = until
    return shares
