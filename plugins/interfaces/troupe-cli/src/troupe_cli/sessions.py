"""What the options before a command ask for: settings, and a runtime that has them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import attrs
import click

from troupe_core import ArgumentError
from troupe_core.config import Layers, Source, layers_for

if TYPE_CHECKING:
    from troupe_core import Runtime

WITHOUT = "no:"
HERE = "the command line"

log = logging.getLogger("troupe")


@attrs.define(eq=False)
class Session:
    """The options, and the one runtime that is made of them when somebody needs it."""

    config: str | None = None
    """The file of settings that was named."""
    plugins: tuple[str, ...] = ()
    """Files and modules to be taken in."""
    without: tuple[str, ...] = ()
    """Names of plugins to be left out."""
    no_plugins: bool = False
    """Whether neither installed plugins nor those that the settings name take part."""
    traceback: bool = False
    """Whether it is to be shown where an error came from."""
    remarks: list[str] = attrs.field(factory=list, init=False)
    """What was remarked upon when the runtime was made."""
    _runtime: Runtime | None = attrs.field(default=None, init=False)

    def layers(self) -> Layers:
        """Where the settings come from, these options included."""
        layers = layers_for(self.config, {})
        loading: dict[str, object] = {}
        said: dict[str, object] = {"loading": loading}
        if self.without:
            loading["disable"] = [*layers.config().loading.disable, *self.without]
        if self.no_plugins:
            loading |= {"autoload": False, "required": []}
            said["plugins"] = []
        return Layers([*layers.sources, Source(said, HERE)])

    def runtime(self, *, quietly: bool = False) -> Runtime:
        """The runtime. What there is to remark when it is made goes to stderr, or, `quietly`, into `remarks` alone."""
        from troupe_core import Runtime

        if self._runtime is None:
            with self._listening():
                self._runtime = Runtime(self.plugins, config=self.layers())
            if not quietly:
                for remark in self.remarks:
                    click.echo(f"troupe: {remark}", err=True)
        return self._runtime

    @contextmanager
    def _listening(self) -> Iterator[None]:
        handler = _Noting(self.remarks)
        before, log.propagate = log.propagate, False
        log.addHandler(handler)
        try:
            yield
        finally:
            log.removeHandler(handler)
            log.propagate = before

    def close(self) -> None:
        """Close the runtime, if there is one."""
        runtime, self._runtime = self._runtime, None
        if runtime is not None:
            runtime.close()


class _Noting(logging.Handler):
    def __init__(self, remarks: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._remarks = remarks

    def emit(self, record: logging.LogRecord) -> None:
        self._remarks.append(record.getMessage())


def session() -> Session:
    """That of the command which runs."""
    context = click.get_current_context(silent=True)
    if context is None:
        raise ArgumentError("troupe_cli.session() is for commands, and none is running here; make a Runtime instead")
    return session_of(context)


def session_of(context: click.Context) -> Session:
    """That of a command's context; click's own `context.find_object(Session)` finds it from then on."""
    root = context.find_root()
    if not isinstance(root.obj, Session):
        given = root.params
        places = given.get("plugins") or ()
        root.obj = Session(
            config=given.get("config"),
            plugins=tuple(place for place in places if not place.startswith(WITHOUT)),
            without=tuple(place.removeprefix(WITHOUT) for place in places if place.startswith(WITHOUT)),
            no_plugins=bool(given.get("no_plugins")),
            traceback=bool(given.get("traceback")),
        )
        root.call_on_close(root.obj.close)
    context.obj = root.obj
    return root.obj
