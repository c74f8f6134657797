"""A kernel for notebooks that runs this very interpreter, whatever kernels are installed."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its name, while it can be started."""
    folder = tmp_path_factory.mktemp("jupyter")
    spec = folder / "kernels" / "here"
    spec.mkdir(parents=True)
    launch = [sys.executable, "-W", "error::RuntimeWarning", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": launch, "display_name": "here", "language": "python"}))
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("JUPYTER_PATH", str(folder))
        patched.setenv("JUPYTER_RUNTIME_DIR", str(folder))
        patched.setenv("JUPYTER_CONFIG_DIR", str(folder))
        patched.setenv("IPYTHONDIR", str(folder))
        patched.setenv("JUPYTER_PLATFORM_DIRS", "1")
        patched.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
        patched.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
        yield "here"
