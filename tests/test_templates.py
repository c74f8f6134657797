"""Templates: what the seam compiles writes what chevron's own renderer writes, and user text never becomes template.

The renderers are held against each other on random templates and data. Left out is what chevron itself gets wrong by
the mustache specification: it skips items of a list that are falsy, looks on in outer scopes when a dotted name ends
early, puts True in place of the current item inside an inverted section, and loses count of sections within a section
of the same name.
"""

from __future__ import annotations

import importlib
import re
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import troupe_core
from troupe_core.errors import TemplateError
from troupe_core.templates import compile_template, template, template_source

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # some versions of chevron have a syntax warning in them
    chevron = importlib.import_module("chevron.renderer")

NAMES = ("aa", "bb", "cc")
ROOTS = ("pp", "qq")  # only these have dotted names, and only the outermost scope has them

# -- random templates ------------------------------------------------------------------------------------------------

plain_text = st.text(st.sampled_from("ab {}<>&\"'é漢\n\t}"), max_size=8).filter(lambda text: "{{" not in text)
dotted = st.builds(lambda root, rest: ".".join((root, *rest)), st.sampled_from(ROOTS), st.lists(st.sampled_from(NAMES)))
keys = st.sampled_from(NAMES) | st.sampled_from(ROOTS) | dotted
spaces = st.sampled_from(["", " ", "  ", "\n", "\n  ", " \n"])


def tagged(key: str, body: str, sign: str, gaps: list[str]) -> str:
    before, after, inside, behind = gaps
    return f"{before}{{{{{sign}{key}}}}}{after}{body}{inside}{{{{/{key}}}}}{behind}"


def allowed(parts: tuple[str, str, str, list[str]]) -> bool:
    key, body, sign, _ = parts
    return f"/{key}}}" not in body and not (sign == "^" and "{{{.}}}" in body)


variables = keys.map(lambda key: f"{{{{{{{key}}}}}}}") | st.just("{{{.}}}") | keys.map(lambda key: f"{{{{& {key} }}}}")
simple = variables | plain_text | st.just("{{! a remark }}\n")
gaps = st.lists(spaces, min_size=4, max_size=4)


def templates_of(depth: int) -> st.SearchStrategy[str]:
    """Some parts in a row, each of them text, a variable or a section with such a template in it."""
    part = simple
    if depth:
        sections = st.tuples(keys, templates_of(depth - 1), st.sampled_from("##^"), gaps)
        part = simple | sections.filter(allowed).map(lambda parts: tagged(*parts))
    return st.lists(part, min_size=1, max_size=4).map("".join)


templates = templates_of(3).filter(
    # braces of the text that would join those of a tag
    lambda text: "{{{{" not in text and "}}}}" not in text and "{{{&" not in text
)

# -- random data -----------------------------------------------------------------------------------------------------

strings = st.text(st.sampled_from("xy {}<>&\"'é漢\n#/^"), max_size=6) | st.sampled_from(
    ["{{aa}}", "{{{bb}}}", "{{#cc}}"]
)
falsy = st.sampled_from([None, False, 0, 0.0, "", [], {}])
leaves = strings | st.integers(-5, 5) | st.booleans() | falsy | st.floats(-9, 9)
inside = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner.filter(bool), max_size=3)
        | st.lists(inner.filter(bool), max_size=3).map(tuple)
        | st.fixed_dictionaries(dict.fromkeys(NAMES[:2], inner), optional={NAMES[2]: inner})
    ),
    max_leaves=8,
)
scopes = st.fixed_dictionaries(
    {"zz": st.just(1), "aa": inside, "pp": inside}, optional=dict.fromkeys(("bb", "cc", "qq"), inside)
)


@pytest.mark.once
@settings(max_examples=120)
@given(templates, scopes)
def test_a_compiled_template_writes_what_chevron_writes(source, values):
    assert compile_template(source)(values) == chevron.render(source, values, partials_path=None)


@pytest.mark.once
@pytest.mark.parametrize("name", sorted(path.stem for path in Path(troupe_core.__file__).parent.glob("prompts/*")))
@given(values=st.dictionaries(st.sampled_from(["name", "time", "place", "goals"]), strings), items=st.lists(strings))
def test_the_templates_that_ship_write_what_chevron_writes(name, values, items):
    faculties = [{"text": text, "actions": [{"name": "TALK", "text": text}]} for text in items]
    shown = [text for text in items if text]
    data = {**values, "context": shown, "memories": shown, "awareness": shown, "faculties": faculties}
    assert template(name)(data) == chevron.render(template_source(name), data, partials_path=None)


@pytest.mark.parametrize(
    ("source", "values", "text"),
    [
        ("{{{a}}}", {"a": "<b> & \"c\" 'd'"}, "<b> & \"c\" 'd'"),
        ("{{#a}}x{{/a}}{{^a}}y{{/a}}", {"a": []}, "y"),
        ("{{#a}}{{{.}}},{{/a}}", {"a": ["1", "2"]}, "1,2,"),
        ("{{#a}}{{{b}}}{{{c}}}{{/a}}", {"a": [{"b": 1}, {"b": 2}], "c": "!"}, "1!2!"),
        ("{{#a}}\nline {{{.}}}\n{{/a}}\nend", {"a": ["1", "2"]}, "line 1\nline 2\nend"),
        ("{{{a.b.c}}}", {"a": {"b": {"c": 3}}}, "3"),
        ("{{{a.b.c}}}", {"a": {"b": 1}}, ""),
        ("{{{a}}}{{{b}}}{{{c}}}", {"a": None, "b": 0, "c": False}, "0False"),
        ("{{{a}}}{{{b}}}{{{c}}}", {"a": [], "b": {}, "c": ""}, ""),
        ("{{#a}}{{{b}}}{{/a}}{{{b}}}", {"a": {"b": "inner"}, "b": "outer"}, "innerouter"),
        ("{{#a}}{{{b}}}{{/a}}", {"a": ({"b": 1}, {"b": 2})}, "12"),
        ("{{#a}}{{#b}}{{{b}}}{{/b}}{{/a}}", {"a": {"b": "inner"}, "b": "outer"}, "inner"),
    ],
)
def test_templates_write_this(source, values, text):
    assert compile_template(source)(values) == text


@given(strings)
def test_values_are_inserted_and_never_read_as_templates(text):
    values = {"text": text, "aa": "WRONG", "bb": "WRONG", "cc": "WRONG"}
    assert compile_template("[{{{text}}}]")(values) == f"[{text}]"
    assert compile_template("{{#text}}[{{{.}}}]{{/text}}")(values) == (f"[{text}]" if text else "")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("a {{x}} b", "three braces"),
        ("{{#a}}{{x.y}}{{/a}}", "three braces"),
        ("{{> other}}", "partial"),
        ("{{=<% %>=}}", "delimiter"),
        ("{{#a}}", "never closed"),
        ("{{/a}}", "not opened"),
        ("{{#a}}{{/b}}", "close tag"),
        ("{{{a", "unclosed"),
        ("{{}}", "mine"),
    ],
)
def test_what_would_escape_html_or_is_not_understood_is_refused_with_the_name_of_the_template(source, words):
    with pytest.raises(TemplateError, match="mine") as caught:
        compile_template(source, "mine")
    assert words in str(caught.value)


def test_no_template_that_ships_escapes_anything():
    folder = Path(troupe_core.__file__).parent / "prompts"
    shipped = sorted(folder.iterdir())
    assert {path.stem for path in shipped} >= {"rules", "state", "consolidate"}
    for path in shipped:
        source = path.read_text(encoding="utf-8")
        assert not re.findall(r"(?<!\{)\{\{(?![{#^/!&])", source), path
        assert template(path.stem)({}) is not None


def test_nothing_that_is_callable_is_called():
    called = []
    text = compile_template("{{{a}}}{{#a}}x{{/a}}")({"a": called.append})
    assert called == []
    assert text.endswith("x")


def test_many_threads_may_compile_at_once():
    sources = [f"{{{{#a}}}}{'x' * n}\n{{{{{{b}}}}}}\n{{{{/a}}}}{n}" for n in range(1, 200)]
    expected = [f"{'x' * n}\n!\n{n}" for n in range(1, 200)]
    with ThreadPoolExecutor(8) as pool:
        rendered = pool.map(lambda source: compile_template(source)({"a": [1], "b": "!"}), sources)
    assert list(rendered) == expected
