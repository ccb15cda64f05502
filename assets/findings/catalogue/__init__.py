"""Every finding's code with its sentences, one module for each source of findings."""

from __future__ import annotations

from assets.findings.catalogue import (
    calibration,
    capture_data,
    cards,
    ledger,
    picture_file,
    quality,
    scale,
    width,
    worker,
)
from assets.findings.wording import Catalogue, Wording
from assets.findings.wording import gettext_noop as _


def _joined(*rooms: Catalogue) -> Catalogue:
    """One catalogue; a code that two rooms use has a case in each."""
    joined: dict[str, Wording | dict[str, Wording]] = {}
    for room in rooms:
        for code, entry in room.items():
            known = joined.get(code)
            if known is None:
                joined[code] = entry if isinstance(entry, Wording) else dict(entry)
            elif isinstance(known, Wording) or isinstance(entry, Wording) or known.keys() & entry:
                raise ValueError(f"The code {code!r} stands twice in the catalogue.")
            else:
                known.update(entry)
    return joined


CATALOGUE: Catalogue = _joined(
    picture_file.ENTRIES,
    capture_data.ENTRIES,
    quality.ENTRIES,
    cards.ENTRIES,
    scale.ENTRIES,
    calibration.ENTRIES,
    width.ENTRIES,
    worker.ENTRIES,
    ledger.ENTRIES,
)

# What follows from a finding, where it is the reason of something else.
CONSEQUENCES = {
    "widths_in_pixels": _("So widths are in pixels and ungraded."),
}
