"""What findings are made of, whoever draws them: fields, transcripts to draw from and to point at, rows to keep."""

from troupe_core.findings.fields import Field, Fields, Scale
from troupe_core.findings.finding import Finding
from troupe_core.findings.rows import Results, Row, Unread
from troupe_core.findings.transcript import Excerpt, Line, Transcript

__all__ = ["Excerpt", "Field", "Fields", "Finding", "Line", "Results", "Row", "Scale", "Transcript", "Unread"]
