"""Runs our ES modules in Deno, which is in the full set of packages; without it tests skip."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
STATIC = ROOT / "static" / "js"
DENO = Path(sys.executable).parent / "deno"


def deno(*words: str | Path, sent: str = "", timeout_s: float = 120) -> subprocess.CompletedProcess:
    """One call of Deno in the repository, ``sent`` as its input; nothing is asked of a network.

    Skips the test where only the run set is installed.
    """
    if importlib.util.find_spec("deno") is None:
        pytest.skip("Deno is not installed.")
    env = {**os.environ, "NO_COLOR": "1", "DENO_NO_UPDATE_CHECK": "1"}
    return subprocess.run(
        [DENO, *words], cwd=ROOT, env=env, input=sent, text=True, capture_output=True,
        check=False, timeout=timeout_s,
    )  # fmt: skip


def run_modules(script: str, modules: list[Path], *words: Any, timeout_s: float = 120) -> Any:
    """What ``script`` prints, read as JSON.

    It finds the addresses of ``modules`` in ``modules`` and further ``words`` in ``words``.

    Raises:
        RuntimeError: the script failed; its message is what Deno said.
    """
    head = (
        f"const modules = {json.dumps([module.as_uri() for module in modules])};\n"
        f"const words = {json.dumps(words)};\n"
    )
    answer = deno(
        "run", "--quiet", "--no-check", "--no-remote", "--allow-read", "-",
        sent=head + script, timeout_s=timeout_s,
    )  # fmt: skip
    if answer.returncode:
        raise RuntimeError(answer.stderr)
    return json.loads(answer.stdout)
