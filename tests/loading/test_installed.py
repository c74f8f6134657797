"""Distributions that are broken in six ways, built and installed for real, beside good ones: each is reported with its
plugin, distribution, version and reason, and everything else works.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

pytest.importorskip("hatchling.build", reason="it builds")
pytest.importorskip("uv", reason="it installs")

PYPROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "{version}"

[project.entry-points.troupe]
{points}

[tool.hatch.build.targets.wheel]
include = ["*.py"]
"""

OBSERVER = """
from troupe_core import hookimpl

@hookimpl
def troupe_event(event):
    pass
"""

FACULTY = """
from troupe_core import FacultySpec, TinyMentalFaculty, action, hookimpl

class Faculty(TinyMentalFaculty, name="{name}"):
    '''You can {name}.'''

    @action(name="{name}".upper())
    async def perform(self, turn, content: str, target: str = ""):
        '''do it.'''

@hookimpl
def troupe_register_faculties():
    yield FacultySpec("{name}", Faculty)
"""

DISTRIBUTIONS: dict[str, tuple[str, dict[str, str], dict[str, str]]] = {
    "acme-import": ("0.1.0", {"imp": "acme_import"}, {"acme_import": "import a_library_that_nobody_has\n"}),
    "acme-api": ("0.2.0", {"api": "acme_api"}, {"acme_api": f"TROUPE_API = (99, 0)\n{OBSERVER}"}),
    "acme-hook": ("0.3.0", {"hook": "acme_hook"}, {"acme_hook": OBSERVER.replace("troupe_event", "troupe_evnet")}),
    "acme-argument": (
        "0.4.0",
        {"argument": "acme_argument"},
        {"acme_argument": OBSERVER.replace("(event)", "(evnet)")},
    ),
    "acme-exit": ("0.5.0", {"exit": "acme_exit"}, {"acme_exit": "import sys\n\nsys.exit('this needs a licence')\n"}),
    "acme-malformed": ("0.6.0", {"none": "acme_malformed"}, {"acme_malformed": ""}),
    "acme-good": ("1.0.0", {"good": "acme_good"}, {"acme_good": FACULTY.format(name="sing")}),
    "acme-several": (
        "2.0.0",
        {"dancing": "acme_dancing", "juggling": "acme_juggling", "painting": "acme_painting"},
        {
            "acme_dancing": FACULTY.format(name="dance"),
            "acme_juggling": "raise RuntimeError('the balls are gone')\n",
            "acme_painting": "from pathlib import Path\n\nPath('imported').touch()\n" + FACULTY.format(name="paint"),
        },
    ),
}
"""By name: version, entry points, modules."""

PROGRAM = """
    import json
    import logging
    from pathlib import Path

    logging.disable()
    from troupe_core import LLMBackend, LLMResponse, PluginError, Runtime, Simulation, TinyPerson

    class Quiet(LLMBackend):
        async def complete(self, request, call):
            return LLMResponse('{"actions": [{"type": "DANCE", "content": "a waltz", "target": ""}]}')

    with Runtime([Quiet], model="quiet/any") as runtime:
        with Simulation(runtime=runtime) as simulation:
            done = TinyPerson("Ada", mental_faculties=["sing", "dance"]).act()
        try:
            TinyPerson("Ben", mental_faculties=["juggle"], simulation=Simulation(runtime=runtime))
        except PluginError as error:
            missing = str(error)
        report = {
            "left out": {
                each.origin.plugin: [each.origin.distribution, each.origin.version, each.reason]
                for each in (*runtime.failures, *runtime.registry.loader.skipped)
            },
            "here": sorted(runtime.plugins.origins),
            "done": [fact.type for fact in done],
            "missing": missing,
            "imported": Path("imported").exists(),
        }
    print(json.dumps(report))
"""


def build(folder: Path, name: str, into: Path) -> Path:
    """A wheel of a distribution whose sources are written first."""
    version, points, modules = DISTRIBUTIONS[name]
    folder.mkdir()
    spelled = "\n".join(f'{point} = "{module}"' for point, module in points.items())
    (folder / "pyproject.toml").write_text(PYPROJECT.format(name=name, version=version, points=spelled))
    for module, source in modules.items():
        (folder / f"{module}.py").write_text(source)
    program = f"import hatchling.build; print(hatchling.build.build_wheel({str(into)!r}))"
    made = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True)
    return into / made.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a new environment that has what this one has, and the distributions besides."""
    root = tmp_path_factory.mktemp("installed")
    (root / "wheels").mkdir()
    wheels = [build(root / name, name, root / "wheels") for name in DISTRIBUTIONS]
    venv.create(root / "environment", symlinks=os.name != "nt")
    paths = {"base": str(root / "environment"), "platbase": str(root / "environment")}
    site = Path(sysconfig.get_path("purelib", "venv", paths))
    python = Path(sysconfig.get_path("scripts", "venv", paths)) / "python"
    for path in sys.path:
        if path.endswith("site-packages"):  # what this environment has, with the places of editable installations
            (site / "ours.pth").write_text(f"import site; site.addsitedir({path!r})\n")
    install = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "install",
        "--quiet",
        "--offline",
        "--no-deps",
        "--python",
        str(python),
    ]
    subprocess.run([*install, *map(str, wheels)], check=True, capture_output=True)
    (site / "acme_malformed-0.6.0.dist-info" / "entry_points.txt").write_text("[others]\nthis is no entry point\n")
    return python


@pytest.fixture(scope="module")
def report(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    folder = tmp_path_factory.mktemp("program")
    (folder / "troupe.toml").write_text('[loading]\ndisable = ["painting"]\n')
    done = subprocess.run(
        [environment, "-W", "error", "-c", dedent(PROGRAM)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: Mapping[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("plugin", "distribution", "said"),
    [
        ("imp", "acme-import", "ModuleNotFoundError: No module named 'a_library_that_nobody_has'"),
        ("api", "acme-api", "it needs version (99, 0) of the hooks"),
        ("hook", "acme-hook", "it implements troupe_evnet, and there is no such hook"),
        ("argument", "acme-argument", "evnet"),
        ("exit", "acme-exit", "SystemExit: this needs a licence"),
        ("juggling", "acme-several", "RuntimeError: the balls are gone"),
        ("painting", "acme-several", "disabled"),
        ("acme-malformed", "acme-malformed", "its entry points cannot be read"),
    ],
)
def test_each_is_reported_with_plugin_distribution_version_and_reason(report, plugin, distribution, said):
    name, version, reason = report["left out"][plugin]
    assert (name, version) == (distribution, DISTRIBUTIONS[distribution][0])
    assert said in reason


def test_nobody_else_is_reported(report):
    ours = {"imp", "api", "hook", "argument", "exit", "juggling", "painting", "acme-malformed"}
    assert {name for name, (distribution, *_) in report["left out"].items() if distribution.startswith("acme")} == ours
    assert set(report["left out"]) == ours


def test_what_is_whole_works(report):
    assert {"good", "dancing"} <= set(report["here"])
    assert report["done"] == ["DANCE"]


def test_what_is_missing_is_told_with_everything_that_was_left_out(report):
    assert "there is no faculty 'juggle'" in report["missing"]
    assert "juggling (acme-several 2.0.0): RuntimeError: the balls are gone" in report["missing"]
    assert "exit (acme-exit 0.5.0)" in report["missing"]


def test_what_is_disabled_is_not_even_imported(report):
    assert report["imported"] is False
