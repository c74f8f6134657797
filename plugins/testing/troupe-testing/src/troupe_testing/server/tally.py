"""What is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from time import process_time

import attrs


@attrs.frozen
class Stats:
    """Since the start or the last reset, unless it says otherwise. The server's own pages, /stats and /reset, are
    counted in bytes and connections alone.
    """

    requests: int
    by_path: Mapping[str, int]
    by_status: Mapping[int, int]
    """Of the heads that were written: a request that hangs has none."""
    in_flight: int
    """At this moment: received, and not answered to the end."""
    peak: int
    """The most that were in flight at once."""
    connections: int
    """Opened."""
    connected: int
    """Open at this moment."""
    bytes_in: int
    bytes_out: int
    cpu: float
    """Seconds of the server's whole process, since that began."""


class Tally:
    """Counts, on the server's loop."""

    def __init__(self) -> None:
        self.in_flight = 0
        self.connected = 0
        self.reset()

    def reset(self) -> None:
        """Begin anew; what is in flight stays in flight."""
        self.requests = 0
        self.by_path: Counter[str] = Counter()
        self.by_status: Counter[int] = Counter()
        self.peak = self.in_flight
        self.connections = 0
        self.bytes_in = 0
        self.bytes_out = 0

    def begin(self, path: str) -> None:
        self.requests += 1
        self.by_path[path] += 1
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)

    def end(self) -> None:
        self.in_flight -= 1

    def stats(self) -> Stats:
        return Stats(
            self.requests,
            dict(self.by_path),
            dict(self.by_status),
            self.in_flight,
            self.peak,
            self.connections,
            self.connected,
            self.bytes_in,
            self.bytes_out,
            process_time(),
        )
