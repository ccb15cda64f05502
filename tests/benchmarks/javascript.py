"""Runs our ES modules in node: the machine's own, else the one that Playwright brings along."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

STATIC = Path(__file__).resolve().parents[2] / "static" / "js"


def node() -> str | None:
    """The program, or None where there is neither."""
    if found := shutil.which("node"):
        return found
    try:
        import playwright
    except ImportError:
        return None
    bundled = Path(playwright.__file__).parent / "driver" / "node"
    return str(bundled) if bundled.is_file() else None


def run_modules(script: str, modules: list[Path], *, timeout_s: float = 120) -> Any:
    """What ``script`` prints, read as JSON. ``process.argv[1]`` … are the modules' addresses.

    Raises:
        subprocess.CalledProcessError: the script failed.
        FileNotFoundError: there is no node.
    """
    program = node()
    if program is None:
        raise FileNotFoundError("node was not found. Install it, or the package playwright.")
    with tempfile.TemporaryDirectory(prefix="hairline-js-") as folder:
        copies = []
        for module in modules:
            # Browsers take .js for a module, node takes .mjs.
            copy = Path(folder) / f"{module.stem}-{len(copies)}.mjs"
            shutil.copy(module, copy)
            copies.append(copy.as_uri())
        answer = subprocess.run(
            [program, "--input-type=module", "-e", script, *copies],
            text=True, capture_output=True, check=True, timeout=timeout_s,
        )  # fmt: skip
    return json.loads(answer.stdout)
