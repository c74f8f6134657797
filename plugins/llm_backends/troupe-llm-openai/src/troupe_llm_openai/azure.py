"""OpenAI's models at Azure, by the names of their deployments."""

from __future__ import annotations

from urllib.parse import quote

from troupe_llm_openai.backend import OpenAI
from troupe_llm_openai.body import Writer
from troupe_llm_openai.config import AZURE, AzureConfig
from troupe_llm_openai.sdk import Client, azure_client


class Azure(OpenAI, config=AzureConfig):
    """The SDK would find the deployment in the body, if it were given one that is not encoded yet."""

    table = AZURE

    def price_of(self, model: str) -> None:
        """What a deployment is of, its name does not tell."""

    def _made(self) -> Client:
        return azure_client(self.config)

    def _writing(self) -> Writer:
        return Writer(self.config.token_limit, self.config.prompt_cache_key)

    def _path(self, path: str, model: str) -> str:
        return f"/deployments/{quote(model, safe='')}{path}"

    def _names(self, content: bytes) -> set[str]:
        """What Azure lists are models that could be deployed."""
        return set()
