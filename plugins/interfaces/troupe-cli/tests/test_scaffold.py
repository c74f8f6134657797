"""What `troupe plugin new` begins: a distribution of each kind. That each passes its own tests where nothing else is,
`tests/workspace/test_installed_plugins.py` shows.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
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


TAKEN = [
    ("faculty", "feeling"),
    ("tool", "config"),
    ("wrapper", "plugin"),
    ("backend", "true"),
    ("memory", "none"),
    ("tool", "exception"),
]


@pytest.mark.parametrize(("kind", "name"), TAKEN)
def test_a_class_that_the_listing_or_python_has_already_is_refused(kind, name, tmp_path):
    with pytest.raises(ArgumentError, match="which is taken"):
        scaffold(BY_NAME[kind], name, tmp_path)


def test_a_long_name_is_refused(tmp_path):
    with pytest.raises(ArgumentError, match="300 letters is too long"):
        scaffold(BY_NAME["faculty"], "x" * 300, tmp_path)


@pytest.mark.parametrize("name", ["Mood", "feeling", "calm"])
def test_a_name_that_cannot_be_used_is_wrong_usage(name, tmp_path, troupe):
    (tmp_path / "troupe-faculty-calm").symlink_to("nowhere")
    ran = troupe("plugin", "new", "faculty", name, "--into", str(tmp_path))
    assert (ran.code, ran.out) == (2, "")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("troupe")] == ["troupe-faculty-calm"]


@pytest.mark.parametrize(("kind", "page"), [("command", "command.md"), ("prompts", "templates.md")])
def test_what_is_written_by_hand_has_a_page(kind, page, troupe):
    ran = troupe("plugin", "new", kind, "calm")
    assert ran.code == 2
    assert f"docs/cookbook/{page}" in ran.err
    assert (ROOT / "docs" / "cookbook" / page).is_file()


def test_nothing_is_written_over(tmp_path):
    (file, *_) = scaffold(BY_NAME["tool"], "two-words", tmp_path)
    file.write_text("mine")
    with pytest.raises(ArgumentError, match="is there already"):
        scaffold(BY_NAME["tool"], "two-words", tmp_path)
    assert file.read_text() == "mine"
    code = (tmp_path / "troupe-tool-two-words" / "src" / "troupe_tool_two_words" / "__init__.py").read_text()
    assert 'ToolSpec("two_words", "troupe_tool_two_words:TwoWords")' in code
