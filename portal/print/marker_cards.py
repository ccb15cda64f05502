"""Draws marker cards, each in a process of its own, one at a time.

Such a process takes 57 MB for 0.3 s; Typst inside a web process would keep 25 to 50 MB for good.
Sixteen people who print at once would still take a small machine down, so one is drawn at a time on
this machine, each is drawn once, and whoever cannot wait is told.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from typing import Any

import structlog
from django.conf import settings
from django.utils.formats import get_format
from django.utils.translation import gettext as _

from assets.errors import DomainError
from assets.marker_cards.layouts import NUMBERS, SIZES
from assets.marker_cards.printed import WORDS
from assets.printed_page import PAPERS_MM
from portal.machine_lock import machine_lock
from portal.print import kept_cards

log = structlog.get_logger(__name__)

DRAW = (sys.executable, "-m", "assets.marker_cards")
LONGEST_S = 60
MOST_TEXT = 60  # signs that a card has room for
WAIT_S = 8.0  # for the cards of others
BUSY = "cards_busy"

# Whoever waits for a card keeps a thread from the pages, so half of them may.
_waiting = threading.BoundedSemaphore(max(1, settings.WEB_THREADS // 2))


def marker_card_pdf(
    *, size: str, paper: str, number: int, url: str, asset: str, element: str
) -> bytes:
    """A card as PDF.

    Args:
        size: of :data:`SIZES`. paper: of :data:`PAPERS_MM`. number: of :data:`NUMBERS`.
        url: what the QR code opens.
        asset, element: names printed on it.

    Raises:
        DomainError: ``invalid`` for what there is not, ``card_not_made`` where drawing failed,
            ``cards_busy`` where others' cards are being drawn for too long.
    """
    if size not in SIZES or paper not in PAPERS_MM or number not in NUMBERS:
        raise DomainError(
            "invalid",
            _("There is no such marker card."),
            _("Choose a size, a paper and a number of the list."),
        )
    card: dict[str, Any] = {
        "size": size,
        "paper": paper,
        "number": number,
        "url": url,
        "asset": asset[:MOST_TEXT],
        "element": element[:MOST_TEXT],
        "words": {text: _(text) for text in WORDS},
        "decimal_sign": get_format("DECIMAL_SEPARATOR"),
    }
    name = kept_cards.name_of(**card)
    return kept_cards.kept(name) or _drawn_in_turn(name, card)


def _drawn_in_turn(name: str, card: dict[str, Any]) -> bytes:
    if not _waiting.acquire(blocking=False):
        raise _busy()
    try:
        with machine_lock(kept_cards.folder() / "lock", within_s=WAIT_S) as our_turn:
            if not our_turn:
                raise _busy()
            drawn = kept_cards.kept(name)  # by whom we waited for
            if drawn is None:
                drawn = _drawn(card)
                kept_cards.keep(name, drawn)
            return drawn
    except OSError as error:
        raise _not_made(error) from error
    finally:
        _waiting.release()


def _drawn(card: dict[str, Any]) -> bytes:
    try:
        made = subprocess.run(
            DRAW,
            input=json.dumps(card).encode(),
            cwd=settings.BASE_DIR,
            capture_output=True,
            timeout=LONGEST_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise _not_made(error) from error
    return made.stdout


def _not_made(error: Exception) -> DomainError:
    told = getattr(error, "stderr", b"") or b""
    log.error("marker_card_failed", error=str(error), said=told.decode(errors="replace")[-800:])
    return DomainError(
        "card_not_made",
        _("The marker card could not be drawn."),
        _("Try again. If it happens again, show the server's log to whoever runs this."),
    )


def _busy() -> DomainError:
    return DomainError(
        BUSY,
        _("Other people's marker cards are being drawn just now."),
        _("Wait a few seconds and try again; a card that was drawn once comes at once."),
    )
