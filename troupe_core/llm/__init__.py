"""Asking models: requests and responses, handlers and what wraps them, answers of a given form."""

from troupe_core.llm.embedding import Embedder, EmbeddingHandler, Embeddings, EmbeddingWrapper, Vector, batches, unit
from troupe_core.llm.handlers import Capabilities, LLMBackend, LLMHandler, LLMWrapper
from troupe_core.llm.holding import Hold, Holds, chat_messages, response_format
from troupe_core.llm.images import Image
from troupe_core.llm.landing import with_room
from troupe_core.llm.prices import BILLION, FREE, PICTURE, Price, PriceTable, billionths, dollars, usd
from troupe_core.llm.purposes import AS_THEMSELVES, meant
from troupe_core.llm.request import Call, Form, LLMRequest, Message, ModelRef, Parameters, candidates, in_words
from troupe_core.llm.response import LLMChunk, LLMResponse, Substitute, Token, Usage, caution, substituted
from troupe_core.llm.room import unsent
from troupe_core.llm.serving import checked_address, wait_of
from troupe_core.llm.structured import json_values

__all__ = [
    "AS_THEMSELVES",
    "BILLION",
    "FREE",
    "PICTURE",
    "Call",
    "Capabilities",
    "Embedder",
    "EmbeddingHandler",
    "EmbeddingWrapper",
    "Embeddings",
    "Form",
    "Hold",
    "Holds",
    "Image",
    "LLMBackend",
    "LLMChunk",
    "LLMHandler",
    "LLMRequest",
    "LLMResponse",
    "LLMWrapper",
    "Message",
    "ModelRef",
    "Parameters",
    "Price",
    "PriceTable",
    "Substitute",
    "Token",
    "Usage",
    "Vector",
    "batches",
    "billionths",
    "candidates",
    "caution",
    "chat_messages",
    "checked_address",
    "dollars",
    "in_words",
    "json_values",
    "meant",
    "response_format",
    "substituted",
    "unit",
    "unsent",
    "usd",
    "wait_of",
    "with_room",
]
