"""`troupe run` and `troupe init`."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import troupe_cli
from troupe_core import ArgumentError, TroupeError
from troupe_core.errors import told
from troupe_presenter import JsonLines, Shown, json_text, present, showable
from troupe_study import running
from troupe_study.example import STUDY
from troupe_study.outputs import as_text
from troupe_study.outputs.findings import plain
from troupe_study.outputs.reproduce import command_of
from troupe_study.screen import put, screen
from troupe_study.signals import code_of, terminable
from troupe_study.study import Study
from troupe_study.words import briefly

if TYPE_CHECKING:
    from collections.abc import Callable

    from troupe_presenter import Style
    from troupe_study.outcome import Outcome

DONE, FOUND = 0, 1


@click.command()
@click.argument("study", type=click.Path())
@click.option("--into", metavar="FOLDER", type=click.Path(), help="Leave the results there, not in STUDY.results.")
@click.option("--dry-run", is_flag=True, help="Tell about what it takes and costs, and ask nobody.")
@click.option("--plain", "style", flag_value="plain", help="Show what happens without colours and without a bar.")
@click.option(
    "--json", "style", flag_value="json", help="Print a JSON object for all that happens; of a dry run, one document."
)
@click.option("--quiet", "style", flag_value="quiet", help="Show only who fails, and at the end the findings.")
@click.option("--thoughts/--no-thoughts", default=True, help="Show what people think, too, or only what they do.")
@click.option(
    "--pace", type=click.FloatRange(0, 60), default=0.0, help="Let each line stand so many seconds, in a terminal."
)
def run(study: str, into: str | None, dry_run: bool, style: Style | None, thoughts: bool, pace: float) -> int:
    """Run the study in a file, TOML or JSON, and show what happens.

    This asks models, which may cost money; budget.money in the file says how many US dollars one run may take, or
    budget.calls how many calls, and --dry-run about how many it will. Transcript, findings, plots and everything that
    was answered are left in a folder. The same command goes on where it was interrupted, and asks nobody for what was
    answered before.

    Exits with 1 if it is done, and somebody failed; of a dry run, if the budget would not do.
    """
    read = Study.read(study)
    if dry_run:
        return _estimated(read, style == "json")
    folder = (Path(into).expanduser() if into is not None else read.results_folder).absolute()
    runtime = troupe_cli.session().runtime()
    command = command_of(read, folder, _before(read))
    try:
        with (
            terminable(),
            present(runtime, style or "auto", thoughts=thoughts, pace=pace) as shown,
            _last_line(shown, folder),
        ):
            outcome = running.run(read, folder, runtime, shown.tell, command, shown.expect)
    except KeyboardInterrupt as interruption:
        again = ["troupe", *_options(str), "run", study, *(["--into", into] if into is not None else [])]
        troupe_cli.on_stderr(
            f"troupe: interrupted; what was answered is kept in {folder}. The same command goes on from there:",
            shlex.join(again),
        )
        return code_of(interruption)
    _told(outcome, shown, quiet=style == "quiet")
    return FOUND if outcome.failures else DONE


@click.command()
@click.argument("study", type=click.Path(), default="study.toml")
def init(study: str) -> int:
    """Begin a study: write a file that can be run as it stands, with what else there is as remarks."""
    path = Path(study).expanduser()
    if path.suffix.lower() != ".toml":
        raise ArgumentError(f"{path}: a study that is begun here is TOML: give it a name that ends in .toml")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(STUDY)
    except FileExistsError:
        raise ArgumentError(f"{path} is there already, and was left as it is; name another file") from None
    except OSError as error:
        raise ArgumentError(f"{path} cannot be written: {error.strerror or error}") from None
    click.echo(f"{path} is a study. Change it, then: troupe run --dry-run {path}; troupe run {path}")
    return DONE


def _estimated(study: Study, as_json: bool) -> int:
    from troupe_study.affording import idle, short

    runtime = troupe_cli.session().runtime()
    estimate = study.estimate(runtime=runtime)
    budget = runtime.usual_budget if study.budget is None else study.budget
    if as_json:
        _document(estimate.plain() | {"budget_calls": budget.calls, "budget_money": budget.money})
    else:
        click.echo(estimate)
    will_not_do = [*short(budget, runtime.config.budget.runtime, estimate)]
    of_settings = {"budget": study.budget is None and runtime.usual_budget.given(), "models": not study.models}
    for path, why in [*will_not_do, *idle(budget, study.models or runtime.config.models)]:
        in_settings = path[:2] == ("budget", "runtime") or of_settings[path[0]]
        place = runtime.registry.layers.place if in_settings else study.place
        troupe_cli.on_stderr(f"troupe: {place(path)}: {'.'.join(path)}: {why}")
    return FOUND if will_not_do else DONE


@contextmanager
def _last_line(shown: Shown, folder: Path) -> Iterator[None]:
    """Whatever ends a run: who reads JSON lines is told by the last one."""
    try:
        yield
    except (KeyboardInterrupt, TroupeError) as error:
        if isinstance(shown, JsonLines):
            why = "interrupted" if isinstance(error, KeyboardInterrupt) else told(error)
            shown.document("stopped", folder=str(folder), error=why)
        raise


def _told(outcome: Outcome, shown: Shown, *, quiet: bool) -> None:
    spent = outcome.spent
    untold = [each for each in outcome.failures if not quiet or not shown.has_told(each)]
    for failure in briefly(untold):
        troupe_cli.on_stderr(f"failed: {showable(failure)}")
    for name in outcome.moved:
        troupe_cli.on_stderr(f"what stood there before is another now, and is kept as {name}")
    if isinstance(shown, JsonLines):
        content = {
            "folder": str(outcome.folder),
            "files": list(outcome.files),
            "moved": list(outcome.moved),
            "people": outcome.people.names,
            "findings": plain(outcome.results, outcome.groups) if outcome.results is not None else None,
            "answers": [plain(answers, outcome.groups) for answers in outcome.answers],
            "failures": list(outcome.failures),
            "calls": spent.calls,
            "tokens_in": spent.usage.input,
            "tokens_out": spent.usage.output,
            "money": spent.money,
            "unpriced_calls": spent.unpriced,
            "mark": outcome.mark,
            "substituted": list(outcome.substituted),
        }
        shown.document("done", **content)
        return
    told = as_text(outcome, screen())
    if told:
        click.echo(told)
    left = f"{outcome.folder}: {', '.join(outcome.files)}"
    for line in shown.lines.note(left) if shown.stream.terminal else [left]:
        click.echo(line)


def _document(content: dict[str, Any]) -> None:
    put([json_text(content, screen().encoding, indent=2)])


def _before(study: Study) -> tuple[str, ...]:
    """The options that stood before the command, as they have to be in the folder of the study's file."""

    def seen(place: str) -> str:
        path = Path(place).expanduser().absolute()
        if not path.is_file():
            return place
        return f"./{path.relative_to(study.folder)}" if path.is_relative_to(study.folder) else str(path)

    return _options(seen)


def _options(seen: Callable[[str], str]) -> tuple[str, ...]:
    """The options that stood before the command, with each place as it is seen from somewhere."""
    session = troupe_cli.session()
    config = () if session.config is None else ("--config", seen(session.config))
    places = [*map(seen, session.plugins), *(f"no:{name}" for name in session.without)]
    plugins = [each for place in places for each in ("-p", place)]
    return (*config, *plugins, *(["--no-plugins"] if session.no_plugins else []))
