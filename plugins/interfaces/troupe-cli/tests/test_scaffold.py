"""What `troupe plugin new` begins: a distribution of each kind, which is installed in a clean environment and passes
its own tests there.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
import venv
from collections.abc import Sequence
from pathlib import Path

import pytest

from troupe_cli.scaffolding import BY_NAME, listing, scaffold
from troupe_core import ArgumentError

ROOT = Path(__file__).parents[4]
NAMES = {
    "backend": "acme",
    "faculty": "mood",
    "memory": "recent",
    "tool": "postbox",
    "enricher": "polite",
    "extractor": "verdict",
    "wrapper": "timed",
    "bundle": "village",
}
NEEDED = [
    ".",
    "plugins/testing/troupe-testing",
    "plugins/faculties/troupe-faculty-mood",
    "plugins/tools/troupe-tool-notes",
]
"""What a new plugin depends on, the bundle included."""


def run(*command: object, cwd: Path) -> str:
    done = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_there_is_a_name_here_for_every_kind():
    assert NAMES.keys() == BY_NAME.keys()


@pytest.mark.parametrize("kind", BY_NAME)
def test_it_is_whole_and_in_good_order(kind, tmp_path):
    pytest.importorskip("ruff")
    files = scaffold(BY_NAME[kind], NAMES[kind], tmp_path)
    texts = {file: file.read_text() for file in files}
    assert not [file for file, text in texts.items() if "<%" in text or "%>" in text]
    assert {"README.md", "pyproject.toml", "ci.yml"} <= {file.name for file in files}
    project = tomllib.loads(texts[files[0]])["project"]
    assert project["name"] == files[0].parent.name
    assert any(dependency.startswith("troupe-core") for dependency in project["dependencies"])
    ruff = (sys.executable, "-m", "ruff")
    settings = ("--no-cache", "--isolated", "--line-length", "120", "--target-version", "py311", ".")
    run(*ruff, "format", "--check", *settings, cwd=files[0].parent)
    run(*ruff, "check", "--select", "B,C4,E,F,I,PT,PTH,RET,SIM,UP,W", *settings, cwd=files[0].parent)


@pytest.mark.parametrize("kind", [kind for kind in BY_NAME if BY_NAME[kind].value])
def test_its_page_of_the_cookbook_begins_with_it(kind):
    page = (ROOT / "docs" / "cookbook" / f"{kind}.md").read_text()
    code = page.partition("```python\n")[2].partition("```")[0]
    assert code == listing(BY_NAME[kind], NAMES[kind])


@pytest.mark.parametrize(
    "name", ["Mood", "my mood", "mood_swings", "-mood", "mood-", "a--b", "9mood", "", "../mood", "mød"]
)
def test_a_name_that_would_make_no_distribution_is_refused(name, tmp_path):
    with pytest.raises(ArgumentError, match="is no name for a plugin"):
        scaffold(BY_NAME["faculty"], name, tmp_path / "into")
    assert not (tmp_path / "into").exists()


@pytest.mark.parametrize(("kind", "name"), [("faculty", "feeling"), ("tool", "config"), ("wrapper", "plugin")])
def test_a_class_that_the_listing_has_already_is_refused(kind, name, tmp_path):
    with pytest.raises(ArgumentError, match="which is taken"):
        scaffold(BY_NAME[kind], name, tmp_path)


def test_nothing_is_written_over(tmp_path):
    (file, *_) = scaffold(BY_NAME["tool"], "two-words", tmp_path)
    file.write_text("mine")
    with pytest.raises(ArgumentError, match="is there already"):
        scaffold(BY_NAME["tool"], "two-words", tmp_path)
    assert file.read_text() == "mine"
    code = (tmp_path / "troupe-tool-two-words" / "src" / "troupe_tool_two_words" / "__init__.py").read_text()
    assert 'ToolSpec("two_words", "troupe_tool_two_words:TwoWords")' in code


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    """The Python of an environment that has nothing."""
    venv.create(tmp_path / "environment", with_pip=False)
    return tmp_path / "environment" / ("Scripts" if sys.platform == "win32" else "bin") / "python"


def install(python: Path, wheels: Path, names: Sequence[str]) -> None:
    pytest.importorskip("uv", reason="it installs")
    constraints = ROOT / "constraints.txt"
    where = ("--python", python, "--find-links", wheels, "--constraint", constraints)
    run(sys.executable, "-m", "uv", "pip", "install", "--quiet", *where, *names, cwd=wheels)


def build(folder: Path, into: Path) -> None:
    pytest.importorskip("hatchling.build", reason="it builds")
    into.mkdir(exist_ok=True)
    run(sys.executable, "-c", f"import hatchling.build; hatchling.build.build_wheel({str(into)!r})", cwd=folder)


def test_each_is_installed_in_a_clean_environment_and_passes_its_tests(clean, tmp_path):
    begun = tmp_path / "begun"
    for kind, name in NAMES.items():
        run(sys.executable, "-m", "troupe_cli", "plugin", "new", kind, name, "--into", begun, cwd=tmp_path)
    folders = sorted(begun.iterdir())
    assert len(folders) == len(NAMES)
    for folder in (*(ROOT / place for place in NEEDED), *folders):
        build(folder, tmp_path / "wheels")
    install(clean, tmp_path / "wheels", [f"{folder.name}[test]" for folder in folders])
    tests = [folder / "tests" for folder in folders]
    options = ("-q", "-W", "error", "--import-mode=importlib", "-p", "no:cacheprovider", "--rootdir", begun)
    said = run(clean, "-m", "pytest", *options, *tests, cwd=begun)
    assert " passed" in said
    assert "warning" not in said
