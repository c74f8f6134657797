"""Programs that tests run in a process of their own, which is forked for them."""

from __future__ import annotations

import signal
from typing import Any

import pytest

pytestmark = pytest.mark.once


def test_what_one_program_comes_to_is_not_taken_for_what_the_next_one_does(python: Any):
    begun: list[int] = []

    def began(number: int) -> None:
        begun.append(number)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        python("-c", "import time; time.sleep(2); raise SystemExit(7)", began=began)
    done = python("-c", "print(2); raise SystemExit(3)", began=begun.append)
    assert (done.returncode, done.stdout, len({*begun})) == (3, "2\n", 2)
