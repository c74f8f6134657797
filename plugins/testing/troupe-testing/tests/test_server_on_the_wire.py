"""The protocol server as a socket sees it, its life, and its life as a process."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from troupe_core import ArgumentError
from troupe_testing.server import Cut, Garbage, Hang, ProtocolServer, Reset, Rule, ServerProcess, WrongLength
from troupe_testing.server.exchange import Exchange

PATIENCE = 10


class Wire:
    """A connection, by hand."""

    def __init__(self, server: Any) -> None:
        host, port = server.url.removeprefix("http://").split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=PATIENCE)

    def send(self, *requests: bytes) -> None:
        self.socket.sendall(b"".join(requests))

    def rest(self) -> bytes:
        """Everything until the other side closes."""
        found = b""
        while piece := self.socket.recv(65_536):
            found += piece
        return found

    def close(self) -> None:
        self.socket.close()


def post(body: Any, *, path: str = "/v1/chat/completions", more: str = "") -> bytes:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return f"POST {path} HTTP/1.1\r\nHost: x\r\n{more}Content-Length: {len(raw)}\r\n\r\n".encode() + raw


def chat(text: str = "Hello.", *, more: str = "", **options: Any) -> bytes:
    return post({"model": "m", "messages": [{"role": "user", "content": text}], **options}, more=more)


CLOSE = "Connection: close\r\n"


@pytest.fixture
def server() -> Iterator[ProtocolServer]:
    with ProtocolServer() as made:
        yield made


@pytest.fixture
def connect(server: ProtocolServer) -> Iterator[Callable[[], Wire]]:
    made: list[Wire] = []

    def make() -> Wire:
        made.append(Wire(server))
        return made[-1]

    yield make
    for wire in made:
        wire.close()


@pytest.fixture
def wire(connect: Callable[[], Wire]) -> Wire:
    return connect()


# -- HTTP ------------------------------------------------------------------------------------------------------------


def test_a_pipeline_is_answered_in_its_order(server: ProtocolServer, wire: Wire):
    wire.send(chat("one"), chat("two", stream=True), chat("three", more=CLOSE))
    texts = re.findall(rb"Yes|one|two|three", wire.rest())
    assert [text for text in texts if text != b"Yes"] == [b"one", b"two", b"three"]
    assert (server.stats.connections, server.stats.requests) == (1, 3)


def test_a_request_may_come_in_bits(wire: Wire):
    whole = chat("bit by bit", more=CLOSE)
    for at in range(0, len(whole), 7):
        wire.send(whole[at : at + 7])
    assert b"Yes: bit by bit" in wire.rest()


def test_who_asks_whether_to_go_on_is_told_so(wire: Wire):
    head, _, body = chat(more=CLOSE + "Expect: 100-continue\r\n").partition(b"\r\n\r\n")
    wire.send(head, b"\r\n\r\n")
    assert wire.socket.recv(100).startswith(b"HTTP/1.1 100 ")
    wire.send(body)
    assert b"200 OK" in wire.rest()


def test_a_head_comes_without_a_body(wire: Wire):
    wire.send(f"HEAD /nothing HTTP/1.1\r\nHost: x\r\n{CLOSE}\r\n".encode())
    head, _, body = wire.rest().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 404 ")
    assert body == b""


def test_what_is_no_http_is_refused(wire: Wire):
    wire.send(b"\x16\x03\x01 hello\r\n\r\n")
    assert wire.rest().startswith(b"HTTP/1.1 400 ")


def test_a_body_that_is_no_json_is_refused_and_kept_as_text(server: ProtocolServer, wire: Wire):
    wire.send(post(b"{nothing", more=CLOSE))
    assert b"not a JSON object" in wire.rest()
    assert server.requests[0].body == "{nothing"


def test_an_unknown_form_of_embedding_is_refused(wire: Wire):
    wire.send(post({"model": "m", "input": "x", "encoding_format": "int8"}, path="/v1/embeddings", more=CLOSE))
    answer = wire.rest()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"encoding_format" in answer


def test_embeddings_are_packed_as_floats(wire: Wire):
    wire.send(post({"model": "m", "input": [1, 2], "encoding_format": "base64", "dimensions": 3},
                   path="/v1/embeddings", more=CLOSE))  # fmt: skip
    import base64

    (item,) = json.loads(wire.rest().partition(b"\r\n\r\n")[2])["data"]
    vector = struct.unpack("<3f", base64.b64decode(item["embedding"]))
    assert sum(value * value for value in vector) == pytest.approx(1, abs=1e-5)


# -- faults ----------------------------------------------------------------------------------------------------------


def test_a_length_can_be_wrong_both_ways(server: ProtocolServer, connect: Callable[[], Wire]):
    for by in (50, -50):
        server.heal()
        server.inject(WrongLength(by))
        wire = connect()
        wire.send(chat())
        head, _, body = wire.rest().partition(b"\r\n\r\n")
        promised = re.search(rb"content-length: (\d+)", head)
        assert promised is not None
        assert int(promised.group(1)) - len(body) == by
        json.loads(body)


def test_a_cut_stream_has_no_end(server: ProtocolServer, wire: Wire):
    server.inject(Cut(after=2))
    wire.send(chat(stream=True))
    cut = wire.rest()
    assert cut.count(b"data: ") == 2
    assert not cut.endswith(b"0\r\n\r\n")


def test_a_reset_is_one(server: ProtocolServer, connect: Callable[[], Wire]):
    server.inject(Reset())
    wire = connect()
    wire.send(chat())
    with pytest.raises(ConnectionResetError):
        wire.rest()
    assert server.stats.by_status == {}


def test_a_reset_after_the_head_lets_the_head_through(server: ProtocolServer, wire: Wire):
    server.inject(Reset(after_head=True))
    wire.send(chat())
    assert wire.socket.recv(1_000).startswith(b"HTTP/1.1 200 OK")
    with pytest.raises(ConnectionResetError):
        wire.rest()


def test_garbage_is_no_http(server: ProtocolServer, wire: Wire):
    server.inject(Garbage("bytes"))
    wire.send(chat())
    assert not wire.rest().startswith(b"HTTP")


def test_a_test_may_bring_its_own_fault(server: ProtocolServer, wire: Wire):
    class Teapot:
        async def play(self, exchange: Exchange) -> None:
            exchange.write(b"HTTP/1.1 418 I'm a teapot\r\ncontent-length: 0\r\n\r\n")
            exchange.close()

    server.inject(Teapot())
    wire.send(chat())
    assert b"teapot" in wire.rest()


@pytest.mark.parametrize("begun", [False, True])
def test_a_fault_that_fails_is_told(server: ProtocolServer, wire: Wire, caplog: pytest.LogCaptureFixture, begun: bool):
    class Broken:
        async def play(self, exchange: Exchange) -> None:
            if begun:
                exchange.write(b"HTTP/1.1 200 OK\r\n")
            raise LookupError("broken for good")

    server.inject(Broken())
    wire.send(chat(more=CLOSE))
    if begun:
        with pytest.raises(ConnectionResetError):
            wire.rest()
    else:
        assert b"broken for good" in wire.rest()
    assert "broken for good" in caplog.text


# -- life ------------------------------------------------------------------------------------------------------------


def test_closing_lets_go_of_whoever_hangs():
    came = threading.Event()

    def first(request: Any) -> bool:
        came.set()
        return True

    with ProtocolServer(faults=[Rule(Hang(), when=first)]) as server:
        wire = Wire(server)
        wire.send(chat())
        assert came.wait(PATIENCE)
        assert server.stats.in_flight == 1
    try:
        assert wire.rest() == b""
    except ConnectionResetError:
        pass
    finally:
        wire.close()
    assert server.stats.in_flight == 0
    server.close()


def test_who_gives_up_is_no_longer_in_flight(server: ProtocolServer, wire: Wire):
    came = threading.Event()
    server.inject(Hang(), when=lambda request: came.set() is None)
    wire.send(chat())
    assert came.wait(PATIENCE)
    assert server.stats.in_flight == 1
    wire.close()
    while server.stats.in_flight:
        time.sleep(0.001)
    assert server.stats.peak == 1


def test_a_server_in_an_async_program_leaves_no_task_and_no_thread_behind():
    async def main() -> set[asyncio.Task[Any]]:
        async with ProtocolServer() as server:
            host, port = server.url.removeprefix("http://").split(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(chat(more=CLOSE))
            assert b"Yes: Hello." in await reader.read()
            writer.close()
            await writer.wait_closed()
        return asyncio.all_tasks() - {asyncio.current_task()}  # type: ignore[operator,return-value]

    assert asyncio.run(main()) == set()
    assert not [thread for thread in threading.enumerate() if thread.name == "troupe-protocol-server"]


def test_a_port_that_is_taken_is_an_error(server: ProtocolServer):
    second = ProtocolServer(port=int(server.url.rpartition(":")[2]))
    with pytest.raises(OSError, match="in use"):
        second.start()
    second.close()


def test_wrong_arguments_are_named():
    with pytest.raises(ArgumentError, match="answer"):
        ProtocolServer("Hello.")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="latency"):
        ProtocolServer(latency=-1)
    with pytest.raises(ArgumentError, match="keys"):
        ProtocolServer(keys="sk-1")
    with pytest.raises(ArgumentError, match="every"):
        Rule(Hang(), every=0)
    with pytest.raises(RuntimeError, match="before it is started"):
        _ = ProtocolServer().url


def test_a_process_of_its_own_counts_and_ends():
    with ServerProcess(latency=0.001, options=["--model", "m"]) as process:
        wire = Wire(process)
        wire.send(chat(), chat(more=CLOSE))
        assert wire.rest().count(b"200 OK") == 2
        wire.close()
        stats = process.stats()
        assert (stats.requests, stats.by_path, stats.by_status) == (2, {"/v1/chat/completions": 2}, {200: 2})
        assert stats.cpu > 0
        assert stats.bytes_out > 0
        assert process.reset().requests == 0
    assert process._process.returncode == 0


def test_a_process_that_cannot_begin_says_so(server: ProtocolServer, capfd: pytest.CaptureFixture[str]):
    with pytest.raises(RuntimeError, match="ended with status"):
        ServerProcess(options=["--port", server.url.rpartition(":")[2]])
    assert "in use" in capfd.readouterr().err


def test_a_process_takes_its_answers_from_a_function_that_is_named():
    with ServerProcess(options=["--answer", "json:dumps", "--fault", "garbage", "--every", "2"]) as process:
        wire = Wire(process)
        wire.send(chat(), chat(more=CLOSE))
        answer, page = wire.rest().split(b"HTTP/1.1 200 OK")[1:]
        assert b'\\"messages\\"' in answer, "the request itself, as text"
        assert b"<html>" in page, "a fault that has a name"
        wire.close()


def test_a_process_knows_the_models_that_it_is_given_and_no_other():
    with ServerProcess(options=["--model", "one", "--model", "two"]) as process:
        wire = Wire(process)
        embedding = post({"model": "three", "input": "x"}, path="/v1/embeddings")
        models = f"GET /v1/models HTTP/1.1\r\nHost: x\r\n{CLOSE}\r\n".encode()
        wire.send(chat(model="one"), chat(model="three"), embedding, models)
        said = wire.rest()
        wire.close()
        assert process.stats().by_status == {200: 2, 404: 2}
    assert said.count(b"The model `three` does not exist") == 2
    assert b'"code":"model_not_found"' in said
    assert said.count(b'"id":"one"') == said.count(b'"id":"two"') == 1


def test_a_process_finds_its_key_in_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SERVER_KEY", "sk-from-a-variable")
    with ServerProcess(options=["--key", "env:SERVER_KEY"]) as process:
        assert "sk-from-a-variable" not in " ".join(map(str, process._process.args))  # type: ignore[arg-type]
        wire = Wire(process)
        wire.send(chat(), chat(more=CLOSE + "Authorization: Bearer sk-from-a-variable\r\n"))
        said = wire.rest()
        wire.close()
    assert [int(status) for status in re.findall(rb"HTTP/1.1 (\d+)", said)] == [401, 200]


def test_a_process_breaks_the_protocol_as_it_is_told():
    with ServerProcess(options=["--fault", "429", "--every", "2", "--times", "1"]) as process:
        wire = Wire(process)
        wire.send(chat(), chat(), chat(), chat(more=CLOSE))
        said = wire.rest()
        wire.close()
    assert [int(status) for status in re.findall(rb"HTTP/1.1 (\d+)", said)] == [200, 429, 200, 200]


def test_a_process_tells_its_address_and_then_what_clients_want_to_be_given():
    command = [sys.executable, "-m", "troupe_testing.server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address, base_url = process.stdout.readline(), process.stdout.readline()
        process.terminate()
    assert base_url.strip() == f"{address.strip()}/v1"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--fault", "200"], "the status of an error"),
        (["--fault", "429", "--every", "0"], "a whole number from 1 on"),
        (["--every", "2"], "name it with --fault"),
        (["--key", "env:NO_SUCH_VARIABLE"], "the variable NO_SUCH_VARIABLE is not set"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: list[str], said: str, capfd: pytest.CaptureFixture[str]):
    with pytest.raises(RuntimeError, match="ended with status 2"):
        ServerProcess(options=options)
    assert said in capfd.readouterr().err


def test_importing_the_package_loads_no_server():
    looked = "import sys, troupe_testing; sys.exit('httptools' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", looked], check=False).returncode == 0
