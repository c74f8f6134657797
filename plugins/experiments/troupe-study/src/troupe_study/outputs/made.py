"""All files that show what a study came to. They depend on what happened alone: not on when, or in how many runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from troupe_study.counting import tallied
from troupe_study.outputs import findings, plots, reproduce, transcript
from troupe_study.words import ANSWER

if TYPE_CHECKING:
    from troupe_study.outcome import Outcome


def outputs(outcome: Outcome) -> dict[str, bytes]:
    """By the names they have in the folder."""
    study, said, results, groups = outcome.study, outcome.transcript, outcome.results, outcome.groups
    files = {
        "transcript.md": transcript.as_markdown(study.title, said, outcome.places, outcome.missed),
        "transcript.jsonl": transcript.as_jsonl(said, outcome.places),
    }
    names: set[str] = set()
    if study.findings is not None and results is not None:
        wanted = study.findings
        files |= {
            "findings.md": findings.as_markdown(study.title, wanted, results, groups),
            "findings.csv": findings.as_csv(wanted.fields, results, groups),
            "findings.json": findings.as_json(study.title, wanted, results, groups),
        }
        made = plots.plots(tallied(wanted.fields, results, groups), wanted.objective, results.mark, names)
        files |= {f"plots/{name}.svg": svg for name, svg in made}
    if outcome.answers:
        fields = dict.fromkeys(field for question in study.ask for field in (ANSWER, *question.fields))
        files |= {
            "answers.md": findings.answers_as_markdown(study.title, study.ask, outcome.answers, groups),
            "answers.csv": findings.as_csv(fields, findings.together(outcome.answers), groups),
            "answers.json": findings.answers_as_json(study.title, study.ask, outcome.answers, groups),
        }
        for number, (question, answers) in enumerate(zip(study.ask, outcome.answers, strict=False), 1):
            prefix = f"answer_{number}_" if len(study.ask) > 1 else "answer_"
            made = plots.plots(
                tallied(question.fields, answers, groups), question.question, answers.mark, names, prefix
            )
            files |= {f"plots/{name}.svg": svg for name, svg in made}
    files["study.json"] = reproduce.as_json(outcome)
    return {**files, "README.md": reproduce.as_markdown(outcome, list(files))}
