"""One event loop in one thread, and the two ways into it: waiting from plain code, hopping from another loop.

Everything asynchronous of a runtime lives on its loop: handlers, clients, locks. So one implementation serves scripts,
notebooks and servers, and nobody has to know which loop an object belongs to.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent import futures
from concurrent.futures.thread import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Generic, TypeVar

from troupe_core.errors import SimulationError, TroupeError, WrongThread

T = TypeVar("T")

PATIENCE = 5.0
"""Seconds that closing waits for threads in which something is still done."""

HEARD = 0.1
"""Seconds within which Ctrl-C is noticed, if it does not wake who waits."""

log = logging.getLogger("troupe")

LoopFactory = Callable[[], asyncio.AbstractEventLoop]
First = Callable[[], Coroutine[Any, Any, None]]


class LoopThread:
    """Starts its thread at first use."""

    def __init__(self, loop_factory: LoopFactory | None = None, first: First | None = None) -> None:
        """`first` is done before anything else, and once more by whoever comes next if it fails."""
        self._factory = loop_factory or asyncio.new_event_loop
        self._first = first
        self._beginning: asyncio.Lock | None = None
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._workers = ThreadPoolExecutor(thread_name_prefix="troupe-worker")
        """What `asyncio.to_thread` uses on this loop. It has no thread before somebody needs one."""
        self.closed = False
        self.gone = threading.Event()
        """Set when the thread has ended."""

    def begin_with(self, first: First) -> None:
        """Do this before whatever is asked for from now on."""
        self._first = first

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self.closed:
                raise SimulationError("the runtime is closed; make another one")
            if self._loop is None:
                loop = self._factory()
                loop.set_default_executor(self._workers)
                thread = threading.Thread(target=self._serve, args=(loop,), name="troupe", daemon=True)
                thread.start()
                # Only now: after Ctrl-C in the middle of it, nobody is to wait for a thread that never started.
                self._loop, self._thread = loop, thread
            return self._loop

    @property
    def inside(self) -> bool:
        """Whether the caller runs on the loop's own thread."""
        return threading.current_thread() is self._thread  # not by its number, which the system gives out again

    def wait(self, coroutine: Coroutine[Any, Any, T], twin: str) -> T:
        """Run to the end while the caller waits. After Ctrl-C the work is cancelled, and has been unwound, first."""
        if self.inside:
            coroutine.close()
            raise WrongThread(
                f"this code already runs on the runtime's event loop, and would wait for itself: use `await {twin}`"
            )
        job = self._job(coroutine)
        try:
            job.start()
            job.sit_out()
            return job.result.result()
        except KeyboardInterrupt:
            job.cancel()
            job.sit_out()
            raise

    async def hop(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run on the runtime's loop, awaited from any other. Cancelling the one cancels the other, and waits for it."""
        if self.inside:
            return await coroutine
        job = self._job(coroutine)
        here = asyncio.wrap_future(job.result)
        try:
            job.start()
            return await asyncio.shield(here)
        except asyncio.CancelledError:
            if not here.done():
                job.cancel()
                await asyncio.wait([here])
            here.cancelled() or here.exception()  # seen
            raise

    def _job(self, coroutine: Coroutine[Any, Any, T]) -> Job[T]:
        try:
            return Job(self.loop, coroutine if self._first is None else self._after_first(coroutine))
        except Exception:
            coroutine.close()
            raise

    async def _after_first(self, coroutine: Coroutine[Any, Any, T]) -> T:
        try:
            self._beginning = self._beginning or asyncio.Lock()
            async with self._beginning:
                first = self._first
                if first is not None:
                    await first()
                    self._first = None
        except BaseException:
            coroutine.close()
            raise
        return await coroutine

    def close(self) -> None:
        """Cancel what still runs, and end the thread."""
        with self._lock:
            if self.closed:
                return
            self.closed = True
            loop, thread = self._loop, self._thread
            self._loop = None
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            if threading.current_thread() is not thread:
                thread.join()
        self.gone.set()

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        try:
            while not self.closed:
                with suppress(SystemExit):  # of a task that a stranger left behind; everybody else goes on
                    loop.run_forever()
            told: set[asyncio.Task[Any]] = set()
            while left := asyncio.all_tasks(loop):
                for task in left - told:  # once each: who is cleaning up must not be cancelled in the middle of it
                    task.cancel()
                told |= left
                with suppress(SystemExit):
                    loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            loop.run_until_complete(loop.shutdown_asyncgens())
            self._wait_for_threads()
        finally:
            loop.close()

    def _wait_for_threads(self) -> None:
        """For what plugins do in threads, but not for ever: one that is stuck must not hold up who closes a runtime."""
        waiting = threading.Thread(target=self._workers.shutdown, name="troupe-closing", daemon=True)
        with suppress(RuntimeError):  # at the end of a program no thread can begin, and these have been waited for
            waiting.start()
            waiting.join(PATIENCE)
            if waiting.is_alive():
                log.warning("the runtime is closed, and something that was begun in a thread has not ended yet")


class Job(Generic[T]):
    """A coroutine on its way through a loop of another thread, in the context of the caller."""

    def __init__(self, loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, T]) -> None:
        self.result: futures.Future[T] = futures.Future()
        self.result.add_done_callback(self._end)
        self._over = False
        self._ending = threading.Lock()
        self._ending.acquire()
        self._loop = loop
        self._coroutine = coroutine
        self._task: asyncio.Task[T] | None = None

    def start(self) -> None:
        self._loop.call_soon_threadsafe(self._start)

    def cancel(self) -> None:
        """Ask it to stop; `result` tells when it has."""
        self._loop.call_soon_threadsafe(self._cancel)

    def sit_out(self) -> None:
        """Wait until there is a result; Ctrl-C is heard, and breaks nothing.

        Not by `result`: its lock is made of Python, and Ctrl-C in the middle of that would leave it locked for ever.
        And not in one sleep: Ctrl-C does not wake whom it meets on the point of falling asleep, nor anybody if the
        system tells another thread of it.
        """
        while not self._over:
            self._ending.acquire(timeout=HEARD)

    def _end(self, result: futures.Future[T]) -> None:
        self._over = True
        self._ending.release()

    async def _contained(self) -> T:
        try:
            return await self._coroutine
        except SystemExit as error:  # a stranger's; it would end the loop, and with it everything that runs here
            raise TroupeError(
                f"something that was called here wanted to end the process: SystemExit({error})"
            ) from error

    def _start(self) -> None:
        self._task = self._loop.create_task(self._contained())
        self._task.add_done_callback(self._finish)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
        else:  # interrupted before it was under way
            self._coroutine.close()
            self.result.set_exception(futures.CancelledError())

    def _finish(self, task: asyncio.Task[T]) -> None:
        if task.cancelled():
            self.result.set_exception(futures.CancelledError())
        elif (error := task.exception()) is not None:
            self.result.set_exception(error)
        else:
            self.result.set_result(task.result())
