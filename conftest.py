"""For all tests, the core's and the plugins': how hypothesis looks for examples, and Pythons that begin quickly.

The fixtures that authors of plugins use as well come with troupe-testing.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs
import pytest

with suppress(ImportError):  # where a plugin is installed whose tests do without it
    from hypothesis import HealthCheck, settings

    UNTIMED: dict[str, Any] = {
        "deadline": None,
        "suppress_health_check": [HealthCheck.too_slow],
        "derandomize": True,
    }
    settings.register_profile("troupe", **UNTIMED, max_examples=50)
    settings.register_profile("troupe-again", **UNTIMED, max_examples=5)  # where fifty examples have just held
    settings.load_profile("troupe")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell has begun us in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)

STARTER = Path(__file__).parent / "tests" / "starter.py"


@attrs.define
class Pythons:
    """Runs Python programs, one after another, each in a process of its own that has imported Troupe already."""

    folder: Path
    _process: subprocess.Popen[bytes] = attrs.field(init=False)
    _socket: socket.socket = attrs.field(init=False)
    _replies: Any = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-W", "error", str(STARTER), str(theirs.fileno())]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], process_group=0)
        self._replies = self._socket.makefile("r")

    def run(
        self,
        *arguments: str | Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 60,
        began: Callable[[int], None] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """What `subprocess.run([sys.executable, "-W", "error", *arguments], …)` comes to: arguments are a file, or
        `-c` and a program, or `-m` and a module, and what they are given. `began` is told the number of the process.
        """
        try:
            return self._run([*map(str, arguments)], cwd or Path.cwd(), dict(env or os.environ), timeout, began)
        except BaseException:  # of a test that has taken too long: the next one would take this reply for its own
            self.close()
            self._begin()
            raise

    def told(self, *arguments: str | Path, killed: bool, **options: Any) -> Any:
        """What a program prints, read as JSON; None of one that is to be killed, and is."""
        done = self.run(*arguments, **options)
        assert done.returncode == (-signal.SIGKILL if killed else 0), done.stderr
        return None if killed else json.loads(done.stdout)

    def _run(
        self,
        arguments: list[str],
        cwd: Path,
        env: dict[str, str],
        timeout: float,
        began: Callable[[int], None] | None,
    ) -> subprocess.CompletedProcess[str]:
        out, err = self.folder / "out", self.folder / "err"
        orders = {"arguments": arguments, "cwd": str(cwd), "env": env, "out": str(out), "err": str(err)}
        self._socket.sendall(json.dumps(orders).encode() + b"\n")
        number = int(self._replies.readline())
        if began is not None:
            began(number)
        late: list[int] = []
        limit = threading.Timer(timeout, lambda: (late.append(number), os.kill(number, signal.SIGKILL)))
        limit.start()
        try:
            code = int(self._replies.readline())
        finally:
            limit.cancel()
            limit.join()  # for tests that count threads
        said = out.read_text(), err.read_text()
        assert not late, f"it has not ended within {timeout} seconds: {arguments}\n{said}"
        return subprocess.CompletedProcess(arguments, code, *said)

    def close(self) -> None:
        """Whatever it has started ends with it."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._replies.close()
        self._socket.close()


@pytest.fixture(scope="session")
def pythons(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pythons]:
    if not hasattr(os, "fork"):
        pytest.skip("no process can be forked here")
    made = Pythons(tmp_path_factory.mktemp("pythons"))
    yield made
    made.close()


@pytest.fixture
def python(pythons: Pythons) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a Python program, as `Pythons.run` says; not for tests of what is imported, for everything is already, nor
    of what the hashes of texts decide, for all these programs have the same, whatever PYTHONHASHSEED says.
    """
    return pythons.run
