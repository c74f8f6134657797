"""What the options before a command ask for: settings, and a runtime that has them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import attrs
import click

from troupe_cli.lazy import meant
from troupe_cli.saying import Heard, say
from troupe_core import ArgumentError, TroupeError
from troupe_core.config import Layers, Source, layers_for
from troupe_core.plugins import Origin, built_in, installed

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
    mistaken: list[str] = attrs.field(factory=list, init=False)
    """What was to be left out, and is not there."""
    remarks: list[str] = attrs.field(factory=list, init=False)
    """What was remarked upon when the runtime was made."""
    _without: list[str] | None = attrs.field(default=None, init=False)
    _runtime: Runtime | None = attrs.field(default=None, init=False)
    _heard: Heard = attrs.field(factory=lambda: Heard(log), init=False)

    def given(self) -> Layers:
        """Where the settings come from, these options left aside. An empty name of a file means none."""
        return layers_for({} if self.config == "" else self.config, {})

    def layers(self) -> Layers:
        """Where the settings come from, these options included."""
        return self._layers(self._left_out())

    def _layers(self, without: Sequence[str]) -> Layers:
        layers = self.given()
        loading: dict[str, object] = {}
        if without:
            loading["disable"] = [*layers.config().loading.disable, *without]
        if self.no_plugins:
            loading |= {"autoload": False, "required": []}
        said: dict[str, object] = {"loading": loading} if loading else {}
        if self.no_plugins:
            said["plugins"] = []
        return Layers([*layers.sources, Source(said, HERE)])

    def _left_out(self) -> list[str]:
        """What -p no:NAME means, as the settings have it: a plugin, a distribution, or a pattern of such names; else
        what it brings has the name, which only a runtime knows.
        """
        if not self.without:
            return []
        if self._without is None:
            known = [found.origin for found in (*built_in(), *installed())]
            self._without = [name for name in self.without if any(_is_called(each, name) for each in known)]
            for name in self.without:
                if name not in self._without:
                    self._without += self._meant(name)
        return self._without

    def _meant(self, name: str) -> list[str]:
        from troupe_cli.survey import find, survey
        from troupe_core import Runtime

        try:
            with _listening([]), Runtime(self.plugins, config=self._layers(self._without or ())) as runtime:
                plugins = survey(runtime)
        except TroupeError:  # which is told when the runtime is made that counts
            return [name]
        found = find(plugins, name)
        if found is not None:
            return [found.name]
        self.mistaken.append(
            f"{WITHOUT}{name}: there is no plugin {name!r}{meant(name, sorted({each.name for each in plugins}))}"
        )
        say(self.mistaken[-1])
        return []

    def runtime(self, *, quietly: bool = False) -> Runtime:
        """The runtime. What there is to remark when it is made goes to stderr, or, `quietly`, into `remarks` alone."""
        from troupe_core import Runtime

        if self._runtime is None:
            layers = self.layers()
            with _listening(self.remarks):
                self._runtime = Runtime(self.plugins, config=layers)
            if not quietly:
                for remark in self.remarks:
                    say(remark)
            log.addHandler(self._heard)
        return self._runtime

    def close(self) -> None:
        """Close the runtime, if there is one."""
        runtime, self._runtime = self._runtime, None
        if runtime is not None:
            try:
                runtime.close()
            finally:
                log.removeHandler(self._heard)


@contextmanager
def _listening(remarks: list[str]) -> Iterator[None]:
    handler = _Noting(remarks)
    before, log.propagate = log.propagate, False
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.propagate = before


def _is_called(origin: Origin, pattern: str) -> bool:
    return any(fnmatchcase(name.lower(), pattern.lower()) for name in origin.names)


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
