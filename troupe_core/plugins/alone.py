"""A faculty or a backend that was given to a runtime by itself: the plugin around it."""

from __future__ import annotations

from collections.abc import Iterator

from troupe_core.hookspecs import hookimpl
from troupe_core.records import BackendSpec, FacultySpec, Record


class Alone:
    """Registers one record."""

    def __init__(self, record: Record) -> None:
        self._record = record

    @hookimpl
    def troupe_register_faculties(self) -> Iterator[FacultySpec]:
        if isinstance(self._record, FacultySpec):
            yield self._record

    @hookimpl
    def troupe_register_llm_backends(self) -> Iterator[BackendSpec]:
        if isinstance(self._record, BackendSpec):
            yield self._record
