"""The table of figures, beside their goals and floors.

python -m benchmarks                 all of them, in under five minutes
python -m benchmarks turn memory     single ones
python -m benchmarks --write         all of them, and the table goes into benchmarks/README.md
"""

import argparse
import os
import platform
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

from benchmarks import (
    asking,
    command_line,
    extraction,
    factories,
    flight,
    imports,
    journal,
    journal_files,
    journal_memory,
    ledger,
    llm_cache,
    memory,
    openai_turns,
    persona_files,
    plugins,
    presenter,
    prompts,
    rehearsal,
    resilience,
    show,
    turns,
    wall,
    wire,
)
from benchmarks.rows import Row, table

BENCHMARKS: dict[str, Callable[[], Iterator[Row]]] = {
    "imports": imports.imports,
    "command_line": command_line.command_line,
    "show": show.show,
    "turn": turns.turn,
    "scale": turns.scale,
    "age": turns.age,
    "rounds": wall.rounds,
    "broadcast": wall.broadcast,
    "length": prompts.length,
    "share": prompts.share,
    "memory": memory.memory,
    "journal": journal.journal,
    "journal-broadcast": journal.journal_broadcast,
    "journal-age": journal.journal_age,
    "rerun": journal.rerun,
    "file": journal_files.file,
    "checkpoint": journal_files.checkpoint,
    "kept": journal_memory.kept,
    "ledger": ledger.ledger,
    "llm_cache": llm_cache.llm_cache,
    "plugins": plugins.plugins,
    "wrappers": plugins.wrappers,
    "presenter": presenter.presenter,
    "wire": wire.wire,
    "extraction": extraction.extraction,
    "asking": asking.asking,
    "factories": factories.factories,
    "rehearsal": rehearsal.rehearsal,
    "resilience": resilience.resilience,
    "persona_files": persona_files.persona_files,
    "openai_turns": openai_turns.openai_turns,
    "flight": flight.flight,
}
README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- figures: written by python -m benchmarks --write -->", "<!-- end of figures -->"


def measured(names: list[str]) -> list[Row]:
    rows: list[Row] = []
    for name in names:
        start = perf_counter()
        print(f"{name} …", end=" ", file=sys.stderr, flush=True)
        rows += BENCHMARKS[name]()
        print(f"{perf_counter() - start:.0f} s", file=sys.stderr)
    return rows


def write(text: str) -> None:
    """Put the table between the two marks of the README."""
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    where = f"{platform.system()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    README.write_text(f"{before}{BEGIN}\n{where}:\n\n{text}\n{END}{after}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Prints figures, goals and floors.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones: {', '.join(BENCHMARKS)}; else all")
    parser.add_argument("--write", action="store_true", help="put the whole table into benchmarks/README.md")
    given = parser.parse_args()
    unknown = [name for name in given.names if name not in BENCHMARKS]
    if unknown or (given.write and given.names):
        parser.error(f"there is no {', '.join(unknown)}" if unknown else "--write takes no names: it writes all")
    text = table(measured(given.names or list(BENCHMARKS)))
    print(text)
    if given.write:
        write(text)


if __name__ == "__main__":
    main()
