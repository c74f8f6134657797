"""Which model answers for whom: the person's › the purpose's › the simulation's › the runtime's. What a simulation does
not say is as the settings have it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from troupe_core.errors import ArgumentError, UnknownModelError
from troupe_core.keys import canonical, digest
from troupe_core.llm.request import ModelRef, Parameters, candidates
from troupe_core.records import BackendSpec

if TYPE_CHECKING:
    from troupe_core.llm.asking import Question
    from troupe_core.llm.structured import Output
    from troupe_core.runtime import Runtime


@attrs.frozen(eq=False)
class Fingerprint:
    """What takes part in a transaction, or a part of it, as a digest; with what the digest was made of, for whoever
    asks why it is another one, and the texts in it by their digests.
    """

    digest: bytes
    whole: Mapping[str, Any]
    texts: Mapping[bytes, str]


LIKE = {"ask": "turn"}
"""Purposes that have the model of another one, unless they have their own: the same model answers and acts."""
MOST_QUESTIONS = 1_000
"""So many questions are kept, to be used again."""


class Models:
    """One simulation's choice, with the questions made of it: each is made once and used for many calls."""

    def __init__(
        self,
        runtime: Runtime,
        model: str | Sequence[str] | None,
        models: Mapping[str, str | Sequence[str]] | None,
        parameters: Parameters | None,
    ) -> None:
        models = runtime.config.models if models is None else models
        parameters = runtime.config.parameters if parameters is None else parameters
        if not isinstance(models, Mapping):
            raise ArgumentError(f"models is a mapping from purposes to models, not a {type(models).__name__}")
        if not isinstance(parameters, Parameters):
            raise ArgumentError(f"parameters must be Parameters, not {type(parameters).__name__}")
        self._runtime = runtime
        self._default = candidates(model) if model is not None else None
        self._unnamed = False
        """Whether nobody has named a model, so that the default is the rehearsal."""
        self.purposes = {purpose: candidates(named) for purpose, named in models.items()}
        """Who is asked for single purposes."""
        self._parameters = parameters
        self._questions: dict[tuple[int, str, str | None, float | None], Question] = {}
        self._fingerprints: dict[tuple[str, bytes, str | None], Fingerprint] = {}

    def named(self, purpose: str, own: str | None = None) -> tuple[str, ...]:
        """The candidates, in order."""
        if own is not None:
            return candidates(own)
        return self.purposes.get(purpose) or self.purposes.get(LIKE.get(purpose, purpose)) or self._usual()

    def all_named(self, purposes: Iterable[str] | None = None, own: Iterable[str] = ()) -> list[str]:
        """Whoever may be asked for these purposes, or for any, and whom people name for themselves."""
        wanted = ("", *self.purposes) if purposes is None else purposes
        usual = (model for purpose in wanted for model in self._known(purpose, None))
        return list(dict.fromkeys([*usual, *(model for named in sorted(own) for model in candidates(named))]))

    def _usual(self) -> tuple[str, ...]:
        """Settled when it is first needed: a study that has begun with one model does not go on with another."""
        if self._default is None:
            unnamed = self._runtime.named_model is None
            self._default = self._runtime.default_model(self.purposes)
            self._unnamed = unnamed
        return self._default

    def _known(self, purpose: str, own: str | None) -> tuple[str, ...]:
        """The candidates, or none if nobody has named any: that is no error for what may never ask."""
        try:
            return self.named(purpose, own)
        except UnknownModelError:
            return ()

    def fingerprint(self, kind: str, makers: Fingerprint, own: str | None = None) -> Fingerprint:
        """Of all that takes part in a transaction: whoever makes it, and every model that it could ask, since what a
        faculty asks for which purpose is known only afterwards.
        """
        key = (kind, makers.digest, own)
        made = self._fingerprints.get(key)
        if made is None:
            purposes = sorted({kind, *self.purposes})
            asked = {purpose: [self._version(model) for model in self._known(purpose, own)] for purpose in purposes}
            parameters = self._parameters.given()
            name = digest(b"fingerprint", kind.encode(), makers.digest, canonical([asked, parameters], "models"))
            whole = {"models": asked, "parameters": parameters, **makers.whole}
            made = self._fingerprints[key] = Fingerprint(name, whole, makers.texts)
        return made

    def settings(self) -> dict[str, Any]:
        """What was chosen, as plain data; `Models` can be made of it again."""
        try:
            usual = self._usual()
        except UnknownModelError:
            usual = None
        return {
            "model": usual,
            "models": self.purposes,
            "parameters": attrs.asdict(self._parameters) if self._parameters != Parameters() else None,
        }

    def _version(self, model: str) -> list[str | int | bool]:
        spec = self._runtime.record(BackendSpec, ModelRef.parse(model).backend)
        return [model, spec.cache_version, spec.capabilities.json_schema]

    def question(
        self, output: Output[Any] | None, purpose: str, own: str | None = None, temperature: float | None = None
    ) -> Question:
        key = (id(output), purpose, own, temperature)
        made = self._questions.get(key)
        if made is None:
            from troupe_core.llm.asking import Question

            models, parameters = self.named(purpose, own), self._parameters
            if self._unnamed and models is self._default:
                from troupe_core.plugins.unnamed import announced

                self._runtime.once("the rehearsal is announced", announced)
            if temperature is not None:
                parameters = attrs.evolve(parameters, temperature=temperature)
            made = Question(models, output, parameters)
            if len(self._questions) >= MOST_QUESTIONS:
                self._questions.clear()
            self._questions[key] = made  # it holds the output, so that the id stays taken
        return made
