"""A process that dies at a certain moment, so that a journal is left as a crash leaves it."""

from __future__ import annotations

import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable

import pytest

PATIENCE = 60
"""Seconds after which such a process is given up."""


def die() -> None:
    """At once, and without a word to anybody."""
    os.kill(os.getpid(), signal.SIGKILL)


def killed(work: Callable[[], object]) -> bool:
    """Whether the work, in a process that begins as a copy of this one, came to the moment where it has to `die`."""
    if not hasattr(os, "fork") or not hasattr(signal, "SIGKILL"):
        pytest.skip("processes cannot be copied on this system")
    sys.stdout.flush()
    sys.stderr.flush()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads of the test's surroundings, which it uses not
        child = os.fork()
    if not child:
        _alone(work)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def _alone(work: Callable[[], object]) -> None:
    """Nothing of the test goes on in the copy, whatever happens."""
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(PATIENCE)
        work()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)
