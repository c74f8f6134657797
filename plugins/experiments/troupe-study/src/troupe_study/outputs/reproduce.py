"""What a run was made of, and the line that repeats it."""

from __future__ import annotations

import os
import platform
import shlex
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from troupe_core import Runtime
from troupe_core.llm import caution
from troupe_study.casting import inputs
from troupe_study.outputs.text import in_line, noted
from troupe_study.study import several
from troupe_study.words import briefly

if TYPE_CHECKING:
    from troupe_study.outcome import Outcome
    from troupe_study.study import Study

MODEL = "TROUPE_MODEL"
ABOUT = {
    "transcript.md": "who said, did and perceived what",
    "transcript.jsonl": "the same as data: an object for each event",
    "findings.md": "what was found out, as a table",
    "findings.csv": "the same for a spreadsheet, with confidence, and the ids of the events that show it",
    "findings.json": "the same as data, with the words of the evidence",
    "answers.md": "what each answered, question by question",
    "answers.csv": "the same for a spreadsheet, with confidence",
    "answers.json": "the same as data",
    "study.json": "the study as it was run, the files that it read, and versions",
}
ABOUT_PLOTS = "how often each value was found"


def as_json(outcome: Outcome) -> bytes:
    """The study, with all that stands by itself in it; what it read, by digest; and what ran it."""
    study = outcome.study
    read = {_seen_from(path, study.folder): sha256(path.read_bytes()).hexdigest() for path in inputs(study)}
    content: dict[str, Any] = {
        "study": study.plain(),
        "asked": outcome.models,
        "read": read,
        "versions": outcome.versions,
    }
    if outcome.failures:
        content["failures"] = list(outcome.failures)
    if outcome.substituted:
        content["substituted"] = list(outcome.substituted)
    if outcome.command:
        content["run"] = outcome.command
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def as_markdown(outcome: Outcome, files: list[str]) -> bytes:
    """A page about the folder."""
    lines = [f"# {in_line(outcome.study.title)}", ""]
    if outcome.mark:
        lines += [f"*{caution(outcome.mark)}*", ""]
    lines += noted(outcome.substituted)
    lines += [f"- [{name}]({name}): {ABOUT.get(name, ABOUT_PLOTS)}" for name in files]
    lines += ["- `journal.db`: everything that was answered; with it, the study runs again for nothing"]
    lines += ["- `runs.jsonl`: a line for each run: when it was, what it took and cost", ""]
    lines += [line for name in files if name.endswith(".svg") for line in (f"![{ABOUT_PLOTS}]({name})", "")]
    if outcome.failures:
        lines += ["What failed:", "", *(f"- {in_line(failure)}" for failure in briefly(outcome.failures)), ""]
    if outcome.command:
        lines += ["This repeats it:", "", f"    {outcome.command}", ""]
    told = ", ".join(f"{name} {version}" for name, version in outcome.versions.items())
    return "\n".join([*lines, f"Made with {told}.", ""]).encode("utf-8", "replace")


def versions(runtime: Runtime) -> dict[str, str]:
    """Of Python, and of each distribution whose plugins took part."""
    origins = runtime.plugins.origins.values()
    found = {origin.distribution: origin.version for origin in origins if origin.distribution}
    return {"Python": platform.python_version(), **dict(sorted(found.items()))}


def command_of(study: Study, folder: Path, before: tuple[str, ...] = ()) -> str:
    """The line that runs a study once more, from the folder in which its file lies; `before` are options that stand
    before the command. Nothing, if it is from no file. A model that only the environment names is part of it.
    """
    if study.file is None:
        return ""
    into = [] if folder == study.results_folder else ["--into", _relative(folder, study.folder)]
    line = shlex.join(["troupe", *before, "run", study.file.name, *into])
    model = os.environ.get(MODEL)
    return f"{MODEL}={shlex.quote(model)} {line}" if study.model is None and model else line


def _relative(path: Path, folder: Path) -> str:
    """A path as it is seen from a folder, if it lies below it."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def _seen_from(path: Path, folder: Path) -> str:
    """The same where it lies beside it, or above."""
    return Path(os.path.relpath(path, folder)).as_posix() if path.anchor == folder.anchor else str(path)


def models_of(study: Study, runtime: Runtime) -> list[str]:
    """Who is asked, where nobody has named another. None, if nobody has named any."""
    return list(several(study.model) or runtime.named_model or ())
