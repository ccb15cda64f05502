"""A cache of drawn marker cards, as files in the data folder; the oldest are removed."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings

from assets import marker_cards, printed_page
from assets.printed_page import TEMPLATE

log = structlog.get_logger(__name__)

MOST_CARDS = 500
MOST_BYTES = 50_000_000
DRAWN_WITH = ("typst", "qrcode")
CODE_OF_PAGES = Path(printed_page.__file__)


def folder() -> Path:
    """The folder of the cards; it may be emptied at any time."""
    return Path(settings.DATA_DIR) / "marker-cards"


def name_of(**inputs: Any) -> str:
    """The file name of a card: another one for other inputs, and for other code that draws."""
    told = json.dumps([sorted(inputs.items()), _code()])
    return f"{hashlib.sha256(told.encode()).hexdigest()}.pdf"


def kept(name: str) -> bytes | None:
    """A card that was drawn before; it counts as new again."""
    path = folder() / name
    try:
        data = path.read_bytes()
        os.utime(path)
    except OSError:
        return None
    return data


def keep(name: str, data: bytes) -> None:
    """Keeps a card, where there is room on the disk."""
    try:
        folder().mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder(), suffix=".part", delete=False) as file:
            file.write(data)
        os.replace(file.name, folder() / name)
    except OSError as error:
        log.warning("marker_card_not_kept", error=str(error))
    _make_room()


def _make_room() -> None:
    files = []
    for path in folder().glob("*.p*"):  # .part: of a process that died
        with contextlib.suppress(OSError):
            entry = path.stat()
            files.append((entry.st_mtime, entry.st_size, path))
    used_bytes = 0
    for place, (_time, size, path) in enumerate(sorted(files, reverse=True)):
        used_bytes += size
        if place >= MOST_CARDS or used_bytes > MOST_BYTES:
            path.unlink(missing_ok=True)


@cache
def _code() -> str:
    """A digest of the source that draws and of what it draws with."""
    digest = hashlib.sha256()
    for path in sorted((*Path(marker_cards.__path__[0]).glob("*.py"), CODE_OF_PAGES, TEMPLATE)):
        digest.update(path.read_bytes())
    for package in DRAWN_WITH:
        with contextlib.suppress(PackageNotFoundError):
            digest.update(f"{package} {version(package)}".encode())
    return digest.hexdigest()
