"""Findings: from what people said and did to rows of plain values, each with its confidence and its evidence."""

from troupe_core.extraction.extractor import ExtractionTask, Extractor, Finding
from troupe_core.extraction.fields import Field, Fields, Scale
from troupe_core.extraction.results_extractor import ResultsExtractor
from troupe_core.extraction.rows import Results, Row, Unread
from troupe_core.extraction.transcript import Excerpt, Line, Transcript

__all__ = [
    "Excerpt",
    "ExtractionTask",
    "Extractor",
    "Field",
    "Fields",
    "Finding",
    "Line",
    "Results",
    "ResultsExtractor",
    "Row",
    "Scale",
    "Transcript",
    "Unread",
]
