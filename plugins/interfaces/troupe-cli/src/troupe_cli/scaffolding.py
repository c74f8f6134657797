"""Beginning a plugin: the files of a distribution that works, is tested and can be published as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import attrs

from troupe_core import ArgumentError

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_CORE, _ATTRS = "troupe-core>=0.1,<0.2", "attrs>=24.2"


@attrs.frozen
class Kind:
    """What can be begun: how it is called, in one sentence what the new one will be, and what it depends on."""

    name: str
    summary: str
    prefix: str = ""
    dependencies: tuple[str, ...] = (_CORE, _ATTRS)
    value: str = "{package}"
    """What its entry point names; nothing, if there is no code."""

    @property
    def known_as(self) -> str:
        return self.prefix or self.name


KINDS = (
    Kind(
        "backend",
        "An LLM backend: models of a provider, under names of their own.",
        "llm",
        (_CORE, _ATTRS, "aiohttp>=3.9"),
    ),
    Kind("faculty", "A mental faculty: something that a person can do, and is aware of."),
    Kind("memory", "A kind of memory: what a person keeps, and what comes back to it."),
    Kind("tool", "A tool: something that a person does outside of the simulation."),
    Kind("enricher", "An enricher: rewrites a text by requirements."),
    Kind("extractor", "An extractor: draws findings from what people said and did.", dependencies=(_CORE,)),
    Kind("wrapper", "A wrapper: does something around every call of every model.", value="{package}:Plugin"),
    Kind(
        "bundle",
        "A bundle: several plugins, installed as one.",
        dependencies=(_CORE, "troupe-faculty-mood>=0.1,<0.2", "troupe-tool-notes>=0.1,<0.2"),
        value="",
    ),
)
BY_NAME = {kind.name: kind for kind in KINDS}


def scaffold(kind: Kind, name: str, folder: Path) -> list[Path]:
    """Write a new distribution into a folder of its own, inside of the given one: the files that were made."""
    names = _names(kind, name)
    top = folder / names["distribution"]
    if top.exists():
        raise ArgumentError(f"{top} is there already; remove it, or take another name")
    made = []
    for path, text in _rendered(kind, names):
        file = top / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        made.append(file)
    return made


def listing(kind: Kind, name: str) -> str:
    """The code of a new plugin, as its page of the cookbook shows it."""
    return _fill(_template(kind.name, "module.py"), _names(kind, name))


def _names(kind: Kind, name: str) -> dict[str, Any]:
    if not _NAME.fullmatch(name):
        raise ArgumentError(f"{name!r} is no name for a plugin; use lower-case letters, digits and single hyphens")
    record = name.replace("-", "_")
    package = f"troupe_{kind.known_as}_{record}"
    class_name = "".join(part.capitalize() for part in name.split("-"))
    if kind.value and re.search(rf"\b{class_name}\b", re.sub("<%.*?%>", "", _template(kind.name, "module.py"))):
        raise ArgumentError(f"a {kind.name} called {name!r} would have a class {class_name}, which is taken; rename it")
    return {
        "record": record,
        "upper": record.upper(),
        "package": package,
        "class": class_name,
        "distribution": f"troupe-{kind.known_as}-{name}",
        "entry": f"{kind.known_as}-{name}",
        "value": kind.value.format(package=package),
        "summary": kind.summary,
        "dependencies": kind.dependencies,
    }


def _rendered(kind: Kind, names: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """The files of a distribution, and what stands in them."""
    use = _fill(_template(kind.name, "use.md"), names)
    yield Path("pyproject.toml"), _fill(_template("every", "pyproject.toml"), names)
    yield Path("README.md"), _fill(_template("every", "README.md"), {**names, "use": use})
    yield Path(".gitignore"), _template("every", "gitignore")
    yield Path(".github/workflows/ci.yml"), _template("every", "ci.yml")
    if kind.value:
        yield Path("src", names["package"], "__init__.py"), _fill(_template(kind.name, "module.py"), names)
        yield Path("src", names["package"], "py.typed"), ""
    yield Path("tests", f"test_{names['record']}.py"), _fill(_template(kind.name, "test.py"), names)


def _template(folder: str, name: str) -> str:
    return (files("troupe_cli") / "scaffold" / folder / f"{name}.mustache").read_text(encoding="utf-8")


def _fill(template: str, names: Mapping[str, Any]) -> str:
    """Marks are `<%…%>`, since Python and TOML have braces of their own; nothing is escaped, since this is no HTML."""
    import chevron

    plain = re.sub(r"<%(\w+|\.)%>", r"<%&\1%>", template)
    return str(chevron.render(plain, dict(names), def_ldel="<%", def_rdel="%>"))
