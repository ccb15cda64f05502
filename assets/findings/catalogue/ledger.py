"""Findings of the nightly check of a ledger: what does not fit."""

from assets.findings.formats import Bare
from assets.findings.wording import Catalogue, said
from assets.findings.wording import gettext_noop as _

_WHOLE = Bare(".0f")
_KEEP = _("Keep the database as it is, and compare it with a backup of before.")

ENTRIES: Catalogue = {
    "ledger_entry_missing": said(
        _("Entry {entry} is missing; the next is {next_entry}."),
        _KEEP,
        entry=_WHOLE,
        next_entry=_WHOLE,
    ),
    "ledger_chain_broken": said(
        _("Entry {entry} does not follow the one before it."), _KEEP, entry=_WHOLE
    ),
    "ledger_entry_changed": {
        "seal": said(_("Entry {entry} was changed after it was sealed."), _KEEP, entry=_WHOLE),
        "facts": said(
            _(
                "Entry {entry} was changed after it was sealed: what it says is not what was "
                "written."
            ),
            _KEEP,
            entry=_WHOLE,
        ),
        "unwritable": said(
            _("Entry {entry} was changed after it was sealed: {error}."), _KEEP, entry=_WHOLE
        ),
    },
    "ledger_seal_unknown": said(
        _(
            "Entry {entry} has a seal of version {seal_version}, which this release of Hairline "
            "does not know."
        ),
        _("Verify it with the release that wrote it, or a newer one."),
        entry=_WHOLE,
    ),
    "ledger_cut_off": said(
        _("Entry {entry}, the newest when the ledger last fitted, is not there as it was sealed."),
        _KEEP,
        entry=_WHOLE,
    ),
    "ledger_head_behind": said(
        _("The ledger has entries beyond number {entry}, where its head stands."),
        _KEEP,
        entry=_WHOLE,
    ),
    "ledger_head_missing": said(
        _("The newest entry, number {entry}, is not there as it was sealed."), _KEEP, entry=_WHOLE
    ),
}
