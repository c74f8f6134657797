"""Versions, and where settings come from."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator

from troupe_cli import __version__
from troupe_cli.examining.finding import Finding, ok, problem, warning
from troupe_cli.sessions import Session
from troupe_core import ConfigError
from troupe_core import __version__ as core
from troupe_core.config import Environment, FileSource

VARIABLE = "TROUPE_CONFIG"
LEFT_OUT = "left out: plugin "
"""What the loader remarks on those that failed, of which there is a finding of their own."""


def versions() -> Iterator[Finding]:
    """What this is."""
    yield ok("versions", f"Python {platform.python_version()}, troupe-core {core}, troupe-cli {__version__}")


def sources(session: Session) -> Iterator[Finding]:
    """The file of settings, and the variables."""
    try:
        layers = session.given()
        layers.config()
    except ConfigError as error:
        yield from mistakes(error)
        return
    files = [source for source in layers.sources if isinstance(source, FileSource)]
    for file in files:
        yield ok("settings", f"{file.name} ({'found' if file.found else 'named'})")
    if not files:
        unwanted = session.config == "" or os.environ.get(VARIABLE) == ""
        none = "there is neither troupe.toml nor [tool.troupe] in pyproject.toml, here or above"
        yield ok("settings", f"no file; {'none is wanted' if unwanted else none}")
    for source in layers.sources:
        for name in source.unread if isinstance(source, Environment) else ():
            yield warning(
                "settings",
                f"the variable {name} is no setting, and is not read",
                "Unset it, or give it the name of a setting: TROUPE_BUDGET__CALLS is budget.calls.",
            )


def mistakes(error: ConfigError) -> Iterator[Finding]:
    """Each by itself."""
    for line in str(error).splitlines():
        yield problem("settings", line, "Put it right there.")


def remarked(session: Session) -> Iterator[Finding]:
    """What the runtime remarked when it was made."""
    for remark in (*session.remarks, *session.mistaken):
        if not remark.startswith(LEFT_OUT):
            yield warning("settings", remark, "Put it right where it stands; nothing depends on it.")
