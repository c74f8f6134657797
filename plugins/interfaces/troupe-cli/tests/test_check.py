"""`troupe plugin check`. What a process of pytest makes of a plugin takes a second, so each test looks at several
things. The plugins are small: what the kit says of each kind is the business of its own tests.
"""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import pytest

WATCHER = """
    from troupe_core import hookimpl

    @hookimpl
    def troupe_event(event):
        pass
"""
HUMMING = '''
    from attrs import frozen
    from troupe_core import FacultySpec, TinyMentalFaculty, hookimpl

    @frozen
    class Config:
        size: int

    class Humming(TinyMentalFaculty, config=Config):
        """You hum."""

        def state_prompt(self, turn):
            return f"You hum {self.config.size} tunes."

    @hookimpl
    def troupe_register_faculties():
        yield FacultySpec("humming", Humming)
'''


def test_one_that_is_right(troupe: Any, write: Any, monkeypatch: pytest.MonkeyPatch):
    """Whatever is set around it for pytest."""
    write("pytest.ini", "[pytest]\naddopts = --no-such-option\n")
    write("conftest.py", "raise RuntimeError('read')")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option-either")
    monkeypatch.setenv("TMPDIR", ".")
    write("watching.py", WATCHER)
    ran = troupe("plugin", "check", "./watching.py")
    assert (ran.code, ran.out, ran.err) == (0, "8 checks passed, 0 failed, 2 had nothing to look at.\n", "")

    ran = troupe("plugin", "check", "--all", "./watching.py")
    assert ran.out.startswith("OF          CHECK ")
    assert "the plugin  a runtime takes it in " in ran.out
    assert ran.code == 0


def test_one_that_is_wrong(troupe: Any, write: Any):
    write("watching.py", WATCHER.replace("troupe_event", "troupe_evnet"))
    ran = troupe("plugin", "check", "./watching.py", "--json")
    assert ran.code == 1
    assert ran.json["left"] == []
    (wrong,) = [each for each in ran.json["results"] if each["outcome"] not in ("passed", "skipped")]
    assert wrong.pop("message").startswith("no runtime takes it in: plugin watching ")
    assert wrong == {
        "subject": "the plugin",
        "check": "test_a_runtime_takes_it_in",
        "promise": "Its hooks are hooks of Troupe, with arguments that they have; what it registers can be made.",
        "outcome": "failed",
    }


def test_one_that_cannot_be_imported(troupe: Any, install: Any, broken: str):
    """It is told in one line, by its name and by that of its module."""
    install("acme-broken", "acme_broken", broken)
    for name in ("acme-broken", "acme_broken"):
        ran = troupe("plugin", "check", name)
        said = "no runtime takes it in: acme_broken cannot be imported: ModuleNotFoundError: No module named"
        assert f"the plugin  a runtime takes it in  failed   {said}" in ran.out
        assert "acme_broken.py, line 1)" in ran.out
        assert "\n0 checks passed, 1 failed, " in ran.out
        assert ran.code == 1


def test_by_what_it_brings(troupe: Any, install: Any):
    """And by its distribution, which the fixture calls like the plugin."""
    install("acme-tunes", "acme_tunes", HUMMING.replace("size: int", "size: int = 1"))
    for name in ("humming", "acme-tunes"):
        ran = troupe("plugin", "check", name, "--json")
        assert ran.code == 0
        assert {each["subject"] for each in ran.json["results"]} == {"faculty humming"}


def test_one_that_was_taken_in(troupe: Any, write: Any):
    """By the command line or by the settings, whatever folder they are in; without what is set for it, unless that is
    asked for.
    """
    write("mine/humming.py", HUMMING)
    write("troupe.toml", "plugins = ['./mine/humming.py']\n[settings.humming]\nsize = 3\n")
    ran = troupe("plugin", "check", "humming")
    assert ran.code == 1
    assert "settings.humming.size: is missing; expected a whole number. Nothing was set: " in ran.out
    assert "handed over by --with-settings" in ran.out

    write("troupe.toml", "")
    ran = troupe("-p", "./mine/humming.py", "plugin", "check", "humming")
    assert "settings.humming.size: is missing" in ran.out


def test_what_is_set_is_handed_over_when_it_is_asked_for(troupe: Any, write: Any, monkeypatch: pytest.MonkeyPatch):
    write("humming.py", HUMMING)
    monkeypatch.setenv("TROUPE_SETTINGS__HUMMING__SIZE", "4")
    ran = troupe("-p", "./humming.py", "plugin", "check", "--with-settings", "humming")
    assert ran.code == 0, ran.out + ran.err

    write("humming.py", HUMMING.replace("size: int", "size: object"))
    monkeypatch.delenv("TROUPE_SETTINGS__HUMMING__SIZE")
    write("troupe.toml", "[settings.humming]\nsize = 2026-01-01\n")
    ran = troupe("-p", "./humming.py", "plugin", "check", "--with-settings", "humming")
    assert ran.code == 3
    assert "settings.humming cannot be handed over to a check: Object of type date" in ran.err


def test_the_files_of_a_user_are_left_alone(troupe: Any, write: Any, folder: Any):
    write("troupe.toml", "[settings.cache-sqlite]\nmode = 'readwrite'\npath = 'mine.sqlite'\n")
    assert troupe("plugin", "check", "cache-sqlite").code == 0
    assert not (folder / "mine.sqlite").exists()


def test_what_may_be_meant_so_is_left_to_its_own_tests(troupe: Any, write: Any):
    write("watching.py", f"import httptools\n{dedent(WATCHER)}")
    ran = troupe("plugin", "check", "./watching.py")
    assert ran.code == 0
    counted, left = ran.out.splitlines()
    assert counted == "7 checks passed, 0 failed, 2 had nothing to look at."
    assert left.startswith("Left to its own tests: the plugin: importing it also loads ")
    assert left.endswith("or name them in may_import. It may be meant so: then its tests say may_import.")


def test_what_is_no_plugin(troupe: Any, write: Any):
    ran = troupe("plugin", "check", "faculty-mod")
    assert ran.code == 2
    assert (
        "there is no plugin 'faculty-mod', and no module of that name; did you mean faculty-mood or faculty-recall?"
        in ran.err
    )
    assert troupe("plugin", "new", "faculty", "calm").code == 0
    for place in ("troupe-faculty-calm", "./troupe-faculty-calm/"):
        ran = troupe("plugin", "check", place)
        assert ran.code == 2
        assert "troupe-faculty-calm is a folder: pip install -e" in ran.err
    write("watching.py", WATCHER)
    ran = troupe("-p", "./watching.py", "plugin", "check", "%")
    assert ", tool-notes, watching" in ran.err
    assert "there is no file " in troupe("plugin", "check", "./nobody.py").err
    assert "core is a part of troupe-core" in troupe("plugin", "check", "core").err
    ran = troupe("plugin", "check", "--with-settings", "./watching.py")
    assert (ran.code, "troupe -p ./watching.py plugin check --with-settings" in ran.err) == (2, True)
