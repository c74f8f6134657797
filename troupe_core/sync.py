"""One event loop in one thread, and the two ways into it: waiting from plain code, hopping from another loop.

Everything asynchronous of a runtime lives on its loop: handlers, clients, locks. So one implementation serves scripts,
notebooks and servers, and nobody has to know which loop an object belongs to.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from troupe_core.errors import SimulationError, WrongThread

T = TypeVar("T")

LoopFactory = Callable[[], asyncio.AbstractEventLoop]


class LoopThread:
    """Starts its thread at first use."""

    def __init__(self, loop_factory: LoopFactory | None = None) -> None:
        self._factory = loop_factory or asyncio.new_event_loop
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self.closed = False

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self.closed:
                raise SimulationError("the runtime is closed; make another one")
            if self._loop is None:
                self._loop = self._factory()
                self._thread = threading.Thread(target=_serve, args=(self._loop,), name="troupe", daemon=True)
                self._thread.start()
            return self._loop

    @property
    def inside(self) -> bool:
        """Whether the caller runs on the loop's own thread."""
        return self._thread is not None and threading.get_ident() == self._thread.ident

    def wait(self, coroutine: Coroutine[Any, Any, T], twin: str) -> T:
        """Run to the end while the caller waits. After Ctrl-C the work is cancelled, and waited for, first."""
        if self.inside:
            coroutine.close()
            raise WrongThread(
                f"this code already runs on the runtime's event loop, and would wait for itself: use `await {twin}`"
            )
        future = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        try:
            return future.result()
        except KeyboardInterrupt:
            future.cancel()
            self._settle()
            raise

    async def hop(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run on the runtime's loop, awaited from any other. Cancelling the one cancels the other."""
        if self.inside:
            return await coroutine
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, self.loop))

    def _settle(self) -> None:
        """Wait until what was cancelled has been unwound."""
        done = threading.Event()

        async def turn_over() -> None:
            for _ in range(3):  # cancellation passes one task at each turn of the loop
                await asyncio.sleep(0)
            done.set()

        asyncio.run_coroutine_threadsafe(turn_over(), self.loop)
        done.wait(5)

    def close(self) -> None:
        """Cancel what still runs, and end the thread."""
        with self._lock:
            if self.closed:
                return
            self.closed = True
            loop, thread = self._loop, self._thread
            self._loop = None
        if loop is None or thread is None:
            return
        loop.call_soon_threadsafe(loop.stop)
        if threading.get_ident() != thread.ident:
            thread.join()


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
