"""`troupe plugin …`: what there is, what became of it, and who stands around whom."""

from __future__ import annotations

from typing import Any

import pytest

LIST = ("name", "status", "reason", "built_in", "distribution", "version", "file", "registers", "hooks")


def by_name(ran: Any) -> dict[str, Any]:
    return {each["name"]: each for each in ran.json["plugins"]}


def test_a_line_for_each_plugin(troupe: Any):
    ran = troupe("plugin", "list")
    assert (ran.code, ran.err) == (0, "")
    head, *lines = ran.out.splitlines()
    assert head.split() == ["NAME", "STATUS", "FROM", "BRINGS", "WHY"]
    for option in ("--hooks", "--all"):
        assert "HOOKS" in troupe("plugin", "list", option).out.partition("\n")[0]
    (openai,) = [line for line in lines if line.startswith("llm-openai ")]
    assert openai.split()[1:4] == ["active", "troupe-llm-openai", "0.1.0"]
    assert "llm backend openai" in openai
    assert not any(line.startswith("core ") for line in lines)
    assert "\x1b" not in ran.out


def test_those_of_the_core_are_listed_with_all(troupe: Any):
    assert "core" not in by_name(troupe("plugin", "list", "--json"))
    assert by_name(troupe("plugin", "list", "--all", "--json"))["core"]["built_in"] is True


def test_the_document_has_these_keys(troupe: Any):
    found = by_name(troupe("plugin", "list", "--json"))
    assert tuple(found["cli"]) == LIST
    assert {"kind": "command", "name": "doctor"} in found["cli"]["registers"]
    assert found["cache-sqlite"]["status"] == "asleep"
    assert "[settings.cache-sqlite]" in found["cache-sqlite"]["reason"]
    assert found["resilience"]["status"] == "active"
    assert "around models of azure, openai; around all others it waits" in found["resilience"]["reason"]


def test_only_some(troupe: Any):
    tools = by_name(troupe("plugin", "list", "--kind", "tool", "--json"))
    assert "tool-notes" in tools
    assert all("tool" in {brought["kind"] for brought in each["registers"]} for each in tools.values())
    around = by_name(troupe("plugin", "list", "--hook", "troupe_llm_handler", "--json"))
    assert "cache-sqlite" in around
    assert all("troupe_llm_handler" in each["hooks"] for each in around.values())
    ran = troupe("plugin", "list", "--hook", "troupe_llm_handlr")
    assert ran.code == 2
    assert "did you mean troupe_llm_handler" in ran.err


@pytest.mark.parametrize(
    ("kind", "some", "other"),
    [
        ("backend", "llm-openai", "tool-notes"),
        ("llm-backend", "testing", "cli"),
        ("wrapper", "cache-sqlite", "testing"),
    ],
)
def test_kinds_have_other_words_too(troupe: Any, kind: str, some: str, other: str):
    found = by_name(troupe("plugin", "list", "--kind", kind, "--json"))
    assert some in found
    assert other not in found


@pytest.mark.parametrize("kind", ["prompts", "templates", "set-of-templates"])
def test_prompts_have_three_words(troupe: Any, kind: str):
    assert troupe("plugin", "list", "--kind", kind).code == 0


def test_a_file_is_listed_with_its_place(troupe: Any, write: Any, faculty: str):
    write("humming.py", faculty)
    found = by_name(troupe("-p", "./humming.py", "plugin", "list", "--json"))["humming"]
    assert (found["file"], found["distribution"], found["status"]) == ("./humming.py", "", "active")
    assert found["registers"] == [{"kind": "faculty", "name": "humming"}]


def test_one_that_failed(troupe: Any, install: Any, broken: str):
    install("acme-broken", "acme_broken", broken)
    ran = troupe("plugin", "list")
    assert ran.code == 1
    (line,) = [line for line in ran.out.splitlines() if line.startswith("acme-broken")]
    assert line.endswith("ModuleNotFoundError: No module named 'a_library_that_nobody_has'"), "whole"
    assert ran.err == "", "it is said once"
    about = troupe("plugin", "info", "acme-broken", "--json")
    assert about.code == 1
    assert about.json["status"] == "failed"
    assert 'loading.disable = ["acme-broken"]' in about.json["advice"]
    assert (about.json["summary"], about.json["home_page"]) == ("Something of Acme's.", "https://acme.example/")
    assert "a_library_that_nobody_has" in troupe("plugin", "info", "acme-broken").out


def test_where_it_has_failed(troupe: Any, install: Any, folder: Any):
    install("acme-broken", "acme_broken", "from troupe_core import hookimpl\n\n1 / 0\n")
    place = f"{folder / 'site' / 'acme_broken.py'}:3"
    assert f"division by zero ({place})" in troupe("plugin", "info", "acme-broken").out
    assert troupe("plugin", "info", "acme-broken", "--json").json["failed_at"] == place
    assert f"division by zero ({place})" in troupe("doctor").out
    for command in (["plugin", "list"], ["plugin", "info", "acme-broken"], ["doctor"]):
        ran = troupe("--traceback", *command)
        assert ran.code == 1
        assert ran.err.count("    1 / 0\n") == 1
        assert "Traceback" not in ran.out + troupe(*command).err


def test_a_line_that_is_no_python(troupe: Any, install: Any, folder: Any):
    install("acme-broken", "acme_broken", "\nclass True: pass\n")
    found = troupe("plugin", "info", "acme-broken", "--json").json
    assert found["failed_at"] == f"{folder / 'site' / 'acme_broken.py'}:2"


def test_a_hook_that_fails(troupe: Any, install: Any, faculty: str):
    install("acme-broken", "acme_broken", faculty.replace("    yield FacultySpec", "    1 / 0\n    yield FacultySpec"))
    found = troupe("plugin", "info", "acme-broken", "--json").json
    assert found["status"] == "failed"
    assert found["failed_at"].rpartition("/")[2].startswith("acme_broken.py:")


def test_who_writes_it_mends_it(troupe: Any, install: Any, write: Any, broken: str):
    install("acme-broken", "acme_broken", broken)
    assert "install acme-broken anew" in troupe("plugin", "info", "acme-broken").out
    write("site/acme_broken-1.2.dist-info/direct_url.json", '{"url": "file:///acme", "dir_info": {"editable": true}}')
    assert troupe("plugin", "info", "acme-broken", "--json").json["advice"].startswith("mend it, or do without it")


def test_one_that_is_left_out(troupe: Any):
    ran = troupe("-p", "no:faculty-mood", "plugin", "list", "--json")
    assert (ran.code, by_name(ran)["faculty-mood"]["status"]) == (0, "skipped")
    assert "loading.disable" in troupe("-p", "no:faculty-mood", "plugin", "info", "faculty-mood").out


@pytest.mark.parametrize("name", ["faculty-mood", "troupe-faculty-mood", "mood", "faculty-m*"])
def test_it_is_left_out_by_any_of_its_names(troupe: Any, name: str):
    ran = troupe("-p", f"no:{name}", "plugin", "list", "--json")
    assert (by_name(ran)["faculty-mood"]["status"], ran.err) == ("skipped", "")


def test_what_is_left_out_has_to_be_there(troupe: Any):
    ran = troupe("-p", "no:faculty-mod", "plugin", "list")
    assert ran.code == 0
    assert ran.err.startswith("troupe: no:faculty-mod: there is no plugin 'faculty-mod'; did you mean faculty-mood")
    assert len(ran.err.splitlines()) == 1
    assert "warning  settings: no:faculty-mod" in troupe("-p", "no:faculty-mod", "doctor").out


def test_what_the_settings_disable_stays_disabled_beside_the_option(troupe: Any, write: Any):
    write("troupe.toml", "[loading]\ndisable = ['tool-notes']\n")
    found = by_name(troupe("-p", "no:faculty-mood", "plugin", "list", "--json"))
    assert {name for name, each in found.items() if each["status"] == "skipped"} == {"faculty-mood", "tool-notes"}


def test_no_plugins(troupe: Any, write: Any, faculty: str, broken: str):
    write("humming.py", faculty)
    write("broken.py", broken)
    write("troupe.toml", "plugins = ['./broken.py']\n[loading]\nrequired = ['nobody']\n")
    assert troupe("plugin", "list").code == 3
    ran = troupe("--no-plugins", "-p", "./humming.py", "plugin", "list", "--json")
    assert list(by_name(ran)) == ["humming"]


def test_one_that_was_asked_for_and_is_broken(troupe: Any, write: Any, broken: str):
    write("broken.py", broken)
    ran = troupe("-p", "./broken.py", "plugin", "list")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("troupe: plugin broken (./broken.py) cannot be used: ModuleNotFoundError")
    assert "Traceback" not in ran.err
    assert "Traceback" in troupe("--traceback", "-p", "./broken.py", "plugin", "list").err


def test_everything_about_one(troupe: Any, write: Any, faculty: str, monkeypatch: Any):
    monkeypatch.setenv("ACME_KEY", "sk-not-for-anybody")
    monkeypatch.setenv("TROUPE_SETTINGS__HUMMING__SIZE", "3")
    write("humming.py", faculty)
    ran = troupe("-p", "./humming.py", "plugin", "info", "humming", "--json")
    assert ran.code == 0
    (brought,) = ran.json["registers"]
    assert brought["kind"] == "faculty"
    assert brought["about"] == "You hum."
    assert brought["usage"] == 'TinyPerson(…, mental_faculties=["humming"])'
    settings = {each["name"]: each for each in ran.json["settings"]}
    assert settings["settings.humming.size"] == {
        "name": "settings.humming.size",
        "value": 3,
        "default": 1,
        "type": "a whole number",
        "place": "the variable TROUPE_SETTINGS__HUMMING__SIZE",
        "said": True,
        "secret": False,
    }
    assert settings["settings.humming.key"]["value"] == "env:ACME_KEY"
    shown = troupe("-p", "./humming.py", "plugin", "info", "humming").out
    assert "env:ACME_KEY" in shown
    assert "sk-not-for-anybody" not in ran.out + shown


def test_a_distribution_is_a_name_as_well(troupe: Any):
    assert troupe("plugin", "info", "troupe-llm-openai", "--json").json["name"] == "llm-openai"


def test_an_unknown_name(troupe: Any):
    ran = troupe("plugin", "info", "lm-openai")
    assert ran.code == 2
    assert "there is no plugin 'lm-openai'; did you mean llm-openai?" in ran.err


@pytest.mark.parametrize("name", ["llm-openai", "troupe-llm-openai", "openai"])
def test_by_its_name_its_distribution_or_what_it_brings(troupe: Any, name: str):
    assert troupe("plugin", "info", name).out.startswith("llm-openai\n")


def test_who_stands_around_whom(troupe: Any):
    ran = troupe("plugin", "graph", "troupe_llm_handler")
    assert ran.out.splitlines() == [
        "troupe_llm_handler (composes, the outermost first)",
        "  cache-sqlite (troupe-cache-sqlite 0.1.0), asleep",
        "    resilience (troupe-resilience 0.1.0), asleep but for azure, openai",
        "      core (troupe-core 0.1.0)",
    ]
    (hook,) = troupe("plugin", "graph", "troupe_llm_handler", "--json").json["hooks"]
    assert (hook["hook"], hook["composes"]) == ("troupe_llm_handler", True)
    assert [(each["name"], each["asleep"], each["but_for"]) for each in hook["plugins"]] == [
        ("cache-sqlite", True, []),
        ("resilience", True, ["azure", "openai"]),
        ("core", False, []),
    ]


def test_one_that_is_awake_is_not_marked(troupe: Any, write: Any):
    write("troupe.toml", "[settings.cache-sqlite]\n[settings.resilience]\n")
    assert "asleep" not in troupe("plugin", "graph", "troupe_llm_handler").out


def test_collecting_hooks_have_an_order(troupe: Any):
    hooks = {each["hook"]: each for each in troupe("plugin", "graph", "--json").json["hooks"]}
    names = [each["name"] for each in hooks["troupe_register_faculties"]["plugins"]]
    assert names == ["core", "faculty-mood", "faculty-recall"]
    assert "nobody" in troupe("plugin", "graph", "troupe_event").out
