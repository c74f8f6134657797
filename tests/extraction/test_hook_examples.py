"""The examples that the hook file gives for extractors and enrichers run as they stand."""

from __future__ import annotations

import inspect
import re
from types import ModuleType
from typing import Any

from troupe_core import ResultsExtractor, TinyEnricher, TinyPerson
from troupe_core.hookspecs import TroupeSpecs
from troupe_testing import talk, turn


def plugin(hook: str) -> ModuleType:
    """The example as a module."""
    found = re.search(r"```python\n(.*?)```", inspect.getdoc(getattr(TroupeSpecs, hook)) or "", re.DOTALL)
    assert found is not None
    module = ModuleType("example")
    exec(found.group(1), vars(module))
    return module


def script(request: Any, call: Any) -> Any:
    if call.purpose == "enrichment":
        return f"In short: {request.messages[-1].content.removeprefix('Say it in one sentence: ')}"
    return turn(talk("One."), talk("And two."))


def test_of_an_extractor(make_simulation):
    simulation = make_simulation(script, plugins=[plugin("troupe_register_extractors")])
    ada = TinyPerson("Ada", simulation=simulation)
    ada.listen_and_act("Count.")
    row = ResultsExtractor(extractor="counter").extract_results_from_agent(ada)
    assert row == {"said": 2}
    assert [fact.content for fact in row.evidence["said"]] == ["One.", "And two."]


def test_of_an_enricher(make_simulation):
    simulation = make_simulation(script, plugins=[plugin("troupe_register_enrichers")])
    assert (
        TinyEnricher(enricher="shorter", simulation=simulation).enrich_content("be brief", "Soup.") == "In short: Soup."
    )
