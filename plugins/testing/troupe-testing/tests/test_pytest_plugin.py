"""The fixtures, from within, and in test runs of their own."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from troupe_core import ArgumentError, Call, LLMRequest, ModelCall, Runtime, Simulation, TinyPerson, TurnEnded, hookimpl
from troupe_testing import HookRecorder, JournalInspector, NetworkBlocked, NetworkGuard, talk, turn
from troupe_testing.network import is_here
from troupe_testing.server import ProtocolServer

README = Path(__file__).parents[1] / "README.md"
SECRET = "sk-do-not-keep-me"
ELSEWHERE = ("192.0.2.1", 80)  # an address that stands for nobody


def greeting(request: LLMRequest, call: Call) -> Any:
    return turn(talk('Good "morning", Zoë.')) if call.purpose == "turn" else {"memories": []}


# -- runtimes --------------------------------------------------------------------------------------------------------


def test_a_runtime_has_nothing_but_what_was_asked_for(runtime: Runtime, make_runtime: Callable[..., Runtime]):
    names = {origin.distribution for origin in runtime.plugins.origins.values()}
    assert names <= {"", "troupe-core"}
    assert make_runtime() is not runtime


def test_a_runtime_heeds_no_file_of_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_runtime: Callable[..., Runtime]
):
    (tmp_path / "troupe.toml").write_text("this is no TOML")
    monkeypatch.chdir(tmp_path)
    assert make_runtime().default_model() == ("scripted/test",)


@pytest.mark.parametrize("script", [None, "Hello.", {"actions": []}])
def test_what_is_no_script_is_named(make_runtime: Callable[..., Runtime], script: Any):
    with pytest.raises(ArgumentError, match="expected a script, which is a function of request and call"):
        make_runtime(script)


def test_a_simulation_is_current_and_its_model_is_at_hand(simulation: Simulation):
    ada = TinyPerson("Ada")
    assert ada.listen_and_act("Hello.")[0].type == "THINK"
    assert simulation["Ada"] is ada
    (asked,) = simulation.runtime.model_under_test.requests  # type: ignore[attr-defined]
    assert asked[1].person == "Ada"


# -- the recorder ----------------------------------------------------------------------------------------------------


class Wrapping:
    @hookimpl(wrapper=True)
    def troupe_llm_handler(self, model: Any) -> Any:
        return (yield)

    @hookimpl
    def troupe_register_faculties(self) -> list[Any]:
        return []

    @hookimpl
    def troupe_event(self) -> None:
        """Wants no event."""


def test_hooks_and_events_are_recorded_in_their_order(
    hook_recorder: HookRecorder, make_simulation: Callable[..., Simulation]
):
    simulation = make_simulation(greeting, plugins=[Wrapping()])
    registering = hook_recorder.calls("troupe_register_faculties", plugin="Wrapping")
    assert [call.arguments for call in registering] == [{}]
    hook_recorder.clear()
    TinyPerson("Ada", simulation=simulation).listen_and_act("Hello.")
    composing = hook_recorder.calls("troupe_llm_handler")
    assert composing[0].plugin == "Wrapping"
    assert {call.arguments["model"].name for call in composing} == {"test"}
    assert [event.model for event in hook_recorder.events(ModelCall)] == ["scripted/test"]
    assert [type(event) for event in hook_recorder.events(ModelCall, TurnEnded)] == [ModelCall, TurnEnded]
    assert len(hook_recorder.calls("troupe_event", plugin="Wrapping")) == len(hook_recorder.events())
    assert hook_recorder.hooks(plugin="Wrapping") == ["troupe_llm_handler", "troupe_event"]
    assert hook_recorder.log.index(composing[0]) < hook_recorder.log.index(hook_recorder.events(ModelCall)[0])


def test_a_recorder_records_any_runtime_it_is_given_to():
    recorder = HookRecorder()
    with Runtime(plugins=[recorder.plugin], autoload=False, config={}):
        assert recorder.calls("troupe_register_memories")


# -- journals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a journal?.db", "journal.json"])
def test_a_journal_tells_what_is_in_it(
    tmp_path: Path,
    name: str,
    make_simulation: Callable[..., Simulation],
    journal_inspector: Callable[[Path], JournalInspector],
):
    path = tmp_path / name
    simulation = make_simulation(greeting, path=path)
    ada = TinyPerson("Ada", {"motto": SECRET}, simulation=simulation)
    ada.listen_and_act("Hello.")
    simulation.checkpoint("once")
    fork = simulation.fork("variant")
    fork["Ada"].listen_and_act("And you?")
    fork.end()
    simulation.end()
    found = journal_inspector(path)
    assert (found.branches, found.checkpoints) == (["main", "variant"], ["once"])
    assert found.outcomes == {"turn": 2}
    assert [commit["number"] for commit in found.commits] == sorted(commit["number"] for commit in found.commits)
    assert len(found.answers) == 2
    assert all("Good" in answer for answer in found.answers)
    assert found.contains(SECRET.encode())
    assert found.where(SECRET)[0].startswith("b:")
    assert found.contains('Good "morning", Zoë.')
    assert not found.contains("sk-something-else")


def test_a_document_is_read_with_its_log(tmp_path: Path, make_simulation: Callable[..., Simulation]):
    path = tmp_path / "journal.json"
    simulation = make_simulation(greeting, path=path)
    TinyPerson("Ada", simulation=simulation).listen_and_act("Hello.")
    simulation.checkpoint("once")
    simulation["Ada"].listen_and_act("Once more.")
    assert len(JournalInspector(path).answers) == 2  # the second is beside the document
    simulation.end()
    log = path.with_name(path.name + "-log")
    log.write_bytes(b'00000000 [{"b:00":"late"},{"main":"00"}]\n00000000 [{"b:01":"cut off')
    found = JournalInspector(path)
    assert (found.contains("late"), found.contains("cut off"), found.names["main"]) == (True, False, "00")


def test_a_journal_that_is_not_there_and_an_empty_text_are_errors(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="no journal at"):
        JournalInspector(tmp_path / "nothing.db")
    (tmp_path / "empty.json").touch()
    with pytest.raises(ValueError, match="occurs everywhere"):
        JournalInspector(tmp_path / "empty.json").contains(b"")


# -- the network -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "here"),
    [
        *((host, True) for host in ("127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "0.0.0.0", "localhost", "")),
        *((host, False) for host in ("192.0.2.1", "::ffff:192.0.2.1", "fe80::1%1", "example.org", "10.0.0.1")),
    ],
)
def test_what_is_this_machine(host: str, here: bool):
    assert is_here(host) is here


REACHING: dict[str, Callable[[socket.socket], Any]] = {
    "connect": lambda made: made.connect(ELSEWHERE),
    "connect_ex": lambda made: made.connect_ex(ELSEWHERE),
    "sendto": lambda made: made.sendto(b"x", 0, ELSEWHERE),
    "getaddrinfo": lambda made: socket.getaddrinfo("example.org", 80),
    "gethostbyname": lambda made: socket.gethostbyname("example.org"),
    "urllib": lambda made: urllib.request.urlopen("http://example.org/"),
}


@pytest.mark.parametrize("how", REACHING)
def test_a_guard_stops_whoever_reaches_out_and_leaves_nothing_behind(how: str):
    before = dict(vars(socket.socket)), socket.getaddrinfo
    with NetworkGuard() as guard, socket.socket(type=socket.SOCK_DGRAM) as made:
        with pytest.raises(NetworkBlocked, match=r"(192.0.2.1 port 80|example.org): .*protocol_server"):
            REACHING[how](made)
        assert len(guard.attempts) == 1
        assert made.fileno() == -1 or how not in ("connect", "connect_ex", "sendto")
    assert (dict(vars(socket.socket)), socket.getaddrinfo) == before


def test_this_machine_can_be_reached(no_network: NetworkGuard, protocol_server: ProtocolServer):
    with urllib.request.urlopen(f"{protocol_server.url}/v1/models") as answer:
        assert answer.status == 200
    assert socket.getaddrinfo("localhost", 80)
    here, there = socket.socketpair()
    here.close()
    there.close()
    assert no_network.attempts == []


SWALLOWING = """
    import socket

    def test_that_swallows({fixture}):
        try:
            socket.create_connection(("192.0.2.1", 80))
        except Exception:
            pass

    def test_that_fails({fixture}):
        socket.create_connection(("example.org", 443))

    def test_at_home({fixture}):
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname()).close()
"""


@pytest.mark.parametrize("how", ["fixture", "option", "ini"])
def test_a_test_that_reaches_out_fails(pytester: pytest.Pytester, how: str):
    pytester.makepyfile(SWALLOWING.format(fixture="no_network" if how == "fixture" else ""))
    if how == "ini":
        pytester.makeini("[pytest]\ntroupe_no_network = true\n")
    result = pytester.runpytest_inprocess(*(["--troupe-no-network"] if how == "option" else []))
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["*reached for the network: 192.0.2.1 port 80.*", "*the name example.org*"])


def test_fixtures_are_guarded_too(pytester: pytest.Pytester):
    pytester.makepyfile(
        """
        import socket, pytest

        @pytest.fixture
        def data():
            socket.create_connection(("192.0.2.1", 80))

        def test_it(data):
            pass
        """
    )
    pytester.runpytest_inprocess("--troupe-no-network").assert_outcomes(errors=1)


# -- the plugin ------------------------------------------------------------------------------------------------------


def test_every_fixture_is_there_with_a_word_about_it(pytester: pytest.Pytester):
    shown = pytester.runpytest_inprocess("--fixtures", "-p", "no:cacheprovider").stdout.str()
    ours = shown.partition("troupe_testing.pytest_plugin")[2]
    for name in ("runtime", "simulation", "hook_recorder", "no_network", "journal_inspector", "protocol_server",
                 "make_runtime", "make_simulation", "make_protocol_server"):  # fmt: skip
        assert f"\n{name} -- " in ours
    assert "no docstring available" not in ours.partition("fixtures defined")[0]


def test_the_tests_that_the_readme_shows_pass(pytester: pytest.Pytester):
    shown = re.findall(r"^```python\n([^`]*def test_.*?)^```", README.read_text(), re.DOTALL | re.MULTILINE)
    pytester.makepyfile(**{f"test_{number}": text for number, text in enumerate(shown)})
    pytester.runpytest_inprocess("-W", "error").assert_outcomes(passed=2)


def test_a_test_of_a_stranger_needs_no_more(pytester: pytest.Pytester):
    pytester.makepyfile(
        """
        def test_servers_answer(make_protocol_server):
            assert make_protocol_server(lambda request: "Hello.").base_url.endswith("/v1")
        """
    )
    pytester.runpytest_inprocess("-W", "error").assert_outcomes(passed=1)


def test_loading_the_plugin_loads_nothing_of_troupe():
    looked = "import sys, troupe_testing.pytest_plugin; sys.exit('troupe_core' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", looked], check=False).returncode == 0
