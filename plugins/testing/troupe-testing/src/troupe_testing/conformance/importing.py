"""What importing a plugin loads and costs, found out in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import pytest

from troupe_core import PluginError
from troupe_testing.conformance.stage import resolved

_PROGRAM = """
import importlib, json, sys, time, troupe_core
from importlib.util import module_from_spec, spec_from_file_location
for name in troupe_core.__all__:
    getattr(troupe_core, name)
before, began = {*sys.modules}, time.process_time()
name, file = sys.argv[1:]
if file:
    spec = spec_from_file_location(name, file)
    sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])
else:
    importlib.import_module(name)
cpu = time.process_time() - began
print(json.dumps([cpu, sorted({each.partition(".")[0] for each in {*sys.modules} - before})]))
"""
TRIES = 3


@attrs.frozen
class Imported:
    """`packages` are those beyond its own, the standard library and what the core has loaded by then."""

    packages: frozenset[str]
    cpu: float


def imported(plugin: Any, test: str) -> Imported:
    """What importing the module of a plugin comes to. The check is skipped if that is the module of the test itself."""
    try:
        plugin = resolved(plugin)
    except PluginError as error:  # which is what another check says
        pytest.skip(str(error))
    if isinstance(plugin, str | Path):
        return _imported("plugin", str(Path(plugin).resolve()))
    module = plugin if isinstance(plugin, ModuleType) else sys.modules.get(_class_of(plugin).__module__)
    if module is None or not module.__spec__ or module.__name__ == test:
        pytest.skip("it is in no module of its own")
    found = sys.modules.get(module.__name__) is module and importable(module.__name__)
    return _imported(module.__name__, "" if found else str(module.__file__))


def _class_of(plugin: Any) -> type[Any]:
    return plugin if isinstance(plugin, type) else type(plugin)


def importable(name: str) -> bool:
    """Whether another process finds a module of that name."""
    from importlib.util import find_spec

    top = name.partition(".")[0]
    try:
        return find_spec(top) is not None
    except Exception:  # of whoever finds modules in ways of their own
        return False


@lru_cache(maxsize=64)
def _imported(name: str, file: str) -> Imported:
    """The quickest of a few: a machine has other things to do."""
    own = {name.partition(".")[0], *sys.stdlib_module_names}
    packages: set[str] = set()
    cpu = float("inf")
    for _ in range(TRIES):
        done = subprocess.run(  # noqa: S603 - this Python, and a program of ours
            [sys.executable, "-c", _PROGRAM, name, file],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},  # where this process finds it
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"it cannot be imported: {done.stderr.strip().splitlines()[-1]}")
        took, loaded = json.loads(done.stdout.splitlines()[-1])
        packages = {each for each in loaded if each not in own}
        cpu = min(cpu, took)
        if cpu < 0.1:
            break
    return Imported(frozenset(packages), cpu)
