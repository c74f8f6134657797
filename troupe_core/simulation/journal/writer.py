"""The one thread that writes a journal. It takes whatever is queued as one transaction; what is on disk after any crash
is a prefix of what was put, so that nothing there names something absent.

If a write fails (a full disk), the batch goes back to the front of the queue, whoever waits for it gets the error, and
the next attempt takes it along: nothing that was put is lost as long as the process lives.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from troupe_core.errors import JournalError
from troupe_core.simulation.journal.rows import Group, Removed, Rows

Told = Callable[[Exception | None], None]

BACKLOG = 500
"""So many groups may be waiting; then plain code that puts more waits too. Turns wait for their answers anyway."""

_ADVICE = ". Nothing is lost as long as this process lives: it is written as soon as there is room again."

PATIENCE = 0.5
"""Seconds until a write that failed is tried again, if nobody asks for it sooner."""


class Writer:
    """First in, first out."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.waiting: dict[bytes, bytes] = {}
        """Rows that are not on disk yet; they can be read here."""
        self.error: Exception | None = None
        """Why the last write failed; None if it did not."""
        self._queue: deque[Group] = deque()
        self._writing = False
        self._tide: _Tide | None = None
        self._told: list[Told] = []
        self._folds: list[Told] = []
        self._changed = threading.Condition()
        self._nudger: asyncio.AbstractEventLoop | None = None
        self._closing = False
        self._afterwards: Callable[[], None] | None = None
        self.wrote = False
        """Whether anything was ever put here."""
        self.ended = False
        self._thread = threading.Thread(target=self._work, name="troupe-journal", daemon=True)
        self._thread.start()

    def put(self, group: Group, *, later: bool = False) -> None:
        """On an event loop, what is put in one round of it is handed over together: one batch costs much less than
        many. What is put for `later` goes along with the next group that is not.
        """
        self.check()
        self.wrote = True
        self.waiting.update(group.rows)
        self._queue.append(group)
        if not later:
            self._hand_over()

    def _hand_over(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._nudge()
            return
        if self._nudger is not loop:  # that one may be waiting for this one, and come to nothing
            self._nudger = loop
            loop.call_soon(self._nudge)

    def ease(self) -> None:
        """Whoever makes ten thousand people in a loop is not to pile them up here: plain code waits a while."""
        if len(self._queue) <= BACKLOG or self.error is not None or self.inside:
            return
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            with suppress(JournalError):  # it is written as soon as there is room; who has to know it asks
                self.flush()

    def _nudge(self) -> None:
        self._nudger = None
        with self._changed:
            self._changed.notify()

    def tell(self, told: Told) -> None:
        """Call that when everything put so far is on disk, or could not be written."""
        with self._changed:
            self._check()
            self._told.append(told)
            self._changed.notify()

    def fold(self, told: Told) -> None:
        """Bring everything put so far into the main file, make the second copy, then call that."""
        with self._changed:
            self._check()
            self._folds.append(told)
            self._changed.notify()

    def check(self) -> None:
        """An error if nothing can be recorded any more."""
        if self.ended:
            self._check()

    def _check(self) -> None:
        if self.ended:
            raise JournalError(
                f"the writer of {self.rows.path} has ended{f' ({self.error})' if self.error else ''}, and nothing more "
                "can be recorded; what was written is whole: open the file again"
            )

    async def durable(self) -> None:
        """Return when everything put so far is on disk. All who wait for one batch are woken together."""
        loop = asyncio.get_running_loop()
        with self._changed:
            if not self._queue and not self._writing:
                return
            self._check()
            done: asyncio.Future[None] = loop.create_future()
            tide = self._tide
            if tide is None or tide.loop is not loop:
                tide = self._tide = _Tide(loop)
                self._told.append(tide.told)
            tide.waiting.append(done)
        self._hand_over()
        await done

    def flush(self) -> None:
        """The same, from plain code."""
        _waited(self.tell)

    def fold_now(self) -> None:
        _waited(self.fold)

    # -- in the thread ------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            while self._once():
                pass
        except BaseException as error:
            self.error = error if isinstance(error, Exception) else RuntimeError(repr(error))
            raise
        finally:
            with self._changed:
                self.ended = True
                left, self._told, self._folds = self._told + self._folds, [], []
            for told in left:
                told(JournalError(f"the writer of {self.rows.path} has died: {self.error!r}"))
            if self._afterwards is not None:
                self._afterwards()

    def _once(self) -> bool:
        with self._changed:
            while not (self._queue or self._told or self._folds or self._closing):
                self._changed.wait()
            if self.error is not None and not (self._told or self._folds or self._closing):
                self._changed.wait(PATIENCE)
            told, self._told = self._told, []  # before the queue: they wait for what is in it
            self._tide = None
            folds, self._folds = self._folds, []
            batch = [self._queue.popleft() for _ in range(len(self._queue))]  # others append to it meanwhile
            self._writing = True
            closing = self._closing
        try:
            self._write(batch)
            if folds:
                self.rows.fold()
        except (sqlite3.Error, OSError) as error:
            self.error = error
            advice = "" if isinstance(error, Removed) else _ADVICE
            problem: Exception | None = JournalError(f"cannot write the journal {self.rows.path}: {error}{advice}")
        except BaseException:  # the thread ends, and `_work` tells everybody
            with self._changed:
                self._told[:0], self._folds[:0] = told, folds
            raise
        else:
            problem = self.error = None
        self._writing = False
        for each in (*told, *folds):
            each(problem)
        return not (closing and (problem is not None or not self._queue))

    def _write(self, batch: list[Group]) -> None:
        if not batch:
            return
        try:
            self.rows.write(batch)
        except BaseException:
            with self._changed:
                self._queue.extendleft(reversed(batch))
            raise
        waiting = self.waiting
        for group in batch:
            for key, value in group.rows:
                if waiting.get(key) is value:
                    del waiting[key]

    @property
    def inside(self) -> bool:
        """Whether the caller is that thread."""
        return threading.current_thread() is self._thread

    def close_later(self, afterwards: Callable[[], None]) -> None:
        """Write what is queued, end, and call that."""
        self._afterwards = afterwards
        self._closing = True

    def close(self) -> None:
        """Write what is queued, and end. What cannot be written is an error, after everything was let go of."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()
        if self._queue:
            lost = sum(len(group.rows) for group in self._queue)
            raise JournalError(f"{lost} rows could not be written to the journal {self.rows.path}: {self.error}")


class _Tide:
    """All who wait on one loop for one batch."""

    __slots__ = ("loop", "waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.waiting: list[asyncio.Future[None]] = []

    def told(self, error: Exception | None) -> None:
        try:
            self.loop.call_soon_threadsafe(self._wake, error)
        except RuntimeError:  # the loop has been closed meanwhile, and nobody waits any more
            return

    def _wake(self, error: Exception | None) -> None:
        for done in self.waiting:
            if done.done():
                continue
            if error is not None:
                done.set_exception(error)
            else:
                done.set_result(None)


def _waited(ask: Callable[[Told], None]) -> None:
    done = threading.Event()
    errors: list[Exception | None] = []

    def told(error: Exception | None) -> None:
        errors.append(error)
        done.set()

    ask(told)
    done.wait()
    if errors[0] is not None:
        raise errors[0]
