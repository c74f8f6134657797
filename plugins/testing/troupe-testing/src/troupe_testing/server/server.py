"""The server in this process, on a loop of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Future
from types import TracebackType
from typing import Self

from troupe_core import ArgumentError
from troupe_testing.latency import Distribution
from troupe_testing.server.dialect import Dialect, OpenAIDialect
from troupe_testing.server.faults import Fault, Rule
from troupe_testing.server.replies import Answer, usual
from troupe_testing.server.requests import Request
from troupe_testing.server.service import Service, Settings
from troupe_testing.server.tally import Stats


class ProtocolServer:
    """Serves while its `with` block lasts (`async with` is the same), in a thread; only this machine can reach it.

    `answer` makes an answer from a request's body: text, a mapping (sent as JSON) or a `Reply`, awaited if need be, on
    the server's loop. Without one the answer is a function of the request that fits its schema. `latency` is in
    seconds: a number, or a distribution such as `lognormal(0.5)`, drawn by `seed` and request. `faults` are rules;
    `keys` those that are accepted (None: any, or none); `models` those that there are (None: any); `keep` how many
    requests are captured, the latest.
    """

    def __init__(
        self,
        answer: Answer = usual,
        *,
        latency: float | Distribution = 0.0,
        seed: int = 0,
        faults: Iterable[Rule] = (),
        keys: Collection[str] | None = None,
        models: Collection[str] | None = None,
        keep: int = 1_000,
        port: int = 0,
    ) -> None:
        if isinstance(keys, str):
            raise ArgumentError('keys is a collection of keys; write keys={"…"} around a single one')
        if isinstance(models, str):
            raise ArgumentError('models is a collection of names; write models=["…"] around a single one')
        settings = Settings(
            answer=answer,
            latency=latency,
            seed=seed,
            keys=None if keys is None else frozenset(keys),
            models=None if models is None else tuple(models),
            keep=keep,
        )
        self._service = Service(settings, faults, self._dialect(settings))
        self._port = port
        self._url = ""
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    def _dialect(self, settings: Settings) -> Dialect:
        return OpenAIDialect(settings)

    @property
    def url(self) -> str:
        """Such as `http://127.0.0.1:40123`."""
        if not self._url:
            raise RuntimeError("the server has no address before it is started: with ProtocolServer() as server: …")
        return self._url

    @property
    def base_url(self) -> str:
        """What OpenAI's clients want to be given."""
        return f"{self.url}/v1"

    @property
    def requests(self) -> tuple[Request, ...]:
        """Those that came in, in the order of their arrival; the latest, if there were more than `keep`."""
        return tuple(self._service.captured)

    @property
    def stats(self) -> Stats:
        return self._service.stats()

    def inject(
        self, fault: Fault, *, every: int = 1, times: int | None = None, when: Callable[[Request], bool] | None = None
    ) -> Rule:
        """Add a rule; see `Rule`. It comes after those that are there, and its `hits` tell how often it has hit."""
        rule = Rule(fault, every=every, times=times, when=when)
        self._service.rules.append(rule)
        return rule

    def heal(self) -> None:
        """Remove all rules."""
        self._service.rules.clear()

    def reset(self) -> None:
        """Forget what was counted and captured. Rules stay."""
        self._on_loop(self._service.reset)

    # -- life ---------------------------------------------------------------------------------------------------------

    def start(self) -> Self:
        """Listen. Without a `with` block, `close` has to follow."""
        if self._thread is not None:
            raise RuntimeError("this server was started before; make another one")
        started: Future[str] = Future()
        self._thread = threading.Thread(target=self._run, args=(started,), name="troupe-protocol-server", daemon=True)
        self._thread.start()
        self._url = started.result()
        return self

    def close(self) -> None:
        """Let everybody go, and end."""
        if self._thread is not None and self._thread.is_alive():
            if self._loop is not None and self._stopping is not None:
                self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()

    def _run(self, started: Future[str]) -> None:
        try:
            asyncio.run(self._serve(started))
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    async def _serve(self, started: Future[str]) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        try:
            started.set_result(await self._service.start(self._port))
            await self._stopping.wait()
        finally:
            await self._service.stop()

    def _on_loop(self, work: Callable[[], None]) -> None:
        """Do it where everything else is done, and wait for it."""
        if self._loop is None or self._loop.is_closed():
            work()
            return

        async def do() -> None:
            work()

        asyncio.run_coroutine_threadsafe(do(), self._loop).result()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.start)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.close)
