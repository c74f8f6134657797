"""The same server for a provider with a protocol of its own."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

import attrs
import orjson

from troupe_testing.server.dialect import Dialect
from troupe_testing.server.replies import Answer, Reply, as_reply, tokens_of
from troupe_testing.server.requests import Request, key_in, masked
from troupe_testing.server.responses import EVENTS, Response, error
from troupe_testing.server.server import ProtocolServer
from troupe_testing.server.service import Settings


@attrs.frozen
class Said:
    """What the provider says, before it is put into its form."""

    text: str
    model: str
    """As the provider calls it: what the request names as its `model`, unless a `Reply` knows better."""
    input: int
    """Tokens; counted roughly, unless a `Reply` tells them. So is the output."""
    output: int
    finish: str
    """ "stop", "length" when it was cut, or "refusal"."""
    request: Request


def _yes(body: Any) -> str:
    return "Yes."


class ProviderDouble(ProtocolServer):
    """Stands in for a provider that does not speak OpenAI's protocol: a subclass says how it words an answer. What is
    asked, of whatever path, is answered so; everything else is as in a `ProtocolServer`, faults included.

        class Acme(ProviderDouble):
            def reply(self, said):
                return {"text": said.text, "in": said.input, "out": said.output, "model": said.model}

        with Acme(lambda body: "Good morning.") as server: ...
    """

    def __init__(self, answer: Answer = _yes, **options: Any) -> None:
        """`options` are those of a `ProtocolServer`."""
        super().__init__(answer, **options)

    def reply(self, said: Said) -> Mapping[str, Any]:
        """The body of a whole answer, which is sent as JSON."""
        raise NotImplementedError(f"say how the provider words an answer, as {type(self).__name__}.reply(said)")

    def stream(self, said: Said) -> Iterable[bytes] | None:
        """The same answer in the pieces that the provider sends, as they are on the wire; None, if the request does not
        ask for a stream (`said.request.body` tells).
        """
        return None

    def refusal(self, status: int, message: str, code: str | None) -> Mapping[str, Any]:
        """The body of an error; as OpenAI words it, unless a subclass knows better. `code` tells apart what shares a
        status: "insufficient_quota", "context_length_exceeded".
        """
        return {"error": {"message": message, "code": code}}

    def key_in(self, headers: Mapping[str, str]) -> str:
        """The key that a request came with. By default it is looked for where providers usually want it."""
        return key_in(headers) or headers.get("x-api-key") or headers.get("authorization", "")

    def _dialect(self, settings: Settings) -> Dialect:
        return _OwnDialect(self, settings)


@attrs.frozen
class _OwnDialect:
    double: ProviderDouble
    settings: Settings

    def key_in(self, headers: Mapping[str, str]) -> str:
        return self.double.key_in(headers)

    def error(
        self, status: int, message: str = "", *, type: str = "", code: str | None = None, headers: dict[str, str]
    ) -> Response:
        told = orjson.loads(error(status, message, type=type, code=code).pieces[0])["error"]
        return Response.json(self.double.refusal(status, told["message"], told["code"]), status, headers)

    async def answer(self, request: Request, key: str) -> Response:
        if self.settings.keys is not None and key not in self.settings.keys:
            return self.error(401, f"Incorrect API key provided: {masked(key)}.", headers={})
        made = self.settings.answer(request.body)
        said = _said(as_reply(await made if inspect.isawaitable(made) else made), request)
        if self.settings.models is not None and said.model not in self.settings.models:
            return self.error(404, f"There is no model {said.model}.", headers={})
        pieces = self.double.stream(said)
        if pieces is not None:
            return Response(200, tuple(pieces), content_type=EVENTS, streamed=True)
        return Response.json(self.double.reply(said))


def _said(reply: Reply, request: Request) -> Said:
    body, asked, spoken = request.body, reply.prompt_tokens, reply.completion_tokens
    text = reply.text if reply.refusal is None else reply.refusal
    refused = reply.refusal is not None or reply.finish_reason == "content_filter"
    model = reply.model or str(body.get("model", "") if isinstance(body, dict) else "")
    return Said(
        text,
        model,
        tokens_of(len(orjson.dumps(body))) if asked is None else asked,
        tokens_of(len(text)) if spoken is None else spoken,
        "refusal" if refused else reply.finish_reason,
        request,
    )
