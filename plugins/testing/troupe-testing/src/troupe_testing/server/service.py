"""The server on its loop: who is answered what."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

import attrs
import orjson

from troupe_core import ArgumentError, Stream
from troupe_testing.latency import Distribution
from troupe_testing.server.connection import Connection, Received
from troupe_testing.server.dialect import Dialect, OpenAIDialect, not_found
from troupe_testing.server.exchange import Exchange
from troupe_testing.server.faults import Rule
from troupe_testing.server.replies import Answer, usual
from troupe_testing.server.requests import Request, without_secrets
from troupe_testing.server.responses import Refused, Response, error
from troupe_testing.server.tally import Stats, Tally

log = logging.getLogger("troupe.testing")

HOST = "127.0.0.1"
BACKLOG = 1_024


@attrs.frozen(kw_only=True)
class Settings:
    """How a server behaves; `ProtocolServer` says what each means."""

    answer: Answer = usual
    latency: float | Distribution = 0.0
    seed: int = 0
    keys: frozenset[str] | None = None
    models: tuple[str, ...] | None = None
    keep: int = 1_000

    def __attrs_post_init__(self) -> None:
        if not callable(self.answer):
            raise ArgumentError(f"answer is a function of a request's body, not {self.answer!r}")
        if not callable(self.latency) and not self.latency >= 0:
            raise ArgumentError(f"latency is seconds, or a distribution of them, not {self.latency!r}")


class Service:
    """Everything but `stats` and `requests` happens on its loop."""

    def __init__(self, settings: Settings, rules: Iterable[Rule] = (), dialect: Dialect | None = None) -> None:
        self.settings = settings
        self.dialect: Dialect = dialect or OpenAIDialect(settings)
        self.rules = list(rules)
        self.tally = Tally()
        self.captured: deque[Request] = deque(maxlen=settings.keep)
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None
        self._number = 0
        self._asked: Counter[bytes] = Counter()

    async def start(self, port: int = 0) -> str:
        """Its address."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), HOST, port, backlog=BACKLOG)
        return f"http://{HOST}:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Everybody is let go, whoever hangs too."""
        if self._server is not None:
            self._server.close()
        serving = [connection.task for connection in self._connections if connection.task is not None]
        while self._connections:  # ones that were just being accepted come in meanwhile
            for connection in self._connections:
                connection.abort()
            await asyncio.sleep(0)
        await asyncio.gather(*serving, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()

    def enter(self, connection: Connection) -> None:
        self._connections.add(connection)
        self.tally.connections += 1
        self.tally.connected = len(self._connections)

    def leave(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self.tally.connected = len(self._connections)

    def reset(self) -> None:
        """Forget what was counted and captured. Rules go on counting."""
        self.tally.reset()
        self.captured.clear()

    def stats(self) -> Stats:
        return self.tally.stats()

    # -- a request ----------------------------------------------------------------------------------------------------

    async def serve(self, received: Received, connection: Connection) -> None:
        """Answer it, in whatever way."""
        path, _, query = received.target.decode("latin-1").partition("?")
        if path in ("/stats", "/reset"):
            await self._own_page(path, received, connection)
            return
        self._number += 1
        body = _parsed(received.body)
        request = Request(
            self._number, received.method, path, query, without_secrets(received.headers), body, time.time()
        )
        self.captured.append(request)
        self.tally.begin(path)
        key = self.dialect.key_in(received.headers)
        exchange = Exchange(
            request,
            connection,
            lambda request: self._answer(request, key),
            self.dialect.error,
            keep_alive=received.keep_alive,
        )
        try:
            fault = self._fault_for(request)
            if self.settings.latency:
                await asyncio.sleep(self._delay(received.body))
            if fault is not None:
                await fault.play(exchange)
            else:
                await exchange.send(await exchange.answer())
        except Exception as problem:  # of what the test has given: answer, latency, a rule or a fault
            log.exception("the protocol server cannot answer request %d", request.number)
            if exchange.begun:
                exchange.reset()
            else:
                await exchange.send(self._failed(problem))
        finally:
            self.tally.end()

    def _failed(self, problem: Exception) -> Response:
        """Asking again would not help, and OpenAI's clients heed that."""
        told = f"The test's own answer, latency, rule or fault failed: {type(problem).__name__}: {problem}"
        return self.dialect.error(500, told, code="test_failed", headers={"x-should-retry": "false"})

    async def _own_page(self, path: str, received: Received, connection: Connection) -> None:
        request = Request(0, received.method, path, "", {}, None, time.time())
        if path == "/reset" and received.method == "POST":
            self.reset()
        elif path == "/reset" or received.method != "GET":
            await self._say(request, connection, not_found(request), received)
            return
        await self._say(request, connection, Response(200, (stats_as_json(self.stats()),)), received)

    async def _say(self, request: Request, connection: Connection, response: Response, received: Received) -> None:
        async def answer(request: Request) -> Response:
            return response

        await Exchange(request, connection, answer, error, keep_alive=received.keep_alive).send(response)

    def _fault_for(self, request: Request) -> Any:
        hitting = [rule for rule in self.rules if rule.hits_now(request)]  # each counts, whoever comes first
        if not hitting:
            return None
        hitting[0].hits += 1
        return hitting[0].fault

    def _delay(self, body: bytes) -> float:
        """A function of seed and request, and of how often the same was asked: a second try may be luckier."""
        latency = self.settings.latency
        if not callable(latency):
            return latency
        name = blake2b(body, digest_size=16).digest()
        self._asked[name] += 1
        return latency(Stream(self.settings.seed, name.hex(), "latency", self._asked[name]))

    async def _answer(self, request: Request, key: str) -> Response:
        try:
            return await self.dialect.answer(request, key)
        except Refused as refused:
            return refused.response


def stats_as_json(stats: Stats) -> bytes:
    return orjson.dumps(attrs.asdict(stats), option=orjson.OPT_NON_STR_KEYS)


def _parsed(body: bytes) -> Any:
    if not body:
        return None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace")
