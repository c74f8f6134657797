"""The thread that writes. It takes whatever has been asked for meanwhile, and does it in one transaction."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from troupe_cache_sqlite.aside import is_corrupt
from troupe_cache_sqlite.bound import Bound
from troupe_cache_sqlite.leases import BEAT, Leases
from troupe_cache_sqlite.orders import Claim, Drop, Flush, Order, Put, Release, Stop, Touch, Work
from troupe_cache_sqlite.troubles import Troubles
from troupe_cache_sqlite.values import Packer, digest

LINGER = 0.01
"""Seconds in which more may come to be written, once something has. To wake a thread costs more than to write a row."""
GLANCE = 0.01
"""Seconds between two looks at what others have written, while somebody waits for it."""
MOST = 1_000
"""Orders of one transaction."""

MOST_HELD = 64 * 2**20
"""Bytes of answers that wait for a disk that is full."""

_COLUMNS = "entry (key, value, model, made, used, kind, namespace, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
KEEP = f"INSERT OR IGNORE INTO {_COLUMNS}"
_REPLACE = f"INSERT OR REPLACE INTO {_COLUMNS}"
_TOUCH = "UPDATE entry SET used = ? WHERE key = ?"
_DROP = "DELETE FROM entry WHERE key = ? AND value = ?"

Answered = list[tuple[Claim, bytes | None]]


class Clerk:
    """Owns the connection that writes. `settled` is told of each answer that is in the file, or lost. An answer that
    cannot be written for now is held, and tried again.
    """

    def __init__(
        self,
        writer: sqlite3.Connection,
        leases: Leases,
        settled: Callable[[bytes], object],
        troubles: Troubles,
        namespace: str,
        bound: Bound | None,
    ) -> None:
        self.held: list[Put] = []
        """What could not be written yet. Nobody else looks at it before the end."""
        self._db = writer
        self._leases = leases
        self._settled = settled
        self._troubles = troubles
        self._namespace = namespace
        self._bound = bound
        self._orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
        self._hurry = threading.Event()
        self._packer = Packer()
        self._owed: list[Release] = []
        self._waiting: dict[int, Claim] = {}
        self._beaten = self._tried = 0.0
        self._looked: tuple[object, float] = (None, 0.0)
        self._thread = threading.Thread(target=self._serve, name="troupe-cache", daemon=True)
        self._thread.start()

    def order(self, order: Order) -> None:
        """Ask for something; it is done soon, and in order."""
        self._orders.put(order)
        if isinstance(order, Claim | Flush | Stop):
            self._hurry.set()

    def stop(self) -> None:
        """Write what is left, and end."""
        self.order(Stop())
        if threading.current_thread() is not self._thread:  # which may be the one that collects the garbage
            self._thread.join()

    # -- the thread ---------------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        going_on = True
        while going_on:
            orders = self._next()
            going_on = not any(isinstance(order, Stop) for order in orders)
            self._do(orders)
            self._look_again()
            self._try_again(at_once=any(isinstance(order, Flush | Stop) for order in orders))
            self._beat()
            for order in orders:
                if isinstance(order, Flush):
                    order.done.set()
        self._answer([(claim, None) for claim in self._waiting.values()])
        if self.held and self._troubles.corrupt is None:
            self._troubles.gave_up(len(self.held))
        with suppress(sqlite3.Error):
            self._leases.leave(self._db)
        self._db.close()

    def _next(self) -> list[Order]:
        """What has been asked for; nothing, if it is time to look around."""
        orders: list[Order] = []
        with suppress(queue.Empty):
            orders.append(self._orders.get(timeout=GLANCE if self._waiting else BEAT))
            self._hurry.wait(LINGER)
            self._hurry.clear()
            while len(orders) < MOST:
                orders.append(self._orders.get_nowait())
            self._hurry.set()  # there may be more
        return orders

    def _do(self, orders: Sequence[Order]) -> None:
        """One transaction. If it fails nobody waits for anything: who wanted to ask may ask."""
        work: list[Work] = [*self._owed, *(order for order in orders if not isinstance(order, Flush | Stop))]
        if not work:
            return
        puts = [order for order in work if isinstance(order, Put)]
        self._owed = []
        try:
            self._answer(self._transact(work))
        except Exception as error:  # a full disk, a file that may not be written, or a fault of ours: nobody must hang
            with suppress(sqlite3.Error):
                self._db.rollback()
            self._answer([(order, None) for order in work if isinstance(order, Claim)])
            given_back = [order for order in work if isinstance(order, Put | Release)]
            known = self._leases.held | self._waiting.keys()
            self._owed = [Release(it.key, it.ticket) for it in given_back if it.ticket in known]
            self._hold(puts, error)
        else:
            for put in puts:
                self._settled(put.key)
            if puts and self._bound is not None:
                self._make_room(self._bound)

    def _make_room(self, bound: Bound) -> None:
        try:
            if not bound.keep(self._db):
                self._troubles.full_of_use(bound.megabytes)
        except sqlite3.Error as error:  # the next answer may have more luck
            with suppress(sqlite3.Error):
                self._db.rollback()
            self._troubles.writing(error, held=True)

    def _hold(self, puts: Sequence[Put], error: Exception) -> None:
        """Until there is room, or the file may be written, or another one takes its place."""
        mends = isinstance(error, sqlite3.OperationalError) or is_corrupt(error)
        self._troubles.writing(error, held=mends)
        if not mends:
            self._lose(puts)
            return
        self.held += puts
        size, most = 0, len(self.held)
        while most and size <= MOST_HELD:
            most -= 1
            size += len(self.held[most].plain)
        self._lose(self.held[:most])
        del self.held[:most]

    def _lose(self, puts: Sequence[Put]) -> None:
        self._troubles.lost(len(puts))
        for put in puts:
            self._settled(put.key)

    def _try_again(self, *, at_once: bool) -> None:
        now = time.monotonic()
        if self.held and (at_once or now - self._tried > BEAT) and self._troubles.corrupt is None:
            self._tried = now
            held, self.held = self.held, []
            self._do(held)

    def _transact(self, work: Sequence[Work]) -> Answered:
        packed = [self._packer.pack(order.plain) if isinstance(order, Put) else b"" for order in work]
        answered: Answered = []
        waiting, over = dict(self._waiting), set[int]()
        now = time.time()
        used = int(now) if self._bound is None else self._bound.now()
        self._db.execute("BEGIN IMMEDIATE")
        for order, value in zip(work, packed, strict=True):
            match order:
                case Claim():
                    settled, found = self._leases.claim(self._db, order.key, order.ticket, now)
                    if settled:
                        answered.append((order, found))
                    else:
                        waiting[order.ticket] = order
                case Put():
                    self._db.execute(_REPLACE if order.replace else KEEP, self._row(order, value, int(now), used))
                    self._leases.release(self._db, order.key, order.ticket)
                    over.add(order.ticket)
                case Release():
                    waiting.pop(order.ticket, None)
                    self._leases.release(self._db, order.key, order.ticket)
                    over.add(order.ticket)
                case Drop():
                    self._db.execute(_DROP, (order.key, order.value))
                case Touch():
                    self._db.executemany(_TOUCH, [(used, key) for key in order.keys])
        self._db.execute("COMMIT")
        self._waiting = waiting
        self._leases.held.update(claim.ticket for claim, found in answered if found is None)
        self._leases.held.difference_update(over)
        return answered

    def _row(self, put: Put, value: bytes, made: int, used: int) -> tuple[object, ...]:
        name = digest(put.key, put.kind, self._namespace, value)
        return put.key, value, put.model, made, used, put.kind, self._namespace, name

    def _answer(self, answered: Answered) -> None:
        """Hand over all at once: each call wakes the loop."""
        by_loop: dict[asyncio.AbstractEventLoop, Answered] = {}
        for claim, found in answered:
            by_loop.setdefault(claim.answered.get_loop(), []).append((claim, found))
        for loop, settled in by_loop.items():
            with suppress(RuntimeError):  # that loop has ended, and whoever asked with it
                loop.call_soon_threadsafe(_hand_over, settled)

    # -- others -------------------------------------------------------------------------------------------------------

    def _look_again(self) -> None:
        """Whoever waits for others is put in line once more when it is worth it. Reading takes no lock."""
        if not self._waiting:
            return
        try:
            again = self._worth_another_try()
        except sqlite3.Error:
            again = list(self._waiting.values())  # the transaction tells what is wrong
        for claim in again:
            del self._waiting[claim.ticket]
        if again:
            self._do(again)

    def _worth_another_try(self) -> list[Claim]:
        (version,) = self._db.execute("PRAGMA data_version").fetchone()
        now = time.time()
        seen, looked = self._looked
        if version == seen and 0 <= now - looked < BEAT / 4:  # nothing is written when a lease expires
            return []
        self._looked = (version, now)
        return [claim for claim in self._waiting.values() if not self._leases.is_taken(self._db, claim.key, now)]

    def _beat(self) -> None:
        now = time.time()
        if self._leases.held and not 0 <= now - self._beaten < BEAT:
            self._beaten = now
            with suppress(sqlite3.Error):  # the next one may succeed; else others ask as well
                self._leases.live(self._db)


def _hand_over(settled: Answered) -> None:
    """To those who still wait. On their loop."""
    for claim, found in settled:
        if not claim.answered.done():
            claim.answered.set_result(found)
