"""The server as a process of its own: its CPU is not that of the client.

python -m troupe_testing.server --latency 0.5     prints its address on the first line, the base URL that clients want
                                                  to be given on the second, and serves until it is stopped
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from pkgutil import resolve_name

from troupe_testing.server import faults
from troupe_testing.server.faults import Fault, Rule
from troupe_testing.server.replies import usual
from troupe_testing.server.service import Service, Settings

FAULTS: dict[str, Fault] = {
    "hang": faults.Hang(),
    "slow": faults.Slow(1),
    "cut": faults.Cut(),
    "reset": faults.Reset(),
    "garbage": faults.Garbage(),
    "no-credit": faults.out_of_quota(),
    "too-long": faults.context_too_long(),
}
"""What can be asked for by name; any status of an error is one too."""


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m troupe_testing.server",
        description="Speaks the OpenAI protocol on 127.0.0.1. It prints its address, and on the second line the base "
        "URL that clients want to be given. GET /stats tells what it counted; POST /reset forgets.",
    )
    parser.add_argument("--port", type=int, default=0, help="default: one that is free")
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="before each answer")
    parser.add_argument(
        "--key", action="append", type=_key, help="an API key that is accepted, or env:NAME, where it is; default: any"
    )
    parser.add_argument("--model", action="append", help="a model that there is; others are unknown; default: any")
    parser.add_argument("--answer", metavar="MODULE:NAME", help="a function of a request's body; default: made up")
    parser.add_argument(
        "--fault",
        type=_fault,
        metavar="FAULT",
        help=f"the status of an error, such as 429, or one of {', '.join(FAULTS)}",
    )
    parser.add_argument("--every", type=_count, default=1, metavar="N", help="the fault hits each N-th request only")
    parser.add_argument("--times", type=_count, metavar="N", help="and so many of them at most")
    given = parser.parse_args()
    if given.fault is None and (given.every != 1 or given.times is not None):
        parser.error("--every and --times say whom a fault hits; name it with --fault")
    settings = Settings(
        answer=resolve_name(given.answer) if given.answer else usual,
        latency=given.latency,
        keys=frozenset(given.key) if given.key else None,
        models=tuple(given.model) if given.model else None,
        keep=0,
    )
    rules = [] if given.fault is None else [Rule(given.fault, every=given.every, times=given.times)]
    asyncio.run(serve(Service(settings, rules), given.port))


def _key(text: str) -> str:
    """What stands in a command can be read by everybody on the machine; what stands in a variable cannot."""
    if not text.startswith("env:"):
        return text
    name = text.removeprefix("env:")
    key = os.environ.get(name)
    if not key:
        raise argparse.ArgumentTypeError(f"the variable {name} is not set")
    return key


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 on, got {text!r}")
    return int(text)


def _fault(text: str) -> Fault:
    if text in FAULTS:
        return FAULTS[text]
    if not (text.isascii() and text.isdigit() and 400 <= int(text) <= 599):
        raise argparse.ArgumentTypeError(
            f"expected the status of an error, from 400 to 599, or one of {', '.join(FAULTS)}; got {text!r}"
        )
    return faults.Status(int(text))


async def serve(service: Service, port: int) -> None:
    """Until the process is told to end."""
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stopping.set))
    try:
        url = await service.start(port)
        sys.stdout.write(f"{url}\n{url}/v1\n")
        sys.stdout.flush()
        await stopping.wait()
    finally:
        await service.stop()


if __name__ == "__main__":
    main()
