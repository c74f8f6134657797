"""The one event loop of a runtime: begun when somebody first needs it, closed by whoever comes first."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from troupe_core.sync import First, LoopFactory, LoopThread


class Loop:
    """A runtime that is asked for nothing has no thread, and does not load asyncio."""

    def __init__(self, factory: LoopFactory | None, first: Callable[[], First | None]) -> None:
        """`first` gives what the loop does before anything else, or None if there is nothing to do."""
        self._factory = factory
        self._first = first
        self._thread: LoopThread | None = None
        self._lock = threading.RLock()
        self.closing = False
        """Whether somebody has begun to close it."""

    @property
    def thread(self) -> LoopThread:
        """The thread that it runs in."""
        with self._lock:
            if self._thread is None:
                from troupe_core.sync import LoopThread

                self._thread = LoopThread(self._factory, self._first())
                weakref.finalize(self, self._thread.close)  # a runtime that nobody closed must not leave a thread
                if self.closing:
                    self._thread.close()
            return self._thread

    @property
    def closed(self) -> bool:
        """Whether it has come to its end."""
        return self._thread is not None and self._thread.closed

    def begin_with(self, first: First) -> None:
        """If it runs already, it does this before whatever is asked for from now on."""
        with self._lock:
            if self._thread is not None:
                self._thread.begin_with(first)

    def close(self, shut: Callable[[], Coroutine[Any, Any, None]], needless: Callable[[], bool]) -> None:
        """Do `shut` on the loop, then end it. Who comes second waits for the first. A loop that was never begun is not
        begun for this, if `needless` says that there is nothing to shut.
        """
        with self._lock:
            if self._thread is None and needless():
                self.closing = True
                return
        thread = self.thread
        if thread.inside or self._is_first_to_close():
            try:
                thread.wait(shut(), "runtime.aclose()")
            finally:
                if not thread.inside:
                    thread.close()
        else:
            thread.gone.wait()

    async def aclose(self, shut: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """The same, awaited."""
        import asyncio

        thread = self.thread
        if self._is_first_to_close():
            try:
                await thread.hop(shut())
            finally:
                thread.close()
        elif not thread.inside:
            await asyncio.get_running_loop().run_in_executor(None, thread.gone.wait)

    def _is_first_to_close(self) -> bool:
        with self._lock:
            first, self.closing = not self.closing, True
            return first
