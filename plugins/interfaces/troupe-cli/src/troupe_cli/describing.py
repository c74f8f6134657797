"""Everything about one plugin."""

from __future__ import annotations

import inspect
import re
import sys
from typing import TYPE_CHECKING, Any

import attrs

from troupe_cli.failing import place
from troupe_cli.survey import Brought, Surveyed
from troupe_core import TroupeError

if TYPE_CHECKING:
    from importlib.metadata import PackageMetadata

    from troupe_core import Runtime
    from troupe_core.config import Setting

USAGE = {
    "LLM backend": 'model = "{name}/…"',
    "faculty": 'TinyPerson(…, mental_faculties=["{name}"])',
    "memory": 'TinyPerson(…, memory="{name}")',
    "tool": 'TinyPerson(…, tools=["{name}"])',
    "embedder": 'runtime.embed(texts, "{name}/…")',
    "enricher": 'TinyEnricher(enricher="{name}")',
    "extractor": 'ResultsExtractor(…, extractor="{name}")',
    "set of templates": 'templates = "{name}"',
    "command": "troupe {name}",
}


@attrs.frozen
class Record:
    """Something that it brings."""

    kind: str
    name: str
    factory: str
    about: str
    """The first sentence of its docstring."""
    usage: str
    """How it is named."""


@attrs.frozen
class Described:
    """The plugin, and all that is known about it."""

    plugin: Surveyed
    summary: str = ""
    home_page: str = ""
    file: str = ""
    """Where its code is."""
    api: tuple[int, ...] = ()
    """The version of the hooks that it was written for, if it says so."""
    brings: tuple[Record, ...] = ()
    settings: tuple[Setting, ...] = ()
    advice: str = ""
    problems: tuple[str, ...] = ()
    """What could not be found out, and why."""

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return self.plugin.plain() | {
            "failed_at": place(self.plugin.error, self.plugin.origin),
            "advice": self.advice,
            "summary": self.summary,
            "home_page": self.home_page,
            "module": self.plugin.origin.module,
            "code": self.file,
            "api": list(self.api) or None,
            "registers": [attrs.asdict(each) for each in self.brings],
            "settings": [setting(each) for each in self.settings],
            "problems": list(self.problems),
        }


def setting(each: Setting) -> dict[str, Any]:
    """One setting, as JSON has it."""
    return {
        "name": each.name,
        "value": each.value,
        "default": each.default,
        "type": each.type,
        "place": each.place,
        "said": each.said,
        "secret": each.secret is not None,
    }


def described(runtime: Runtime, plugin: Surveyed) -> Described:
    """What can be found out; what cannot is said."""
    problems: list[str] = []
    settings: list[Setting] = []
    names = [plugin.name, *(each.name for each in plugin.registers)]
    for name in dict.fromkeys(names) if plugin.name in runtime.plugins.origins else ():
        try:
            settings += runtime.settings(name)
        except TroupeError as error:
            problems.append(str(error))
    summary, home_page = _metadata(plugin.origin.distribution)
    made = runtime.plugins.get_plugin(plugin.name) if plugin.status in ("active", "asleep") else None
    api = getattr(made, "TROUPE_API", ())
    return Described(
        plugin,
        summary=summary,
        home_page=home_page,
        file=_file(plugin),
        api=api if isinstance(api, tuple) else (),
        brings=tuple(_record(each) for each in plugin.registers),
        settings=tuple(settings),
        advice=advice(plugin),
        problems=tuple(problems),
    )


def advice(plugin: Surveyed) -> str:
    """What to do so that a plugin takes part, or does not stand in the way."""
    if plugin.status == "asleep":
        return f"give it a table in troupe.toml, even an empty one: [settings.{plugin.name}]"
    if plugin.status == "skipped":
        return {
            "disabled": "take it out of loading.disable (or of -p no:…)",
            "loading.allow does not name it": "name it in loading.allow",
        }.get(plugin.reason, "rename one of them")
    if plugin.status == "failed":
        whole = plugin.origin.distribution
        anew = f"install {whole} anew or in another version, or " if whole else ""
        if _is_local(whole):
            anew = "mend it, or "
        return f'{anew}do without it: loading.disable = ["{plugin.name}"], or -p no:{plugin.name}'
    return ""


def _is_local(distribution: str) -> bool:
    """Whether it was installed from a folder of this machine, as what one writes oneself is."""
    import json
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import distribution as installed

    try:
        written = installed(distribution).read_text("direct_url.json") if distribution else None
        return bool(written) and str(json.loads(written or "").get("url", "")).startswith("file:")
    except (PackageNotFoundError, ValueError, AttributeError):
        return False


def _metadata(distribution: str) -> tuple[str, str]:
    """Its summary and home page, as far as it has them."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        found = metadata(distribution) if distribution else None
    except PackageNotFoundError:
        found = None
    if found is None:
        return "", ""
    links = [each.partition(",") for each in found.get_all("Project-URL") or ()]
    homes = [link.strip() for name, _, link in links if "home" in name.lower()] + [link.strip() for *_, link in links]
    return _one(found, "Summary"), _one(found, "Home-page") or next(iter(homes), "")


def _one(metadata: PackageMetadata, name: str) -> str:
    return str((metadata.get_all(name) or [""])[0])


def _file(plugin: Surveyed) -> str:
    module = sys.modules.get(plugin.origin.module)  # one that was not imported is not, to find out where it is
    return getattr(module, "__file__", None) or plugin.origin.file


def _record(brought: Brought) -> Record:
    factory = brought.record.factory
    place = factory if isinstance(factory, str) else f"{factory.__module__}:{_called(factory)}"
    try:
        loaded = brought.record.load()
    except TroupeError as error:
        about = str(error)
    else:
        about = brought.record.help if brought.kind == "command" else _first_sentence(loaded)
    usage = USAGE[brought.kind].format(name=brought.name)
    return Record(brought.kind, brought.name, place, about, usage)


def _called(factory: Any) -> str:
    return str(getattr(factory, "__qualname__", type(factory).__qualname__))


def _first_sentence(loaded: Any) -> str:
    own = loaded.__dict__.get("__doc__") if isinstance(loaded, type) else getattr(loaded, "__doc__", None)
    if not isinstance(own, str):
        return ""
    paragraph = " ".join(inspect.cleandoc(own).partition("\n\n")[0].split())
    return re.split(r"(?<=[.!?])\s", paragraph, maxsplit=1)[0]
