"""Plugins as their users have them: what `troupe plugin new` begins, and the three of `examples/plugins`, are built,
installed in an environment that has nothing else, and pass their own tests there.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

import troupe_core
from troupe_core import findings

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "plugins"
PLUGINS = sorted(EXAMPLES.glob("troupe-*"))
KINDS = {
    "backend": "acme",
    "faculty": "calm",
    "memory": "recent",
    "tool": "postbox",
    "enricher": "polite",
    "extractor": "verdict",
    "wrapper": "timed",
    "bundle": "village",
}
NEEDED = (
    "",
    "plugins/testing/troupe-testing",
    "plugins/faculties/troupe-faculty-mood",
    "plugins/tools/troupe-tool-notes",
)
"""What they depend on, the bundle included."""


def name(path: Path) -> str:
    return path.name


def code_of(plugin: Path) -> Path:
    (found,) = plugin.glob("src/*/__init__.py")
    return found


# -- installed --------------------------------------------------------------------------------------------------------


def run(*command: object, cwd: Path) -> str:
    done = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def build(folder: Path, wheels: Path) -> None:
    run(sys.executable, "-c", f"import hatchling.build; hatchling.build.build_wheel({str(wheels)!r})", cwd=folder)


def test_in_a_clean_environment_each_passes_its_own_tests(tmp_path):
    begun, wheels = tmp_path / "begun", tmp_path / "wheels"
    wheels.mkdir()
    for kind, chosen in KINDS.items():
        run(sys.executable, "-m", "troupe_cli", "plugin", "new", kind, chosen, "--into", begun, cwd=tmp_path)
    plugins = [*sorted(begun.iterdir()), *PLUGINS]
    assert len(plugins) == len(KINDS) + 3
    for folder in plugins:
        assert imported_by(folder) <= needed_by(folder), "it needs what it imports, and not what others bring"
    for folder in (*(ROOT / place for place in NEEDED), *plugins):
        build(folder, wheels)
    venv.create(tmp_path / "environment", with_pip=False)
    python = tmp_path / "environment" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    where = ("--python", python, "--find-links", wheels, "--constraint", ROOT / "constraints.txt")
    wanted = [f"{folder.name}[test]" for folder in plugins]
    run(sys.executable, "-m", "uv", "pip", "install", "--quiet", *where, *wanted, cwd=tmp_path)

    options = ("-q", "-W", "error", "--import-mode=importlib", "-p", "no:cacheprovider", "--rootdir", tmp_path)
    said = run(python, "-m", "pytest", *options, *(folder / "tests" for folder in plugins), cwd=tmp_path)
    assert " passed" in said
    assert "warning" not in said
    page = (ROOT / "docs" / "cookbook" / "your-first-plugin.md").read_text()
    (tmp_path / "try_calm.py").write_text(
        page.partition("as `try_calm.py`")[2].partition("```py\n")[2].partition("```")[0]
    )
    assert "Tension: 2 of 10" in run(python, tmp_path / "try_calm.py", cwd=tmp_path)
    assert run(python, EXAMPLES / "shopping.py", cwd=tmp_path).splitlines() == [
        "Ana: 1 × price, 1 × bottle, 13.00 left",
        "Ben: 2 × price, 0 × bottle, 20.00 left",
    ]


def imported_by(plugin: Path) -> set[str]:
    """The distributions whose packages its code imports, at the top or within functions."""
    found: set[str] = set()
    for file in plugin.glob("src/**/*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                found |= {each.name for each in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add(str(node.module))
    tops = {name.partition(".")[0] for name in found} - set(sys.stdlib_module_names)
    return {top.replace("_", "-") for top in tops}


def needed_by(plugin: Path) -> set[str]:
    """The distributions that it says it needs."""
    project = tomllib.loads((plugin / "pyproject.toml").read_text())["project"]
    return {re.split(r"[<>=!~ \[]", each)[0] for each in project["dependencies"]}


# -- the three examples -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("plugin", PLUGINS, ids=name)
def test_an_example_has_forty_lines_at_most_and_needs_public_names_alone(plugin):
    text = code_of(plugin).read_text()
    assert len(text.splitlines()) <= 40
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("troupe"):
            assert node.module == "troupe_core"
            assert {each.name for each in node.names} <= set(troupe_core.__all__)


@pytest.mark.parametrize("plugin", PLUGINS, ids=name)
def test_every_line_of_an_example_is_explained_on_a_page_that_stands_beside_it(plugin):
    code = code_of(plugin).read_text()
    told: list[int] = []
    for lines, pages in rows_of(plugin / "README.md"):
        told += lines
        text = "\n".join(page.read_text() for page in pages)
        unexplained = {word for word in words_in(code, lines) if not re.search(rf"\b{word}\b", text)}
        assert not unexplained, f"lines {lines[0]}–{lines[-1]}: their pages do not know {unexplained}"
    assert len(told) == len(set(told))
    written = {number for number, line in enumerate(code.splitlines(), 1) if line.strip()}
    assert written - set(told) == set(), "lines that no row of the README tells of"


def rows_of(readme: Path) -> Iterator[tuple[list[int], list[Path]]]:
    """The lines of each row of its table, and the pages that explain them."""
    for first, last, links in re.findall(r"^\| (\d+)(?:–(\d+))? \|.*?\| (\[.*) \|$", readme.read_text(), re.MULTILINE):
        pages = []
        for target in re.findall(r"\]\(([^)]+)\)", links):
            path, _, anchor = target.partition("#")
            page = (readme.parent / path).resolve()
            assert not anchor or anchor in anchors_of(page), f"{page.name} has no part {anchor}"
            pages.append(page)
        yield list(range(int(first), int(last or first) + 1)), pages


def anchors_of(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def words_in(code: str, lines: list[int]) -> set[str]:
    """The names in some lines that are Troupe's."""
    nodes = [node for node in ast.walk(ast.parse(code)) if getattr(node, "lineno", 0) in lines]
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    used |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    used |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    used |= {each.name for node in nodes if isinstance(node, ast.ImportFrom) for each in node.names}
    return used & OURS


GIVEN = (
    troupe_core.LLMRequest,
    troupe_core.LLMBackend,
    troupe_core.Call,
    troupe_core.Parameters,
    troupe_core.ModelError,
    troupe_core.Turn,
    troupe_core.TinyMentalFaculty,
    troupe_core.Extractor,
    troupe_core.ExtractionTask,
    troupe_core.Transcript,
    findings.Fields,
    findings.Line,
)
OURS = {*troupe_core.__all__, *(member for kind in GIVEN for member in dir(kind) if not member.startswith("_"))}
