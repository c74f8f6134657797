"""litellm's own server: one that we did not write, as a process on this machine, with models that it makes up."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import attrs
import pytest

from troupe_testing import talk, turn

KEY = "MASTER_KEY_OF_THE_PROXY"
PATIENCE = 240
"""Seconds for its start, which takes ten on a quiet machine."""
MODELS: dict[str, tuple[str, Any]] = {
    "talker": ("openai/gpt-4o-mini", "Good morning to you."),
    "ada": ("openai/gpt-4o-mini", json.dumps(turn(talk("Good morning.")))),
    "busy": ("openai/gpt-4o-mini", "litellm.RateLimitError"),
    "vectors": ("openai/text-embedding-3-small", [3.0, 4.0]),
}
"""What each one asks, if it were asked, and what it says."""


@attrs.frozen
class Proxy:
    base_url: str
    key: str


@pytest.fixture(scope="session")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("proxy")
    models = [
        {"model_name": name, "litellm_params": {"model": model, "api_key": "sk-none", "mock_response": said}}
        for name, (model, said) in MODELS.items()
    ]
    settings: dict[str, Any] = {"model_list": models, "general_settings": {"master_key": f"os.environ/{KEY}"}}
    settings["router_settings"] = {"num_retries": 0}
    (folder / "proxy.yaml").write_text(json.dumps(settings))  # JSON is YAML
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = Proxy(f"http://127.0.0.1:{port}/v1", f"sk-{secrets.token_hex(24)}")
    command = [Path(sys.executable).with_name("litellm"), "--config", "proxy.yaml", "--host", "127.0.0.1"]
    environment = {**os.environ, KEY: made.key, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MODE": "PRODUCTION"}
    with (folder / "log").open("wb") as log:
        serving = subprocess.Popen(
            [*command, "--port", str(port), "--telemetry", "False"],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(serving, f"http://127.0.0.1:{port}/health/liveliness", folder / "log")
            yield made
        finally:
            serving.kill()
            serving.wait()


def _wait(serving: subprocess.Popen[bytes], address: str, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and serving.poll() is None:
        try:
            with urlopen(address, timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"the proxy does not come up:\n{log.read_text()[-2_000:]}")
