"""Stdout and stderr, such as they are: closed, full, or with an encoding that lacks what is printed."""

from __future__ import annotations

import contextlib
import os
import sys


def prepare() -> None:
    """What an encoding lacks is spelled out, and what is written to a closed stream is nobody's business."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - until the process ends
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def forget_stdout() -> None:
    """What is still to be written would only be told once more, when Python ends."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # it is no file
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - until the process ends


def in_words(error: OSError) -> str:
    """What the system would not do."""
    where = error.filename if error.filename is not None else "what is printed"
    return f"{where}: {error.strerror or error}"


def tell(what: str) -> None:
    """Say so, if anybody can still be told."""
    try:
        sys.stdout.flush()
    except OSError:
        forget_stdout()
    with contextlib.suppress(OSError):
        print(f"troupe: {what}", file=sys.stderr)  # noqa: T201 - click is not loaded for this
