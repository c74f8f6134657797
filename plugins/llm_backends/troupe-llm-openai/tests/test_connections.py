"""How many connections there are, how long they live, and what ends a request."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any, ClassVar

import attrs
import openai
import pytest

import troupe_llm_openai
from troupe_core import Budget, ConnectionFailed, ModelCall, Runtime, Simulation, TinyPerson, hookimpl
from troupe_llm_openai.http import http_client
from troupe_llm_openai.sdk import Client, http_library
from troupe_testing.server import Hang, ProtocolServer


def test_a_hundred_at_once_over_a_few_connections(serve: Any):
    server, asking = serve(max_connections=8, server={"latency": 0.005})
    answers = asking.ask_many(100)
    assert [answer.text for answer in answers] == [f"Yes: Question {number}" for number in range(100)]
    assert server.stats.connections <= 8
    assert server.stats.peak <= 8


def test_who_waits_for_a_connection_is_not_timed(serve: Any):
    server, asking = serve(max_connections=1, timeout=1.0, server={"latency": 0.15})
    assert all(answer.text for answer in asking.ask_many(10)), "in 1.5 s"
    assert server.stats.peak == 1


def test_connections_are_used_again_round_after_round(serve: Any):
    server, asking = serve(server={"latency": 0.02})
    for _ in range(3):
        asking.ask_many(10)
    assert server.stats.requests == 30
    assert server.stats.connections == 10


def test_a_cancelled_call_ends_its_request(serve: Any):
    server, asking = serve(max_connections=1)
    server.inject(Hang(), times=1)

    async def cancelled() -> bool:
        call = asyncio.ensure_future(asking.handler.complete(asking.request(), asking.call))
        await until(lambda: server.stats.in_flight == 1)
        call.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await call
        await until(lambda: server.stats.in_flight == 0)
        return call.cancelled()

    assert asking.run(cancelled)
    assert asking.ask().text, "its place is free"


class Spending:
    """Keeps what each attempt has cost."""

    config: ClassVar[Any] = {"prices": {"openai/test-model": {"input": 2, "output": 8}}}

    def __init__(self) -> None:
        self.costs: list[int | None] = []

    @hookimpl
    def troupe_event(self, event: object) -> None:
        if isinstance(event, ModelCall):
            self.costs.append(event.cost)


def test_who_is_called_off_while_waiting_for_a_connection_pays_nothing(serve: Any):
    spending = Spending()
    server, asking = serve(plugins=(spending,), config=spending.config, max_connections=1)
    server.inject(Hang())

    async def called_off() -> None:
        calls = [asyncio.ensure_future(asking.handler.complete(asking.request(), asking.call)) for _ in range(3)]
        await until(lambda: server.stats.in_flight == 1)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    asking.run(called_off)
    assert [bool(cost) for cost in spending.costs] == [True]
    assert server.stats.requests == 1


def test_who_cannot_reach_the_server_in_time_pays_nothing(make_asking: Any):
    """Its queue is full: whoever comes is not even turned away."""
    spending = Spending()
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, contextlib.ExitStack() as waiting:
        for _ in range(2):
            first = waiting.enter_context(socket.socket())
            first.setblocking(False)
            first.connect_ex(full.getsockname())
        address = f"http://127.0.0.1:{full.getsockname()[1]}/v1"
        asking = make_asking(spending, config=spending.config, base_url=address, connect_timeout=0.05)
        with pytest.raises(ConnectionFailed, match=r"reached in time.*settings\.openai\.connect_timeout"):
            asking.ask()
    assert spending.costs == [0]


async def until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110 - it comes true in the server's thread
        await asyncio.sleep(0.001)


def test_a_runtime_that_closes_closes_its_connections(serve: Any):
    server, asking = serve()
    asking.ask()
    asking.runtime.close()
    asking.runtime.close()
    assert server.stats.connections == 1


def test_a_runtime_that_nobody_closes_closes_its_connections_too(monkeypatch: pytest.MonkeyPatch):
    closed: list[Client] = []

    async def aclose(client: Client) -> None:
        await client.sdk.close()
        closed.append(client)

    monkeypatch.setattr(Client, "aclose", aclose)
    with ProtocolServer() as server:
        settings = {"openai": {"base_url": server.base_url}}
        runtime = Runtime(plugins=[troupe_llm_openai], autoload=False, config={}, settings=settings)
        TinyPerson("Ada", model="openai/any", simulation=Simulation(runtime=runtime, budget=Budget(calls=1))).act()
        runtime.thread.close()  # as when it is forgotten, or Python ends
    assert [client.sdk.is_closed() for client in closed] == [True]


def test_two_runtimes_have_a_client_each(serve: Any, make_asking: Any):
    server, one = serve()
    other = make_asking(base_url=server.base_url)
    assert one.ask().text == other.ask().text
    one.runtime.close()
    assert other.ask().text


def test_nothing_of_the_sdk_is_imported_before_it_is_needed():
    program = (
        "import sys, troupe_llm_openai; from troupe_core import Runtime, BackendSpec\n"
        "with Runtime(autoload=False, plugins=[troupe_llm_openai], config={}) as runtime:\n"
        "    runtime.make(BackendSpec, 'openai'); runtime.llm_handler('openai/any')\n"
        "assert not {'openai', 'aiohttp', 'httpx', 'httpx2', 'pydantic'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_it_is_found_when_it_is_installed():
    with Runtime(config={}, settings={"openai": {"timeout": 3}}) as runtime:
        assert "llm-openai" in runtime.plugins.origins
        assert not runtime.failures


httpx = http_library()
TIMEOUT = httpx.Timeout(None, connect=3)
PLAIN = {"content": b"{}", "headers": [("Accept", "any"), ("Authorization", "Bearer x")], "timeout": TIMEOUT}


@pytest.mark.parametrize(
    "given",
    [
        PLAIN,
        PLAIN | {"params": "api-version=1"},
        PLAIN | {"headers": httpx.Headers({"user-agent": "mine"}), "files": None},
        PLAIN | {"timeout": 3.0},
        PLAIN | {"content": None, "json": {"a": 1}},
        PLAIN | {"content": None, "headers": None},
    ],
    ids=["plain", "query", "headers", "seconds", "json", "nothing"],
)
def test_a_request_is_made_as_the_sdks_own_client_makes_it(given: Any):
    ours, own = http_client(httpx), openai.DefaultAioHttpClient()
    for client in (ours, own):
        client.cookies.set("flavour", "oatmeal")
    for _ in range(2):  # the second time the address is known
        made, expected = (each.build_request("post", "http://localhost/v1/chat?b=c", **given) for each in (ours, own))
        assert (made.method, made.url, made.content) == (expected.method, expected.url, expected.content)
        assert sorted(made.headers.multi_items()) == sorted(expected.headers.multi_items())
        assert made.extensions == expected.extensions


class Compressed:
    """A server that saves bytes."""

    async def play(self, exchange: Any) -> None:
        response = await exchange.answer()
        packed, headers = gzip.compress(b"".join(response.pieces)), response.headers | {"content-encoding": "gzip"}
        await exchange.send(attrs.evolve(response, pieces=(packed,), headers=headers))


def test_an_answer_may_come_compressed(serve: Any):
    server, asking = serve()
    server.inject(Compressed())
    assert asking.ask("Are you there?").text == "Yes: Are you there?"


def test_a_request_says_that_it_comes_from_the_sdk(serve: Any):
    server, asking = serve()
    asking.ask()
    assert server.requests[0].headers["user-agent"].startswith("AsyncOpenAI/")


def test_a_request_does_not_tell_what_machine_it_comes_from(serve: Any):
    server, asking = serve()
    asking.ask()
    (request,) = server.requests
    headers = {name.lower() for name in request.headers}
    assert "authorization" in headers
    assert {name for name in headers if name.startswith("x-stainless")} <= {"x-stainless-retry-count"}
