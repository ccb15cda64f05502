"""Marker cards to print. The instrument draws them, in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import structlog
from django.conf import settings
from django.utils.translation import gettext as _

from assets.errors import DomainError

log = structlog.get_logger(__name__)

SIZES = ("a5", "credit-card")
PAPERS = ("a4", "letter")
NUMBERS = range(1, 9)
LONGEST_S = 60
MOST_TEXT = 60  # signs that a card has room for


def marker_card_pdf(
    *, size: str, paper: str, number: int, url: str, asset: str, element: str
) -> bytes:
    """A card as PDF.

    Args:
        size: of :data:`SIZES`. paper: of :data:`PAPERS`. number: of :data:`NUMBERS`.
        url: what the QR code opens.
        asset, element: names printed on it.

    Raises:
        DomainError: ``invalid`` for what there is not, ``card_not_made`` where drawing failed.
    """
    if size not in SIZES or paper not in PAPERS or number not in NUMBERS:
        raise DomainError(
            "invalid",
            _("There is no such marker card."),
            _("Choose a size, a paper and a number of the list."),
        )
    # Names are people's text: "=" keeps one that begins with a hyphen from being an option.
    command = [
        sys.executable, "-m", "inference", "marker-card", "--out=-",
        f"--size={size}", f"--paper={paper}", f"--number={number}", f"--url={url}",
        f"--asset={asset[:MOST_TEXT]}", f"--element={element[:MOST_TEXT]}",
    ]  # fmt: skip
    try:
        made = subprocess.run(
            command, cwd=settings.BASE_DIR, capture_output=True, timeout=LONGEST_S, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        told = getattr(error, "stderr", b"") or b""
        log.error("marker_card_failed", error=str(error), said=told.decode(errors="replace")[-800:])
        raise DomainError(
            "card_not_made",
            _("The marker card could not be drawn."),
            _("Try again. If it happens again, show the server's log to whoever runs this."),
        ) from error
    return made.stdout
