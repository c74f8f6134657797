"""The server as a process of its own, seen from the process that started it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from http.client import HTTPConnection
from types import TracebackType
from typing import Self

import orjson

from troupe_testing.server.tally import Stats

PATIENCE = 10.0
"""Seconds for it to end when it is told to."""


class ServerProcess:
    """Serves while its `with` block lasts. `stats().cpu` is the server's alone, which a benchmark subtracts; `options`
    are those of the command, such as `["--model", "gpt-5-mini"]`.
    """

    def __init__(self, *, latency: float = 0.0, options: Sequence[str] = ()) -> None:
        command = [sys.executable, "-m", "troupe_testing.server", "--latency", str(latency), *options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own module
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        self.url = self._process.stdout.readline().strip()
        if not self.url:
            self.close()
            raise RuntimeError(f"{' '.join(command)} ended with status {self._process.returncode}; see what it printed")

    @property
    def base_url(self) -> str:
        """What OpenAI's clients want to be given."""
        return f"{self.url}/v1"

    def stats(self) -> Stats:
        return self._ask("GET", "/stats")

    def reset(self) -> Stats:
        """Begin to count anew; CPU goes on."""
        return self._ask("POST", "/reset")

    def _ask(self, method: str, path: str) -> Stats:
        connection = HTTPConnection(self.url.removeprefix("http://"), timeout=PATIENCE)
        try:
            connection.request(method, path)
            told = orjson.loads(connection.getresponse().read())
        finally:
            connection.close()
        by_status = {int(status): count for status, count in told.pop("by_status").items()}
        return Stats(by_status=by_status, **told)

    def close(self) -> None:
        """Have it end, and wait for that."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
