"""Signals that end a run from outside: Ctrl-C, what service managers and CI send, and a terminal that is closed."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130
"""What a program exits with after Ctrl-C."""
SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""What else asks a program to end. Windows has no SIGHUP."""


class Terminated(KeyboardInterrupt):
    """A signal of that number came."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


@contextmanager
def terminable() -> Iterator[None]:
    """Within this those signals are like Ctrl-C, unless whoever runs the program has decided otherwise (`nohup`)."""
    here = threading.current_thread() is threading.main_thread()
    taken = [number for number in SIGNALS if here and signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, _terminate)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def code_of(interruption: KeyboardInterrupt) -> int:
    """What to exit with, as shells tell it."""
    return 128 + interruption.number if isinstance(interruption, Terminated) else INTERRUPTED


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated(number)
