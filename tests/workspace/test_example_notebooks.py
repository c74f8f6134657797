"""The example notebooks are kept without outputs, run from top to bottom, and come to what they say."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "examples" / "notebooks"
STRICT = "import warnings; warnings.simplefilter('error'); warnings.filterwarnings('ignore', module='ipykernel')"


class Read:
    """A notebook from top to bottom, as somebody reads it who has run it with warnings as errors."""

    def __init__(self, name: str, kernel: str) -> None:
        path = FOLDER / name
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert not any(cell.outputs or cell.execution_count for cell in code), f"clear the outputs of {name}"
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
            assert (FOLDER / target).exists(), f"{name} links to {target}"
        notebook.cells.insert(0, nbformat.v4.new_code_cell(STRICT))
        client = NotebookClient(notebook, kernel_name=kernel, timeout=60, resources={"metadata": {"path": str(FOLDER)}})
        client.execute()
        outputs = [output for cell in code for output in cell.outputs]
        assert [output for output in outputs if output.get("name") == "stderr"] == []
        self.printed = "".join(output.text for output in outputs if output.output_type == "stream")
        self.shown = [_plain(output.data["text/html"]) for output in outputs if output.output_type == "execute_result"]

    def showing(self, *words: str) -> str:
        """The one thing that was shown in which all these stand, a line for each row of a table."""
        (found,) = [text for text in self.shown if all(word in text for word in words)]
        return found


def _plain(html: str) -> str:
    return re.sub(r"<[^>]*>", " ", html.replace("\n", " ").replace("</tr>", "\n"))


def test_each_of_them_is_run_here():
    assert sorted(path.name for path in FOLDER.glob("*.ipynb")) == ["advertisement.ipynb", "focus_group.ipynb"]


def test_the_focus_group_comes_to_what_it_says(kernel):
    read = Read("focus_group.ipynb", kernel)
    assert "Moderator: Our bakery thinks of food delivered to the door at midnight" in read.printed
    findings = read.showing("in_favour", "objection")
    assert len(findings.splitlines()) == 1 + 5 + 1  # with a head, and the mark at the end
    assert "rehearsal: puppets said this" in findings
    for name in ("Jismy", "Joaquim"):  # the subscription finds no friend in those two
        assert re.search(rf"{name} .* 1\s+0\.\d+\s+no\s+0\.\d+", findings)
    aside = read.showing("would_use", "answer", "everybody else can queue")
    assert re.search(r"Joaquim .* yes\s+0\.\d+", aside)


def test_each_of_the_two_groups_prefers_the_text_for_it(kernel):
    read = Read("advertisement.ipynb", kernel)
    assert re.search(r"^counts every coin +24 +0 +0$", read.printed, re.MULTILINE)
    assert re.search(r"^early adopter +0 +24 +0$", read.printed, re.MULTILINE)
    assert read.printed.count(": 0 of 12 chose differently in the other order") == 2
    assert "Gail Petruniak 2" in read.showing("new_things", "preferences")
