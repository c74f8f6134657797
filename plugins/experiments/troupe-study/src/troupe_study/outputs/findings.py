"""Findings as tables and as data."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

import orjson

from troupe_core import Results
from troupe_core.llm import caution
from troupe_study.outputs.text import in_cell, in_line
from troupe_study.study import Findings

UNKNOWN = "–"


def as_markdown(title: str, findings: Findings, results: Results) -> bytes:
    """A table: each value with its confidence."""
    fields = list(findings.fields)
    lines = [f"# {in_line(title)}", "", in_line(findings.objective), ""]
    if results.mark:
        lines += [f"*{caution(results.mark)}*", ""]
    lines += [_row(["", *map(in_line, fields)]), _row(["---"] * (len(fields) + 1))]
    for row in results:
        cells = [
            UNKNOWN if row.get(field) is None else f"{in_line(_words(row[field]))} ({row.confidence[field]:.2f})"
            for field in fields
        ]
        lines.append(_row([in_line(row.of), *cells]))
    if results.failures:
        lines += ["", "No findings, and why:", "", *(f"- {in_line(str(failure))}" for failure in results.failures)]
    return "\n".join([*lines, ""]).encode("utf-8", "replace")


def as_csv(results: Results) -> bytes:
    """A row for each finding: values, confidence, and the ids of the events that show it. Text that a spreadsheet would
    take for a formula has an apostrophe before it.
    """
    fields = list(dict.fromkeys(field for row in results for field in row))
    out = StringIO(newline="")
    write = csv.writer(out).writerow
    columns = ["of", *(f"{field}{about}" for field in fields for about in ("", " confidence", " evidence")), "mark"]
    write(map(in_cell, columns))
    for row in results:
        cells: list[Any] = [in_cell(row.of)]
        for field in fields:
            value = row.get(field)
            shown = value if isinstance(value, int | float) and not isinstance(value, bool) else in_cell(_words(value))
            evidence = " ".join(fact.cite for fact in row.evidence.get(field, ()))
            cells += [shown, row.confidence.get(field, ""), evidence]
        write([*cells, in_cell(row.mark)])
    return out.getvalue().encode("utf-8", "replace")


def as_json(title: str, findings: Findings, results: Results) -> bytes:
    """All of it, with the words of the evidence."""
    asked = {"title": title, "objective": findings.objective, "fields": dict(findings.fields)}
    return orjson.dumps({**asked, **results.plain()}, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "; ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
