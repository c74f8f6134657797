"""The enricher "audience", with a scripted model: what it asks, what it makes of the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import troupe_enricher_audience
from troupe_core import Runtime, Simulation, TinyEnricher
from troupe_core.errors import ArgumentError, OutputError
from troupe_enricher_audience.rewriting import unfenced
from troupe_testing import ScriptedModel


@pytest.fixture
def writer() -> Iterator[Callable[..., tuple[TinyEnricher, ScriptedModel]]]:
    made: list[Runtime] = []

    def make(*answers: str, **settings: Any) -> tuple[TinyEnricher, ScriptedModel]:
        model = ScriptedModel(lambda request, call: answers[min(model.calls, len(answers)) - 1])
        tables = {"audience": settings} if settings else {}
        plugins = [model, troupe_enricher_audience]
        made.append(Runtime(plugins, model="scripted/x", autoload=False, config={}, settings=tables))
        return TinyEnricher(simulation=Simulation(runtime=made[-1])), model

    yield make
    for runtime in made:
        runtime.close()


def test_it_asks_once_with_everything(writer):
    enricher, model = writer("Short.", audience="children of ten", tone="cheerful", shortest=0.5, longest=2)
    text = enricher.enrich_content("No chemistry.", "A long text.", "label", "It is summer.", ["Another label."])
    assert text == "Short."
    ((request, _),) = model.requests
    assert request.schema is None
    assert request.messages[1].content == (
        "# What is required\nNo chemistry.\n"
        "Unless something else is said above, it is for children of ten.\n"
        "Unless something else is said above, its tone is cheerful.\n"
        "It is to have 6 to 24 characters; the text has 12.\n\n"
        "# Context\nIt is summer.\n\n"
        "# An earlier text, which the new one goes with\nAnother label.\n\n"
        "# The text (label)\nA long text."
    )


def test_without_settings_only_the_requirements_count(writer):
    enricher, model = writer("Anything.")
    enricher.enrich_content("No chemistry.", "A long text.")
    assert model.requests[0][0].messages[1].content == "# What is required\nNo chemistry.\n\n# The text\nA long text."


@pytest.mark.parametrize(
    ("answer", "content", "text"),
    [
        ("  A text.\n", "x", "A text."),
        ("```\nA text.\n```", "x", "A text."),
        ("```markdown\n# A\n\n- b\n```\n", "x", "# A\n\n- b"),
        ("~~~md\nA\n~~~", "x", "A"),
        ("````markdown\n```python\n1\n```\n````", "x", "```python\n1\n```"),
        ("```markdown\nSee:\n```python\n1\n```\n```", "x", "See:\n```python\n1\n```"),
        ("```python\n1\n```\nand\n```python\n2\n```", "x", "```python\n1\n```\nand\n```python\n2\n```"),
        ("Before\n```python\n1\n```", "x", "Before\n```python\n1\n```"),
        ("```python\n2\n```", "```python\n1\n```", "```python\n2\n```"),
        ("`code` and more `code`", "x", "`code` and more `code`"),
    ],
)
def test_a_fence_around_all_of_it_is_taken_off_and_no_other(answer, content, text):
    assert unfenced(answer, content) == text


@pytest.mark.parametrize("empty", ["", " \n", "```\n\n```", "```markdown\n \n```"])
def test_an_empty_text_is_asked_for_once_more_and_never_returned(writer, empty):
    enricher, model = writer(empty, "There.")
    assert enricher.enrich_content("a", "b") == "There."
    assert "cannot be used: " in (asked_again := model.requests[1][0].messages[-1].content)
    assert "empty" in asked_again
    enricher, model = writer(empty)
    with pytest.raises(OutputError, match=r"asked twice: .*empty; then .*empty") as caught:
        enricher.enrich_content("a", "b")
    assert caught.value.raw == (empty, empty)


@pytest.mark.parametrize(
    ("settings", "wrong", "told"),
    [
        ({"longest": 2}, "x" * 21, "it has 21 characters, and is to have at most 20"),
        ({"shortest": 2}, "x" * 19, "it has 19 characters, and is to have at least 20"),
        ({"shortest": 1, "longest": 2}, "x", "it has 1 characters, and is to have 10 to 20"),
    ],
)
def test_a_bound_of_the_length_is_held_to(writer, settings, wrong, told):
    enricher, model = writer(wrong, "x" * 20, **settings)
    assert enricher.enrich_content("a", "0123456789") == "x" * 20
    assert told in model.requests[1][0].messages[-1].content
    with pytest.raises(OutputError, match=told):
        writer(wrong, **settings)[0].enrich_content("a", "0123456789")


def test_what_users_say_is_never_a_template(writer):
    enricher, model = writer("Yes.")
    enricher.enrich_content("{{{content}}}", "{{#x}} %s {0}", "{{type}}", "{{{{")
    assert model.requests[0][0].messages[1].content == (
        "# What is required\n{{{content}}}\n\n# Context\n{{{{\n\n# The text ({{type}})\n{{#x}} %s {0}"
    )


@pytest.mark.parametrize("settings", [{"longest": 0}, {"shortest": -1}, {"shortest": 2, "longest": 1}, {"tones": ""}])
def test_a_bad_setting_is_told(writer, settings):
    with pytest.raises(ArgumentError, match=r"audience.*(longest|shortest|tones)"):
        writer("Yes.", **settings)


def test_what_was_no_use_is_asked_anew_by_a_program_that_is_run_again(tmp_path):
    texts = iter(["", "x" * 99, "A good text."])
    model = ScriptedModel(lambda request, call: next(texts))
    for expected in ("OutputError", "A good text.", "A good text."):
        with (
            Runtime([model], model="scripted/x", settings={"audience": {"longest": 2}}) as runtime,
            Simulation(tmp_path / "study.db", runtime=runtime),
        ):
            try:
                came = TinyEnricher().enrich_content("a", "A text.")
            except OutputError:
                came = "OutputError"
            assert came == expected
    assert model.calls == 3
