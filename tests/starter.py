"""Imports Troupe once, and is then whatever program it is asked to be, in a process that it forks for it.

    python -W error tests/starter.py FILENO

Orders come from that socket, a line of JSON each, one at a time. The replies to one are the number of the process, and
what it ended with. A program begins some 0.3 seconds of CPU later in life than one that starts a Python of its own.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import socket
import sys
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType
from typing import Any

PACKAGES = ("troupe_core", "troupe_cli", "troupe_study", "troupe_presenter")
"""Which are used as a whole; of what else is installed, a program loads what it needs."""


def everything() -> None:
    names = {point.module for point in entry_points(group="troupe")} | {"troupe_testing.scripted"}
    for package in filter(find_spec, PACKAGES):
        path = import_module(package).__path__
        names |= {module.name for module in walk_packages(path, f"{package}.") if module.name[-8:] != "__main__"}
    for name in sorted(names):
        import_module(name)


def serve(orders: socket.socket) -> dict[str, Any]:
    """Returns in the process that is to be a program, with the order; in this one never."""
    with orders, orders.makefile("r") as lines:
        for line in lines:
            if (number := os.fork()) == 0:
                return dict(json.loads(line))
            orders.sendall(f"{number}\n".encode())
            _, status = os.waitpid(number, 0)
            orders.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    raise SystemExit


def become(order: dict[str, Any]) -> None:
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    for number, path in ((1, order["out"]), (2, order["err"])):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, number)
        os.close(file)
    what, *given = order["arguments"]
    if what == "-m":
        sys.argv[:] = given
        sys.path.insert(0, order["cwd"])
        runpy.run_module(given[0], run_name="__main__", alter_sys=True)
        return
    source = given.pop(0) if what == "-c" else Path(what).read_text(encoding="utf-8")
    sys.argv[:] = [what, *given]
    sys.path.insert(0, "" if what == "-c" else str(Path(what).resolve().parent))
    main = sys.modules["__main__"] = ModuleType("__main__")
    main.__dict__["__file__"] = "<string>" if what == "-c" else what
    exec(compile(source, main.__dict__["__file__"], "exec", dont_inherit=True), main.__dict__)


del sys.path[0]  # this folder
everything()
gc.freeze()  # so that the end of a program need not look through all this
become(serve(socket.socket(fileno=int(sys.argv[1]))))
