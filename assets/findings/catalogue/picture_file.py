"""Findings about files that are no picture, or too large for a worker."""

from assets.findings.formats import Bare, Words
from assets.findings.wording import Catalogue, said
from assets.findings.wording import gettext_noop as _

_ACCEPTED = _("Send it as JPEG, PNG, TIFF, WebP or HEIC.")
_KINDS = Words(
    {
        "gif": _("a GIF"),
        "bmp": _("a BMP"),
        "pdf": _("a PDF"),
        "psd": _("a Photoshop document"),
        "archive": _("an archive or office document"),
        "avif": _("an AVIF picture"),
        "raw": _("a camera's raw file"),
        "video": _("a video"),
        "jpeg2000": _("a JPEG 2000"),
        "web_page": _("a web page or drawing"),
    }
)

ENTRIES: Catalogue = {
    "empty_file": said(_("The file is empty."), _("Send the photo again.")),
    "not_a_picture": said(_("This file is not a picture."), _ACCEPTED),
    "unsupported_format": {
        "other_kind": said(_("This file is {kind}."), _ACCEPTED, kind=_KINDS),
        "raw": said(
            _("This file is a camera's raw file."),
            _("Export it as JPEG or 16-bit TIFF from the camera maker's program."),
        ),
        "pixels": said(
            _("The picture's pixels are stored as floating point or Lab values."),
            _("Export it as an 8-bit or 16-bit RGB picture."),
        ),
    },
    "truncated": said(
        _("The picture is damaged or cut off before its end."),
        _("Copy it from the camera again and send that copy."),
    ),
    "too_many_bytes": said(
        _("The file has {size_mb} MB; {most_mb} MB is the limit."),
        _("Export it as JPEG at full resolution, or ask the operator to raise the limit."),
    ),
    "too_many_pixels": {
        "one_frame": said(
            _("The picture has {size_mp} megapixels; {most_mp} megapixels in all is the limit."),
            _(
                "Export it at a lower resolution or in parts, or ask the operator to raise the "
                "limit."
            ),
        ),
        "frames": said(
            _(
                "The picture has {size_mp} megapixels in each of {frames} frames; {most_mp} "
                "megapixels in all is the limit."
            ),
            _(
                "Export it at a lower resolution or in parts, or ask the operator to raise the "
                "limit."
            ),
            frames=Bare(",.0f"),
        ),
        "memory": said(
            _(
                "The picture has {size_mp} megapixels; to analyse it takes {needed_gb} GB of "
                "memory, and this worker has {given_gb} GB for it."
            ),
            _(
                "Export it with at most {most_mp} megapixels or in parts, or ask the operator to "
                "raise WORKER_MEMORY_BYTES."
            ),
        ),
    },
    "file_missing": said(
        _("The stored file of this photo is missing."),
        _("Restore the media folder from a backup, or send the photo again to a new inspection."),
    ),
}
