"""What the protocol server can serve as a process of its own, and what it costs it.

The client is bare: asyncio streams, a request that is spelled out once, and no more of HTTP than the length of an
answer. 64 connections are kept alive, and each has one request in flight. CPU is the server's, as it says itself.
"""

import asyncio
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

import orjson

from benchmarks.people import speech
from benchmarks.rows import ROOT, Row, environment, fresh, middle
from troupe_testing.server import ServerProcess

HOST = "127.0.0.1"
MESSAGES = 16
CHARACTERS = 1_000
IN_FLIGHT = 64
REQUESTS = 6_400
REPEATS = 7
GOAL = 1_500
ECHO = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


def request() -> bytes:
    """A chat of 16 messages, about 16 kB."""
    roles = ("system", *("user", "assistant") * (MESSAGES // 2))
    texts = [speech(number, CHARACTERS // 5)[:CHARACTERS] for number in range(MESSAGES)]
    messages = [{"role": role, "content": text} for role, text in zip(roles, texts, strict=False)]
    body = orjson.dumps({"model": "benchmark", "messages": messages})
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def ask(port: int, times: int, whole: bytes) -> None:
    """So many times, one after the other, over one connection."""
    reader, writer = await asyncio.open_connection(HOST, port)
    for _ in range(times):
        writer.write(whole)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))
    writer.close()
    await writer.wait_closed()


async def ask_all(port: int, whole: bytes) -> None:
    await asyncio.gather(*(ask(port, REQUESTS // IN_FLIGHT, whole) for _ in range(IN_FLIGHT)))


class Echo(asyncio.Protocol):
    """Reads as many bytes as a request has, and answers with a constant: what no server can save."""

    def __init__(self, length: int) -> None:
        self.length, self.missing = length, length

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.missing -= len(data)
        if self.missing == 0:
            self.missing = self.length
            self.transport.write(ECHO)


@contextmanager
def echo(length: int) -> Iterator[int]:
    """Such a server as a process of its own; its port."""
    command = [sys.executable, "-m", "benchmarks.wire", str(length)]
    with subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


async def echo_for_ever(length: int) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Echo(length), HOST, 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def rate(port: int, whole: bytes) -> float:
    """Requests a second."""
    start = perf_counter()
    asyncio.run(ask_all(port, whole))
    return REQUESTS / (perf_counter() - start)


# In a process of its own


def served() -> dict[str, list[float]]:
    """Requests a second, of the server and, by turns, of the echo; milliseconds of the server's CPU a request. The
    first round is not counted.
    """
    whole = request()
    figures: dict[str, list[float]] = {"rate": [], "cpu": [], "floor": []}
    with ServerProcess() as server, echo(len(whole)) as bare:
        port = int(server.url.rpartition(":")[2])
        for number in range(REPEATS + 1):
            before = server.reset().cpu
            found, after = rate(port, whole), server.stats()
            assert after.by_status == {200: REQUESTS}
            assert after.connections == IN_FLIGHT + 1, "one more asks for the statistics; all others are kept alive"
            floor = rate(bare, whole)
            if number:
                figures["rate"].append(found)
                figures["cpu"].append((after.cpu - before) / REQUESTS * 1e3)
                figures["floor"].append(floor)
    return figures


def wire() -> Iterator[Row]:
    found = fresh("wire:served")
    median = statistics.median(found["rate"])
    yield Row(
        f"protocol server, {MESSAGES} messages of {CHARACTERS:,} characters, {IN_FLIGHT} in flight",
        f"≥ {GOAL:,} requests a second",
        f"{middle(found['rate'], ',.0f')}; its CPU a request {middle(found['cpu'])} ms",
        f"{statistics.median(found['floor']):,.0f} (the same client; a server that says a constant)",
        median >= GOAL,
    )


if __name__ == "__main__":
    asyncio.run(echo_for_ever(int(sys.argv[1])))
