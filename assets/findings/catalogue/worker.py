"""Findings about analyses and other work that ended without a result."""

from assets.findings.wording import Catalogue, ngettext, said
from assets.findings.wording import gettext_noop as _

ENTRIES: Catalogue = {
    "too_slow": said(
        _("The analysis took longer than {limit_min} minutes and was stopped."),
        _("Send the photo smaller or in parts, or use a faster worker."),
    ),
    "out_of_memory": {
        "worker": said(
            _("The worker has too little memory for this photo."),
            _("Send the photo smaller or in parts, or give the worker more memory."),
        ),
        "command_line": said(
            _("There is not enough memory for this photo."),
            _("Close other programs, or analyse a smaller copy."),
        ),
    },
    "disk_full": said(
        _("The worker's disk is full, so the result could not be kept."),
        _("Have whoever runs the server make room, then press Retry."),
    ),
    "internal_error": said(
        _("Something went wrong inside the analysis; the worker's log says what."),
        _("Press Retry. If it happens again, show the log to whoever runs this."),
    ),
    "work_broken": said(
        _("Something went wrong inside; the worker's log says what."),
        _("Press Retry. If it happens again, show the log to whoever runs this."),
    ),
    "worker_lost": said(
        ngettext(
            "The work broke off {attempts} time without an answer.",
            "The work broke off {attempts} times without an answer.",
            "attempts",
        ),
        _(
            "Press Retry. Where it fails again, the worker may lack memory for it: send what it "
            "works on smaller, or give the worker more."
        ),
    ),
    "not_readable": said(
        _("{path} cannot be read: {error}."), _("Check the path and its permissions.")
    ),
    "not_written": said(
        _("{folder} cannot be written: {error}."),
        _("Make room and permission there, or give another --out."),
    ),
}
