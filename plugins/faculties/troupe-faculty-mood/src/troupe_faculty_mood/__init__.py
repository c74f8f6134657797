"""The faculty of having moods: tension, which the person feels, and VENT, which lets off steam."""

from __future__ import annotations

from collections.abc import Iterator

from troupe_core import FacultySpec, hookimpl

TROUPE_API = (0, 2)


@hookimpl
def troupe_register_faculties() -> Iterator[FacultySpec]:
    yield FacultySpec("mood", "troupe_faculty_mood.mood:Mood")
