"""A guard before the network: whoever reaches for more than this machine is stopped, and named."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

_CONNECTING = ("connect", "connect_ex", "sendto")
_RESOLVING = ("getaddrinfo", "gethostbyname", "gethostbyname_ex")
_HERE = ("localhost", "ip6-localhost")


class NetworkBlocked(Exception):
    """Something reached for the network in a test that must not. It is no OSError, so that nobody takes it for a
    failed connection and tries again.
    """


class NetworkGuard:
    """Guards all sockets of the process while its `with` block lasts. Loopback and Unix sockets are free."""

    def __init__(self) -> None:
        self.attempts: list[str] = []
        """Who was reached for; a test that means to do so clears it."""
        self._before: list[tuple[Any, str, Any]] = []

    @property
    def report(self) -> str:
        """What happened, in a sentence."""
        reached = ", ".join(dict.fromkeys(self.attempts))
        return f"this test reached for the network: {reached}. Let it talk to protocol_server, or to a scripted model."

    def __enter__(self) -> Self:
        for name in _CONNECTING:
            self._put(socket.socket, name, self._connecting(getattr(socket.socket, name)))
        for name in _RESOLVING:
            self._put(socket, name, self._resolving(getattr(socket, name)))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for where, name, before in reversed(self._before):
            if before is None:  # a method that is inherited
                delattr(where, name)
            else:
                setattr(where, name, before)
        self._before.clear()

    def _put(self, where: Any, name: str, guarded: Callable[..., Any]) -> None:
        self._before.append((where, name, vars(where).get(name)))
        setattr(where, name, guarded)

    def _connecting(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(this: socket.socket, *arguments: Any) -> Any:
            address = arguments[-1]  # sendto may have flags before it
            if this.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple):
                try:
                    self._check(address[0], f"{address[0]} port {address[1]}")
                except NetworkBlocked:
                    this.close()  # whoever made it expects nothing but an OSError, and would leave it open
                    raise
            return inner(this, *arguments)

        return guarded

    def _resolving(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(host: Any = None, *arguments: Any, **named: Any) -> Any:
            if _address(_text(host)) is None:  # a numeric address is looked up nowhere
                self._check(host, f"the name {_text(host)}")
            return inner(host, *arguments, **named)

        return guarded

    def _check(self, host: Any, told: str) -> None:
        if not is_here(_text(host)):
            self.attempts.append(told)
            raise NetworkBlocked(f"{told}: {self.report}")


def is_here(host: str) -> bool:
    """Whether that is this machine."""
    address = _address(host)
    if address is None:
        return not host or host in _HERE or host.endswith(".localhost") or host == socket.gethostname()
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or mapped.is_unspecified)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _text(host: Any) -> str:
    return host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else str(host or "")
