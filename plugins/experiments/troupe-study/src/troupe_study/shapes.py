"""What has to hold of the files in a folder of results before they are shown: people change files by hand."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class RowShape(Struct, frozen=True):
    """Of one person, or of all together."""

    of: str
    values: dict[str, Any]
    group: str | None = None
    confidence: dict[str, float | None] = {}
    mark: str = ""


class MissingShape(Struct, frozen=True):
    """Who has no row, and why."""

    of: str
    error: str


class FindingsShape(Struct, frozen=True):
    """findings.json."""

    rows: list[RowShape]
    objective: str = ""
    fields: dict[str, Any] = {}
    failures: list[MissingShape] = []
    mark: str = ""


class QuestionShape(FindingsShape, frozen=True, kw_only=True):
    """What was answered to one question."""

    question: str


class AnswersShape(Struct, frozen=True):
    """answers.json."""

    questions: list[QuestionShape]


class TitleShape(Struct, frozen=True):
    """The study itself, as far as it is shown."""

    title: str = ""


class StudyShape(Struct, frozen=True):
    """study.json."""

    study: TitleShape = TitleShape()
    asked: list[str] = []
    failures: list[str] = []
    substituted: list[str] = []
