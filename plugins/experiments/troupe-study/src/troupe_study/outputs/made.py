"""All files that show what a study came to. They depend on what happened alone: not on when, or in how many runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from troupe_study.outputs import findings, plots, reproduce, transcript

if TYPE_CHECKING:
    from troupe_study.running import Outcome


def outputs(outcome: Outcome) -> dict[str, bytes]:
    """By the names they have in the folder."""
    study, said, results = outcome.study, outcome.transcript, outcome.results
    files = {
        "transcript.md": transcript.as_markdown(study.title, said),
        "transcript.jsonl": transcript.as_jsonl(said),
    }
    if study.findings is not None and results is not None:
        files |= {
            "findings.md": findings.as_markdown(study.title, study.findings, results),
            "findings.csv": findings.as_csv(results),
            "findings.json": findings.as_json(study.title, study.findings, results),
        }
        files |= {f"plots/{name}.svg": svg for name, svg in plots.plots(study.findings, results)}
    files["study.json"] = reproduce.as_json(outcome)
    return {**files, "README.md": reproduce.as_markdown(outcome, list(files))}
