"""The import rules between the three packages, and what the web process never loads."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

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


def _run(*command: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    return subprocess.run(
        command,
        cwd=folder,
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


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("importlinter")
    linter = str(Path(sys.executable).with_name("lint-imports"))
    return _run(linter, "--no-cache", "--no-logo", folder=folder)


def test_imports_go_one_way():
    """The contracts of pyproject.toml."""
    done = _lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


PIXELS = "The register knows no site and no pixels"
SITE = "The site never imports the instrument"
DATABASE = "The instrument knows no database, and of the register its vocabulary alone"
BRIDGE = "Only the bridge and what claims photos import the bridge"
PURE = "The register's vocabulary is pure"
TORCH = "Torch is imported only where it computes"
STANDARD = "The instrument knows no standard: the register and the command line grade"
GUARD = "HTTP goes out through the guard"

# A new module, what it must not import, and the contract that says so.
VIOLATIONS = (
    ("assets.new_cv2", "cv2", PIXELS),
    ("assets.new_portal", "portal.access", PIXELS),
    ("portal.new_inference", "inference.types", SITE),
    ("portal.print.new_cv2", "cv2", SITE),
    ("inference.new_django", "django", DATABASE),
    ("inference.new_room.new_celery", "celery", DATABASE),
    ("inference.new_models", "assets.models", DATABASE),
    ("inference.new_errors", "assets.errors", DATABASE),
    ("inference.measure.new_services", "assets.services.intake", DATABASE),
    ("inference.new_bridge", "inference.bridge.scale", BRIDGE),
    ("inference.cli.new_claim", "inference.tasks", BRIDGE),
    ("inference.measure.new_grade", "assets.severity", STANDARD),
    ("assets.new_django", "django", PURE),
    ("assets.new_pillow", "PIL", PURE),
    ("assets.marker_cards.new_models", "assets.models", PURE),
    ("inference.imaging.new_torch", "torch", TORCH),
    ("portal.new_requests", "requests", GUARD),
    ("assets.new_urllib3", "urllib3", GUARD),
    ("inference.new_urllib3", "urllib3", GUARD),
)


@pytest.fixture(scope="module")
def what_is_broken(tmp_path_factory):
    """What the linter says of a copy with all the violations, by contract."""
    folder = tmp_path_factory.mktemp("source")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in ("portal", "assets", "inference"):
        for path in (ROOT / package).rglob("*.py"):
            copy = folder / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    for module, imported, _contract in VIOLATIONS:
        path = folder.joinpath(*module.split(".")).with_suffix(".py")
        path.parent.mkdir(exist_ok=True)
        (path.parent / "__init__.py").touch()
        path.write_text(f"import {imported}\n")
    done = _lint(folder)
    assert done.returncode == 1, done.stdout + done.stderr
    told = done.stdout.split("Broken contracts")[1]
    names = sorted({contract for _module, _imported, contract in VIOLATIONS}, key=told.index)
    starts = [*map(told.index, names), len(told)]
    return {
        name: told[start:end] for name, start, end in zip(names, starts, starts[1:], strict=False)
    }


@pytest.mark.parametrize(("module", "imported", "contract"), VIOLATIONS)
def test_a_new_module_does_not_slip_past(what_is_broken, module, imported, contract):
    assert f"{module} -> {imported} (l.1)" in what_is_broken[contract]


def test_each_contract_is_broken_once():
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    contracts = {contract["name"] for contract in linter["contracts"]}
    assert contracts == {contract for _module, _imported, contract in VIOLATIONS}
