"""The walls between the three packages, and what the web process never loads."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

LOADED = """
import sys
import django
django.setup()
from django.urls import get_resolver
import portal.asgi

def walk(patterns):
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from walk(pattern.url_patterns)
        else:
            yield pattern.callback
count = len(list(walk(get_resolver().url_patterns)))
never = ("cv2", "onnxruntime", "torch", "skimage", "inference.pipeline", "inference.bridge")
print(count, *[name for name in never if name in sys.modules])
"""


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_site_loads_no_pixels():
    """The web process starts in seconds and stays small: no OpenCV, no network, no torch."""
    done = _run(sys.executable, "-c", LOADED)
    assert done.returncode == 0, done.stderr
    count, *loaded = done.stdout.split()
    assert int(count) > 50
    assert loaded == []


def test_exactly_one_opencv():
    """Two distributions overwrite each other's files; which one wins depends on luck."""
    names = {
        (distribution.metadata["Name"] or "").lower()
        for distribution in importlib.metadata.distributions()
    }
    assert {name for name in names if name.startswith("opencv-")} == {"opencv-python-headless"}
    major = int(importlib.metadata.version("opencv-python-headless").split(".")[0])
    assert major == 4


def test_imports_go_one_way():
    """The contracts of pyproject.toml."""
    done = _run(str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout
