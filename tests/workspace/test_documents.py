"""What the documents show, runs: each file's Python blocks in order, as one program; and the examples."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest

from troupe_study import Study

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "plugins").glob("*/*/README.md")])
STORIES = [ROOT / "docs" / page for page in ("reading-the-output.md", "tutorial.md")]  # run in test_console.py
DOCUMENTS = [page for page in PAGES if "```python" in page.read_text() and page not in STORIES]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def shown_findings() -> str:
    """What the README says that its study, and the same in Python, come to."""
    shown = re.search(r"^```text\n(.*?)^```", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    assert shown is not None
    return shown.group(1).strip("\n")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_the_code_of_a_document_runs(document: Path, tmp_path: Path, python: Any):
    blocks = re.findall(r"^```python\n(.*?)^```", document.read_text(), re.DOTALL | re.MULTILINE)
    (tmp_path / "examples").symlink_to(ROOT / "examples")  # as in a clone
    program = tmp_path / "program.py"
    program.write_text("\n".join(blocks))
    printed = run(python, program, tmp_path)
    if document.parent == ROOT:
        assert shown_findings() in printed


@pytest.mark.parametrize("example", EXAMPLES, ids=name)
def test_an_example_runs(example: Path, tmp_path: Path, python: Any):
    shutil.copy(ROOT / "examples" / "people" / "demographics.json", tmp_path)
    assert run(python, example, tmp_path).strip()


def test_the_readme_shows_what_the_study_finds_that_it_begins_with(tmp_path: Path):
    study = Study.read(ROOT / "examples" / "studies" / "cold_soup.toml")
    assert str(study.run(tmp_path / "results").results).strip("\n") == shown_findings()


@pytest.mark.parametrize("document", PAGES, ids=name)
def test_links_between_documents_lead_somewhere(document: Path):
    for target in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
        assert (document.parent / target).exists(), f"{name(document)} links to {target}"


def test_each_page_is_in_a_list():
    missing = run_path(str(ROOT / "docs" / "site" / "contents.py"))["unlisted"]()
    assert not missing, "\n".join(missing)


def run(python: Any, program: Path, folder: Path) -> str:
    done = python(program, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout
