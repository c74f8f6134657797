"""The models that are named: whether their backends are here, their secrets set, their providers within reach."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING

from troupe_cli.examining.finding import Finding, ok, problem, warning
from troupe_core import (
    BackendSpec,
    Call,
    Form,
    LLMRequest,
    Message,
    ModelError,
    ModelRef,
    TroupeError,
    UnknownModelError,
)
from troupe_core.llm import in_words, meant

if TYPE_CHECKING:
    from troupe_core import LLMResponse, Runtime
    from troupe_core.config import Setting

QUESTION = Message("user", "What is two and three? Answer with one JSON object: the sum, a whole number, as `sum`.")
SCHEMA = {
    "type": "object",
    "properties": {"sum": {"type": "integer"}},
    "required": ["sum"],
    "additionalProperties": False,
}
SUM = 5
PRICE = "{ input = …, output = … }"
SHOWN = 200
"""So many characters of an answer that is no use."""
ALMOST = 0.8
"""So much alike are a mistyped name and the one that was meant."""
SAY_WHICH = 'Say which one is to be asked: model = "backend/model" in troupe.toml.'
CHECK_SETTINGS = "Check the settings of the backend: troupe config show."


def examined(runtime: Runtime, *, ask: bool) -> Iterator[Finding]:
    """Each model, in the order in which they are named."""
    try:
        named = list(runtime.default_model())
        asked = ", ".join(named)
        if runtime.named_model is None:
            unnamed = f"no model is named, and no provider is set up: {asked} is asked, puppets that are no evidence"
            yield warning("model", unnamed, SAY_WHICH)
        else:
            yield ok("model", asked)
    except UnknownModelError as error:
        named = []
        yield warning("model", str(error), SAY_WHICH)
    except TroupeError as error:
        named = []
        yield problem("model", str(error), "Write it as backend/model.")
    yield from _purposes(runtime)
    for models in runtime.config.models.values():
        named += [models] if isinstance(models, str) else models
    seen: set[str] = set()
    for model in dict.fromkeys(named):
        yield from _examined(runtime, model, seen, ask)


def _examined(runtime: Runtime, model: str, seen: set[str], ask: bool) -> Iterator[Finding]:
    about = f"model {model}"
    try:
        backend = ModelRef.parse(model).backend
        origin = runtime.registry.origin(BackendSpec, backend)
        settings = runtime.settings(backend)
    except TroupeError as error:
        yield problem(about, str(error), "Install or mend what brings its backend, or name another model.")
        return
    try:
        reached, trouble = runtime.check(model), None
    except TroupeError as error:
        reached, trouble = "", error
    if backend not in seen:
        yield ok(f"backend {backend}", f"of the plugin {origin}")
        for each in settings:
            yield from _secret(f"backend {backend}", each, known=bool(reached) or trouble is not None)
    seen.add(backend)
    if _is_unpriced(runtime, model):
        told = f'Say so in the settings, in US dollars for a million tokens: [prices] "{model}" = {PRICE}.'
        yield problem(about, "there is a budget of money, and nobody knows what it costs: it is not asked", told)
    if isinstance(trouble, UnknownModelError):  # it may be asked all the same: not all that there is is listed
        yield warning(about, _words(trouble), "" if ask else "--ask asks it.")
    elif trouble is not None:
        yield problem(about, _words(trouble), _advice(trouble))
        return
    if reached:
        yield ok(about, reached)
    elif trouble is None and not ask:
        yield ok(about, "its backend cannot tell whether it can be reached without asking", "--ask asks.")
    if ask:
        yield _asked(runtime, model)


def _purposes(runtime: Runtime) -> Iterator[Finding]:
    """Those that have a model or a budget to themselves, and are almost one that there is."""
    for table, purposes in (("models", runtime.config.models), ("budget.purposes", runtime.config.budget.purposes)):
        for purpose in purposes:
            if close := meant(purpose):
                text = "is a purpose that only a faculty could have: of what else is asked, nothing is for it"
                yield warning(f"{table}.{purpose}", text, f"Write {close}, if that is meant.")


def _is_unpriced(runtime: Runtime, model: str) -> bool:
    """Whether it would not be asked, since money is limited and nobody knows its price."""
    budget = runtime.config.budget
    limited = any(each is not None and each.money is not None for each in (budget, budget.person, budget.runtime))
    return limited and runtime.price_of(model) is None


def _secret(about: str, setting: Setting, known: bool) -> Iterator[Finding]:
    """Whether it is where it should be. Without one that has to be there nothing can be asked, unless it is `known`
    from the provider itself what it says to that.
    """
    if setting.secret is None:
        return
    place = setting.secret.place
    if setting.secret.find() is not None:
        yield ok(about, f"the secret at {place} is set")
    elif known or setting.optional:
        missing = f"Set it, unless the provider needs none; {setting.name} says where else it is."
        yield warning(about, f"there is no secret at {place}", " ".join([missing, *_almost(place)]))
    else:
        missing = f"Set it, or say by {setting.name} where else it is."
        yield problem(about, f"there is no secret at {place}", " ".join([missing, *_almost(place)]))


def _almost(place: str) -> list[str]:
    """Variables that are set, and may have been meant to be the one that is not."""
    scheme, _, name = place.partition(":")
    close = get_close_matches(name, [each for each in os.environ if each != name], 1, ALMOST) if scheme == "env" else []
    return [f"The variable {each} is set: is that it?" for each in close]


def _asked(runtime: Runtime, model: str) -> Finding:
    about = f"model {model}"
    try:
        response = runtime.wait(lambda: _answer(runtime, model), "awaiting it")
    except TroupeError as error:
        return problem(about, _words(error), _advice(error))
    cost = f"one call, {response.usage.input} tokens in, {response.usage.output} out"
    if _is_right(response.text):
        return ok(about, f"answers, in the form that it is asked for ({cost})")
    words = runtime.without_secrets(response.text)[:SHOWN]
    return problem(
        about,
        f"answered, but not in the form that it was asked for, or wrongly ({cost}): {words!r}",
        "People are asked for answers of a given form: name a model that keeps to one.",
    )


async def _answer(runtime: Runtime, model: str) -> LLMResponse:
    holds = runtime.capabilities(model).json_schema
    form = Form(model, schema_name="sum", schema=SCHEMA) if holds else Form(model)
    request = LLMRequest(form, (QUESTION if holds else in_words(QUESTION, SCHEMA),))
    provider = runtime.provider(ModelRef.parse(model))  # without what stands around it: a cache would answer instead
    return await provider.complete(request, Call("doctor", "doctor"))


def _is_right(text: str) -> bool:
    try:
        answer = json.loads(text[text.find("{") : text.rfind("}") + 1])
    except ValueError:
        return False
    return isinstance(answer, dict) and answer.get("sum") == SUM


def _advice(error: TroupeError) -> str:
    """What to do, where the error does not say it itself: of a provider that does not answer, all that can be wrong
    here is how it is asked.
    """
    said = getattr(error, "advice", "")
    return CHECK_SETTINGS if isinstance(error, ModelError) and not (said and said in str(error)) else ""


def _words(error: TroupeError) -> str:
    notes = getattr(error, "__notes__", ())
    return str(error) + (f" ({'; '.join(notes)})" if notes else "")
