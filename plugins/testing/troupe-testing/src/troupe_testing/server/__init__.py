"""A loopback server that speaks the OpenAI protocol, and breaks it on request: for tests and for benchmarks.

    with ProtocolServer(lambda request: "Good morning.") as server:
        server.inject(Status(429, retry_after=0.1), times=2)
        client = OpenAI(base_url=server.base_url, api_key="any")

`python -m troupe_testing.server` is the same as a process of its own, whose CPU is not that of the client.
"""

from troupe_testing.server.double import ProviderDouble, Said
from troupe_testing.server.exchange import Exchange
from troupe_testing.server.faults import (
    Cut,
    Fault,
    Garbage,
    Hang,
    Reset,
    Rule,
    Slow,
    Status,
    WrongLength,
    context_too_long,
    out_of_quota,
)
from troupe_testing.server.process import ServerProcess
from troupe_testing.server.replies import Reply
from troupe_testing.server.requests import Request
from troupe_testing.server.server import ProtocolServer
from troupe_testing.server.tally import Stats

__all__ = [
    "Cut",
    "Exchange",
    "Fault",
    "Garbage",
    "Hang",
    "ProtocolServer",
    "ProviderDouble",
    "Reply",
    "Request",
    "Reset",
    "Rule",
    "Said",
    "ServerProcess",
    "Slow",
    "Stats",
    "Status",
    "WrongLength",
    "context_too_long",
    "out_of_quota",
]
