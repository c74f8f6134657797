"""What backends that speak to a server by HTTP have in common."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from troupe_core.errors import ArgumentError


def checked_address(value: str, name: str, example: str) -> str:
    """The address of a server, without anything that has to be kept secret."""
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        secret = parts.username is not None
    except ValueError:
        usable = secret = False
    if secret:  # and the address is not repeated here
        raise ArgumentError(f"{name} holds a user or a password, and would be shown; give a key by `key` instead")
    if not usable:
        raise ArgumentError(f"{name} is an address such as {example}; got {value!r}")
    return value


def wait_of(headers: Mapping[str, str]) -> str | float | None:
    """How long a server wants us to wait; some say it in milliseconds as well."""
    try:
        return float(headers["retry-after-ms"]) / 1000
    except (KeyError, ValueError):
        return headers.get("retry-after")
