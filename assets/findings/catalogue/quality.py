"""Findings about pictures that cannot be searched for cracks, or not measured."""

from assets.findings.formats import Bare
from assets.findings.wording import Catalogue, said
from assets.findings.wording import gettext_noop as _

_MORE_LIGHT = _("Use the flash or a lamp, or expose longer.")

ENTRIES: Catalogue = {
    "too_small": said(
        _(
            "Too small: the photo has {width_px} × {height_px} px; its short side needs "
            "{least_px} px."
        ),
        _("Send the original photo, not a preview of it."),
    ),
    "blurred": said(
        _("Blurred: edges are {edge_width_px} px wide; {limit_px} px is the limit."),
        _("Hold the phone against the pier or add light."),
        edge_width_px=Bare(".1f"),
        limit_px=Bare("g"),
    ),
    "too_dark": {
        "black": said(_("Too dark: {black_share} of the photo is black."), _MORE_LIGHT),
        "dim": said(
            _("Too dark: its brightest part reaches {brightest_share} of white."), _MORE_LIGHT
        ),
    },
    "too_bright": said(
        _("Too bright: {white_share} of the photo is burnt out to white."),
        _("Lower the exposure, and keep sun and flash from shining straight on the surface."),
    ),
    "low_contrast": {
        "photo": said(
            _(
                "Too little contrast: brightness varies by {contrast_share} over the photo; "
                "{least_share} is the least."
            ),
            _("Wipe the lens, wait for fog or dust to clear, or light the surface from the side."),
        ),
    },
    "no_detail": said(
        _("No detail: no edge or grain stands out anywhere, so no crack could either."),
        _("Check the focus and wipe the lens; go nearer if the surface is that smooth."),
    ),
    "noisy": said(
        _(
            "Noisy: neighbouring pixels differ by {noise_levels} levels of 255 without cause; "
            "{limit_levels} is the limit for widths."
        ),
        _("Add light so that the camera can use a lower ISO setting."),
        noise_levels=Bare(".0f"),
    ),
    "compressed": said(
        _(
            "Compressed too far: the 8-pixel blocks of the JPEG stand out, so widths would be "
            "those of the blocks."
        ),
        _("Send the original from the camera, not a copy from a messenger."),
    ),
}
