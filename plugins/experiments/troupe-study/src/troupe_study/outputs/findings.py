"""Findings and answers as tables and as data."""

from __future__ import annotations

import csv
from codecs import BOM_UTF8
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from typing import TYPE_CHECKING, Any

import orjson

from troupe_core import Results, Row
from troupe_core.llm import caution
from troupe_presenter import words_of
from troupe_study.counting import summary
from troupe_study.outputs.text import in_cell, in_line, in_table, noted
from troupe_study.words import ANSWER

if TYPE_CHECKING:
    from troupe_study.study import Findings, Question

NOTHING = "–"
Groups = Mapping[str, str]


def as_markdown(title: str, findings: Findings, results: Results, groups: Groups) -> bytes:
    """What was found out: each value with its confidence, and what that comes to in all, or by group."""
    lines = [f"# {in_line(title)}", "", in_line(findings.objective), ""]
    if results.mark:
        lines += [f"*{caution(results.mark)}*", ""]
    lines += noted(results.substituted)
    return _encoded([*lines, *_shown(list(findings.fields), findings.fields, results, groups)])


def answers_as_markdown(title: str, questions: Sequence[Question], answers: Sequence[Results], groups: Groups) -> bytes:
    """What everybody answered, question by question."""
    lines = [f"# {in_line(title)}", ""]
    mark = next((results.mark for results in answers if results.mark), "")
    if mark:
        lines += [f"*{caution(mark)}*", ""]
    lines += noted(together(answers).substituted)
    for question, results in zip(questions, answers, strict=False):
        lines += [f"## {in_line(question.question)}", ""]
        lines += _shown([ANSWER, *question.fields], question.fields, results, groups)
    return _encoded(lines)


def as_csv(fields: Iterable[str], results: Results, groups: Groups) -> bytes:
    """A row for each finding, or answer: values, confidence, and the ids of the events that show it; and one for each
    that is missing, with the reason; where another model than the first of several has answered, which. Text that a
    spreadsheet would take for a formula has an apostrophe before it; the mark at the beginning tells it of UTF-8,
    without which names such as Wáshington are garbled there.
    """
    names = list(fields)
    asked = any(each.asked for each in (*results, *results.failures))
    again = any(row.replicate for row in results)
    besides = ("", " confidence") if asked else ("", " confidence", " evidence")  # of an answer, it is the answer
    instead = any(row.substitute for row in results)
    about = {field: ("",) if field == ANSWER and asked else besides for field in names}
    out = StringIO(newline="")
    write = csv.writer(out).writerow
    columns = ["of", *["group"] * bool(groups), *["asked"] * asked, *["replicate"] * again]
    values = [f"{name}{each}" for name in names for each in about[name]]
    write(map(in_cell, [*columns, *values, "mark", *["substitute"] * instead, "missing"]))
    for row in results:
        cells: list[Any] = [*_whose(row.of, row.asked, groups, asked), *[row.replicate] * again]
        for name in names:
            value = row.get(name)
            shown = (
                value if isinstance(value, int | float) and not isinstance(value, bool) else in_cell(words_of(value))
            )
            evidence = " ".join(fact.cite for fact in row.evidence.get(name, ()))
            cells += [shown, row.confidence.get(name, ""), evidence][: len(about[name])]
        other = [in_cell(row.substitute.model if row.substitute is not None else "")] * instead
        write([*cells, in_cell(row.mark), *other, ""])
    for none in results.failures:
        empty = [""] * (again + sum(map(len, about.values())) + 1 + instead)
        why = f"{type(none.error).__name__}: {none.error}"
        write([*_whose(none.of, none.asked, groups, asked), *empty, in_cell(why)])
    return BOM_UTF8 + out.getvalue().encode("utf-8", "replace")


def as_json(title: str, findings: Findings, results: Results, groups: Groups) -> bytes:
    """All of it, with the words of the evidence."""
    asked = {"title": title, "objective": findings.objective, "fields": dict(findings.fields)}
    return _dumped({**asked, **plain(results, groups)})


def answers_as_json(title: str, questions: Sequence[Question], answers: Sequence[Results], groups: Groups) -> bytes:
    """The same of answers: an object for each question."""
    each = [
        {"question": question.question, "fields": dict(question.fields), **plain(results, groups)}
        for question, results in zip(questions, answers, strict=False)
    ]
    return _dumped({"title": title, "questions": each})


def plain(results: Results, groups: Groups) -> dict[str, Any]:
    """Results as plain data, with the group of each."""
    found = results.plain()
    if groups:
        for key in ("rows", "failures"):
            found[key] = [{"of": each["of"], "group": groups.get(each["of"]), **each} for each in found[key]]
    return found


def together(answers: Sequence[Results]) -> Results:
    """Those to all questions."""
    return Results([row for each in answers for row in each], [none for each in answers for none in each.failures])


def _shown(columns: Sequence[str], fields: Mapping[str, Any], results: Results, groups: Groups) -> list[str]:
    """A table, who is missing in it, and what it comes to."""
    shared = [] if not groups else ["group"]
    lines = [_row(["", *shared, *map(in_table, columns)]), _row(["---"] * (1 + len(shared) + len(columns)))]
    for row in results:
        group = [in_table(groups.get(row.of, NOTHING))] * len(shared)
        lines.append(_row([in_table(row.of), *group, *(_cell(row, name) for name in columns)]))
    if results.failures:
        lines += ["", "Who is missing, and why:", "", *(f"- {in_line(str(failure))}" for failure in results.failures)]
    rows = summary(fields, results, groups)
    if rows:
        first, *others = (_row([*map(in_table, cells)]) for cells in rows)
        lines += ["", "By group:" if groups else "In all:", "", first, _row(["---"] * len(rows[0])), *others]
    return [*lines, ""]


def _whose(of: str, asked: str, groups: Groups, with_question: bool) -> list[str]:
    group = [groups.get(of, "")] * bool(groups)
    return [in_cell(each) for each in [of, *group, *[asked] * with_question]]


def _cell(row: Row, field: str) -> str:
    value = row.get(field)
    if value is None:
        return NOTHING
    if field == ANSWER and row.asked:
        return in_table(words_of(value))
    return f"{in_table(words_of(value))} ({row.confidence[field]:.2f})"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _encoded(lines: Sequence[str]) -> bytes:
    return "\n".join(lines).encode("utf-8", "replace")


def _dumped(content: Mapping[str, Any]) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
