"""The faculty of recalling on purpose: RECALL, whose result the person sees before it goes on."""

from __future__ import annotations

from collections.abc import Iterator

from troupe_core import FacultySpec, hookimpl

TROUPE_API = (0, 1)


@hookimpl
def troupe_register_faculties() -> Iterator[FacultySpec]:
    yield FacultySpec("recall", "troupe_faculty_recall.recall:Recall")
