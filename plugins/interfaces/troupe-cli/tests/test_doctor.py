"""`troupe doctor` and `troupe config show`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from troupe_testing.server import ProtocolServer

KEY = "sk-not-for-anybody-1234"


@pytest.fixture
def server(write: Any) -> Iterator[ProtocolServer]:
    def answer(request: Any) -> Any:
        return {"sum": 5} if request["model"] != "poor" else "Five, I think."

    with ProtocolServer(answer, models=["good", "poor"]) as serving:
        write("troupe.toml", f"model = 'openai/good'\n[settings.openai]\nbase_url = '{serving.base_url}'\n")
        yield serving


@pytest.fixture
def doctor(troupe: Any) -> Any:
    def run(*options: str, before: tuple[str, ...] = ()) -> Any:
        return troupe(*before, "doctor", "--json", *options)

    return run


def told(ran: Any, level: str) -> list[str]:
    return [f"{each['about']}: {each['text']}" for each in ran.json["findings"] if each["level"] == level]


def test_all_is_well(doctor: Any, server: ProtocolServer, monkeypatch: Any):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    ran = doctor()
    assert (ran.code, ran.err) == (0, "")
    assert (ran.json["problems"], ran.json["warnings"]) == (0, 0)
    assert set(ran.json["findings"][0]) == {"level", "about", "text", "advice"}
    assert "model openai/good: 127.0.0.1 answers, and lists good" in told(ran, "ok")
    assert "backend openai: the secret at env:OPENAI_API_KEY is set" in told(ran, "ok")
    assert any("troupe.toml (found)" in line for line in told(ran, "ok"))
    assert KEY not in ran.out
    assert {request.path for request in server.requests} == {"/v1/models"}, "no model is asked"


def test_for_people(troupe: Any, server: ProtocolServer):
    ran = troupe("doctor")
    assert ran.code == 0
    assert "\nwarning  backend openai: there is no secret at env:OPENAI_API_KEY\n         → Set it" in ran.out
    assert ran.out.endswith("\nno problems, 1 warning\n")
    assert "\x1b" not in ran.out


def test_asking(doctor: Any, server: ProtocolServer, monkeypatch: Any):
    assert "one call" in troupe_help(doctor)
    ran = doctor("--ask")
    assert ran.code == 0
    assert any("answers, in the form that it is asked for (one call, " in line for line in told(ran, "ok"))
    assert sum(request.path.endswith("/chat/completions") for request in server.requests) == 1
    monkeypatch.setenv("TROUPE_MODEL", "openai/poor")
    ran = doctor("--ask")
    assert ran.code == 1
    assert "'Five, I think.'" in told(ran, "problem")[0]


def test_a_name_that_its_provider_does_not_list(doctor: Any, server: ProtocolServer, monkeypatch: Any):
    monkeypatch.setenv("TROUPE_MODEL", "openai/goood")
    ran = doctor()
    assert (ran.code, told(ran, "problem")) == (0, []), "it may be asked all the same"
    assert "model openai/goood: 127.0.0.1 answers, and lists good, but not goood" in told(ran, "warning")[-1]


def troupe_help(doctor: Any) -> str:
    return " ".join(str(doctor("--help").out).split())


def test_a_budget_that_would_stop_a_run_or_nothing(doctor: Any, server: ProtocolServer, write: Any):
    settings = f"model = 'openai/good'\n[settings.openai]\nbase_url = '{server.base_url}'\n[budget]\nmoney = 5.0\n"
    write("troupe.toml", f"{settings}[budget.purposes.extractoin]\nmoney = 1.0\n")
    ran = doctor()
    assert told(ran, "problem") == [
        "model openai/good: there is a budget of money, and nobody knows what it costs: it is not asked"
    ]
    assert any("budget.purposes.extractoin: is a purpose that only a faculty" in line for line in told(ran, "warning"))
    write("troupe.toml", f'{settings}[prices]\n"openai/good" = {{ input = 1.0, output = 4.0 }}\n')
    assert doctor().code == 0


def test_nobody_listens(doctor: Any, write: Any):
    write("troupe.toml", "model = 'openai/any'\n[settings.openai]\nbase_url = 'http://127.0.0.1:9/v1'\n")
    ran = doctor()
    assert ran.code == 1
    assert told(ran, "problem")[0].startswith("model openai/any: the connection to openai/any at 127.0.0.1 failed")


NESTED = """
from attrs import frozen
from troupe_core import BackendSpec, LLMBackend, LLMResponse, SecretRef, Usage, hookimpl

@frozen
class Config:
    key: SecretRef = SecretRef("env:NESTED_API_KEY")
    spare: SecretRef | None = SecretRef("env:NESTED_SPARE")

class Nested(LLMBackend, config=Config):
    async def complete(self, request, call):
        return LLMResponse('{"sum": 5}', Usage(1, 1), request.model, "stop")

@hookimpl
def troupe_register_llm_backends():
    yield BackendSpec("nested", Nested)
"""


def test_a_secret_that_has_to_be_there(doctor: Any, write: Any, monkeypatch: Any):
    write("nested.py", NESTED)
    monkeypatch.setenv("TROUPE_MODEL", "nested/large")
    monkeypatch.setenv("NESTED_APIKEY", KEY)
    ran = doctor(before=("-p", "./nested.py"))
    assert ran.code == 1
    assert told(ran, "problem") == ["backend nested: there is no secret at env:NESTED_API_KEY"]
    assert "backend nested: there is no secret at env:NESTED_SPARE" in told(ran, "warning")
    assert "The variable NESTED_APIKEY is set" in ran.out
    assert KEY not in ran.out
    monkeypatch.setenv("NESTED_API_KEY", KEY)
    ran = doctor(before=("-p", "./nested.py"))
    assert ran.code == 0
    assert "--ask asks" in ran.out
    ran = doctor("--ask", before=("-p", "./nested.py"))
    assert ran.code == 0
    assert "--ask" not in ran.out
    assert "cannot tell" not in ran.out


def test_an_error_that_says_what_to_do_is_given_no_other_advice(doctor: Any, monkeypatch: Any):
    monkeypatch.setenv("TROUPE_MODEL", "scripted/any")
    ran = doctor("--ask")
    (found,) = [each for each in ran.json["findings"] if each["level"] == "problem"]
    assert "has no script: give the runtime one" in found["text"]
    assert found["advice"] == ""


def test_no_model_is_named(doctor: Any):
    ran = doctor(before=("--no-plugins",))
    assert ran.code == 0
    assert any(line.startswith("model: no model is named: give one") for line in told(ran, "warning"))
    assert any("no file" in line for line in told(ran, "ok"))


REHEARSAL = """
from troupe_core import LLMBackend

class Rehearsal(LLMBackend):
    name, free = "rehearsal", True

    async def check(self, model):
        return "It answers by itself."
"""


def test_no_model_is_named_and_puppets_would_answer(doctor: Any, write: Any):
    write("puppets.py", REHEARSAL)
    ran = doctor(before=("--no-plugins", "-p", "./puppets.py"))
    assert (ran.code, ran.err) == (0, "")
    (found,) = [each for each in ran.json["findings"] if each["about"] == "model"]
    assert found["level"] == "warning"
    assert found["text"].startswith("no model is named, and no provider is set up: rehearsal/default is asked, puppets")
    assert 'model = "backend/model" in troupe.toml' in found["advice"]
    assert "model rehearsal/default: It answers by itself." in told(ran, "ok")


def test_no_model_is_named_though_a_provider_is_set_up(doctor: Any, write: Any, monkeypatch: Any):
    write("puppets.py", REHEARSAL)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    ran = doctor()
    (found,) = [line for line in told(ran, "warning") if line.startswith("model: ")]
    assert "openai is set up (the secret at env:OPENAI_API_KEY is set)" in found
    assert KEY not in ran.out


def test_a_model_whose_backend_is_missing_or_failed(doctor: Any, install: Any, broken: str, monkeypatch: Any):
    install("acme-llm", "acme_llm", broken)
    monkeypatch.setenv("TROUPE_MODEL", "llm/large")
    ran = doctor()
    assert ran.code == 1
    failed, model = told(ran, "problem")
    assert failed.startswith("plugin acme-llm (acme-llm 1.2): ModuleNotFoundError")
    assert "there is no LLM backend 'llm'" in model
    assert "What may bring it is left out: acme-llm" in model


def test_broken_settings_do_not_take_it_away(doctor: Any, write: Any):
    write("troupe.toml", "[budget]\ncals = 3\n")
    ran = doctor()
    assert ran.code == 1
    assert "troupe.toml:2: budget.cals" in told(ran, "problem")[0]


@pytest.mark.parametrize(
    "text",
    [
        "[budget]\ncalls = 'many'\ntokens = 'few'\n",
        "[settings.openai]\ntimeout = 'long'\nnobody = 3\n",
    ],
)
def test_each_mistake_is_a_problem(doctor: Any, write: Any, text: str):
    write("troupe.toml", text)
    ran = doctor()
    assert (ran.code, ran.json["problems"]) == (1, 2)
    assert "--no-plugins" not in ran.out


def test_what_is_no_toml_is_told_once(doctor: Any, write: Any):
    write("troupe.toml", "model = \n")
    ran = doctor()
    assert (ran.code, ran.json["problems"]) == (1, 1)
    assert "troupe.toml:1: this is no TOML" in told(ran, "problem")[0]


def test_a_broken_file_does_not_either(doctor: Any, write: Any, broken: str):
    write("broken.py", broken)
    ran = doctor(before=("-p", "./broken.py"))
    assert ran.code == 1
    assert "plugin broken (./broken.py) cannot be used" in told(ran, "problem")[0]


def test_variables_that_are_no_settings(doctor: Any, monkeypatch: Any):
    monkeypatch.setenv("TROUPE_FRIENDS", "3")
    monkeypatch.setenv("TROUPE_SERVICE_HOST", "10.0.0.1")
    ran = doctor()
    assert [line for line in told(ran, "warning") if "variable" in line] == [
        "settings: the variable TROUPE_FRIENDS is no setting, and is not read"
    ]
    monkeypatch.setenv("TROUPE_BUDGET_CALLS", "3")
    assert doctor().code == 1


def test_two_that_bring_the_same(doctor: Any, install: Any, faculty: str):
    install("acme-one", "acme_one", faculty)
    install("acme-two", "acme_two", faculty)
    (clash,) = [line for line in told(doctor(), "warning") if "humming" in line]
    assert "acme-one (acme-one 1.2) and acme-two (acme-two 1.2)" in clash


@pytest.mark.parametrize(
    ("requires", "said"),
    [
        ("troupe-core>=99", "acme-one 1.2 needs troupe-core>=99, and troupe-core 0.1.0 is installed"),
        ("acme-nowhere", "needs acme-nowhere, and acme-nowhere is not installed"),
        ("acme-nowhere; extra == 'more'", ""),
    ],
)
def test_versions_out_of_range(doctor: Any, install: Any, faculty: str, requires: str, said: str):
    install("acme-one", "acme_one", faculty, requires=requires)
    found = told(doctor(), "problem")
    assert (said in found[0]) if said else not found


def test_what_was_remarked_is_a_warning(doctor: Any, write: Any):
    write("troupe.toml", "[loading]\ndisable = ['nobody-at-all']\n")
    assert any("there is no plugin 'nobody-at-all'" in line for line in told(doctor(), "warning"))


# -- config show ------------------------------------------------------------------------------------------------------


def shown(ran: Any) -> dict[str, tuple[Any, str]]:
    return {each["name"]: (each["value"], each["place"]) for each in ran.json["settings"]}


def test_every_setting_with_its_place(troupe: Any, write: Any, monkeypatch: Any):
    path = write(
        "troupe.toml", "model = 'openai/any'\n[models]\nturn = 'openai/other'\n[settings.openai]\ntimeout = 3\n"
    )
    monkeypatch.setenv("TROUPE_BUDGET__CALLS", "200")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    ran = troupe("config", "show", "--json")
    found = shown(ran)
    assert (ran.code, ran.json["file"], ran.json["problems"]) == (0, str(path), [])
    assert found["model"] == ("openai/any", f"{path}:1")
    assert found["models.turn"] == ("openai/other", f"{path}:3")
    assert found["settings.openai.timeout"] == (3.0, f"{path}:5")
    assert found["budget.calls"] == (200, "the variable TROUPE_BUDGET__CALLS")
    assert found["loading.strict"] == (False, "default")
    assert found["settings.openai.key"] == ("env:OPENAI_API_KEY", "default")
    text = troupe("config", "show").out
    assert KEY not in ran.out + text
    assert any(
        line.split() == ["budget.calls", "200", "the", "variable", "TROUPE_BUDGET__CALLS"] for line in text.splitlines()
    )


def test_what_the_command_line_says(troupe: Any):
    found = shown(troupe("-p", "no:faculty-mood", "config", "show", "--json"))
    assert found["loading.disable"] == (["faculty-mood"], "the command line")


def test_a_broken_plugin_is_no_hindrance(troupe: Any, write: Any, broken: str):
    write("broken.py", broken)
    path = write(
        "troupe.toml", f"plugins = ['./broken.py']\n[settings.acme]\nkey = '{KEY}'\nother = 'env:KEY'\nsize = 3\n"
    )
    ran = troupe("config", "show", "--json")
    found = shown(ran)
    assert ran.code == 1
    assert "plugin broken (./broken.py) cannot be used" in ran.json["problems"][0]
    assert found["plugins"] == (["./broken.py"], f"{path}:1")
    assert found["settings.acme.size"] == (3, f"{path}:5")
    assert found["settings.acme.other"][0] == "env:KEY"
    assert "not shown" in found["settings.acme.key"][0]
    said = troupe("config", "show")
    assert KEY not in ran.out + said.out + said.err


CALLED_A_SECRET = """
from pathlib import Path
from typing import Literal
from attrs import field, frozen
from troupe_core import FacultySpec, TinyMentalFaculty, hookimpl

@frozen
class Config:
    api_key: str = ""
    headers: dict[str, str] = field(factory=dict)
    password: str = "env:ACME_PASSWORD"
    max_tokens: int = 3
    token_limit: Literal["low", "high"] = "low"
    size: float = float("inf")

class Humming(TinyMentalFaculty, config=Config):
    pass

@hookimpl
def troupe_register_faculties():
    yield FacultySpec("humming", Humming)
"""


def test_text_that_is_called_a_secret_is_not_shown(troupe: Any, write: Any):
    write("humming.py", CALLED_A_SECRET)
    headers = f"headers = {{ Authorization = 'Bearer {KEY}', 'X-Api-Key' = '{KEY}', Accept = 'text' }}"
    write("troupe.toml", f"plugins = ['./humming.py']\n[settings.humming]\napi_key = '{KEY}'\n{headers}\n")
    ran = troupe("config", "show", "--json")
    found = {name.removeprefix("settings.humming."): value for name, (value, _) in shown(ran).items()}
    assert (found["api_key"], found["headers.Authorization"], found["headers.X-Api-Key"]) == ("[secret]",) * 3
    assert (found["headers.Accept"], found["password"]) == ("text", "env:ACME_PASSWORD")
    assert (found["max_tokens"], found["token_limit"], found["size"]) == (3, "low", "inf")
    for command in (["config", "show"], ["plugin", "info", "humming"], ["plugin", "info", "humming", "--json"]):
        assert KEY not in ran.out + troupe(*command).out


def test_a_key_that_was_written_down_is_not_repeated(troupe: Any, write: Any):
    write("troupe.toml", f"model = 'openai/any'\n[settings.openai]\nkey = '{KEY}'\n")
    for command in (["config", "show"], ["config", "show", "--json"], ["doctor"], ["plugin", "list"]):
        ran = troupe(*command)
        assert ran.code in (1, 3)
        assert KEY not in ran.out + ran.err
