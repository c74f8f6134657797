"""What every faculty has to keep to."""

from __future__ import annotations

from troupe_testing.conformance import FacultyConformance


class TestRecall(FacultyConformance):
    plugin = "troupe_faculty_recall"
