"""A chat completion, from what a script says: in one piece, or as a stream of chunks."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import attrs
import orjson

from troupe_testing.server.fitting import answer_to
from troupe_testing.server.requests import Request
from troupe_testing.server.responses import EVENTS, Response

_PIECES = re.compile(r"\s*\S+|\s+")
CHARACTERS_A_TOKEN = 4
QUOTED = 100
"""Characters of the last message that come back, where there is no script."""


@attrs.frozen
class Reply:
    """What a script can say beyond text. A mapping as content is sent as JSON; tokens that are not given are counted
    roughly, four characters each.
    """

    content: str | Mapping[str, Any] = ""
    finish_reason: str = attrs.field(default="stop", kw_only=True)
    """Else "length" (it was cut) or "content_filter"."""
    refusal: str | None = attrs.field(default=None, kw_only=True)
    """Stands in place of the content."""
    empty: bool = attrs.field(default=False, kw_only=True)
    """Without any choices."""
    usage: bool = attrs.field(default=True, kw_only=True)
    """Whether tokens are told."""
    model: str = attrs.field(default="", kw_only=True)
    """As the provider calls the model that answered; nothing: as the request does."""
    prompt_tokens: int | None = attrs.field(default=None, kw_only=True)
    completion_tokens: int | None = attrs.field(default=None, kw_only=True)
    cached_tokens: int = attrs.field(default=0, kw_only=True)
    reasoning_tokens: int = attrs.field(default=0, kw_only=True)

    @property
    def text(self) -> str:
        return self.content if isinstance(self.content, str) else orjson.dumps(self.content).decode()


Answered: TypeAlias = str | Mapping[str, Any] | Reply
Answer: TypeAlias = Callable[[dict[str, Any]], Any]
"""From a request's body to text, a mapping or a `Reply`; or to something awaitable that comes to that."""


def usual(request: Mapping[str, Any]) -> Answered:
    """The answer where nobody gives one: a function of the request."""
    form = request.get("response_format") or {}
    schema = (form.get("json_schema") or {}).get("schema")
    if schema is not None:
        value = answer_to(schema)
        return value if isinstance(value, dict) else orjson.dumps(value).decode()
    said = said_in(request["messages"][-1])
    text = f"Yes: {said[:QUOTED]}" if said else "Yes."
    return {"answer": text} if form.get("type") == "json_object" else text


def said_in(message: Any) -> str:
    """The text of a message, whose content may be a list of parts."""
    content = message.get("content") if isinstance(message, Mapping) else None
    if isinstance(content, list):
        return "".join(part.get("text") or "" for part in content if isinstance(part, Mapping))
    return content if isinstance(content, str) else ""


def as_reply(made: object) -> Reply:
    if isinstance(made, Reply):
        return made
    if isinstance(made, str | Mapping):
        return Reply(made)
    raise TypeError(f"the server's answer= returned {made!r}; it has to be text, a mapping or a Reply")


def completion(reply: Reply, request: Request) -> Response:
    """As the request wants to have it."""
    body: dict[str, Any] = request.body
    whole = {"id": f"chatcmpl-{request.number}", "created": int(time.time()), "model": reply.model or body["model"]}
    count = 0 if reply.empty else body.get("n") or 1
    if body.get("stream"):
        with_usage = bool((body.get("stream_options") or {}).get("include_usage"))
        chunks = _chunks(reply, whole, count, _usage(reply, body) if with_usage else None, body)
        pieces = (*(b"data: %b\n\n" % orjson.dumps(chunk) for chunk in chunks), b"data: [DONE]\n\n")
        return Response(200, pieces, content_type=EVENTS, streamed=True)
    content = None if reply.refusal is not None else reply.text
    message = {"role": "assistant", "content": content, "refusal": reply.refusal}
    likely = _logprobs(_PIECES.findall(reply.text), body) if content is not None else None
    choices = [
        {"index": index, "message": message, "finish_reason": reply.finish_reason, "logprobs": likely}
        for index in range(count)
    ]
    whole |= {"object": "chat.completion", "choices": choices}
    return Response.json(whole | ({"usage": _usage(reply, body)} if reply.usage else {}))


def _logprobs(tokens: Sequence[str], body: Mapping[str, Any]) -> dict[str, Any] | None:
    """How likely these were, if the request wants to know: the longer, the less."""
    if not body.get("logprobs"):
        return None
    most = body.get("top_logprobs") or 0
    others = [{"token": f" {number}", "logprob": -float(number), "bytes": None} for number in range(1, most)]
    said = ({"token": token, "logprob": -len(token) / 64, "bytes": list(token.encode())} for token in tokens)
    return {"content": [{**each, "top_logprobs": [each, *others][:most]} for each in said], "refusal": None}


def _chunks(
    reply: Reply, whole: dict[str, Any], count: int, usage: dict[str, Any] | None, body: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    whole |= {"object": "chat.completion.chunk"}
    told = whole if usage is None else whole | {"usage": None}
    name, text = ("content", reply.text) if reply.refusal is None else ("refusal", reply.refusal)
    deltas: list[tuple[dict[str, str], str | None]] = [({"role": "assistant", name: ""}, None)]
    deltas += [({name: piece}, None) for piece in _PIECES.findall(text)]
    deltas.append(({}, reply.finish_reason))
    for index in range(count):
        for delta, finish in deltas:
            said = delta.get("content")
            likely = _logprobs([said], body) if said else None
            yield told | {"choices": [{"index": index, "delta": delta, "finish_reason": finish, "logprobs": likely}]}
    if usage is not None and reply.usage:
        yield whole | {"choices": [], "usage": usage}


def _usage(reply: Reply, body: dict[str, Any]) -> dict[str, Any]:
    asked, said = reply.prompt_tokens, reply.completion_tokens
    if asked is None:
        asked = tokens_of(sum(len(said_in(message)) for message in body["messages"]))
    if said is None:
        said = tokens_of(len(reply.refusal if reply.refusal is not None else reply.text)) + reply.reasoning_tokens
    return {
        "prompt_tokens": asked,
        "completion_tokens": said,
        "total_tokens": asked + said,
        "prompt_tokens_details": {"cached_tokens": reply.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": reply.reasoning_tokens, "audio_tokens": 0},
    }


def tokens_of(characters: int) -> int:
    return -(-characters // CHARACTERS_A_TOKEN)
