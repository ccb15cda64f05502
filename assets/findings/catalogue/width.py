"""Findings about cracks whose width could not be measured."""

from assets.findings.formats import Length, Words
from assets.findings.wording import Catalogue, said
from assets.findings.wording import gettext_noop as _
from assets.severity import RULE_SETS

_STANDARDS = Words({key: rules.title for key, rules in RULE_SETS.items()})

ENTRIES: Catalogue = {
    "too_short": said(
        _("The crack is too short in this picture for a width."),
        _("Take a closer photo, so that the crack is at least 30 pixels long."),
    ),
    "no_clear_stretch": said(
        _("No stretch of the crack lies clear of other cracks and of the edge of the picture."),
        _("Take a closer photo with the crack in the middle."),
    ),
    "low_contrast": {
        "crack": said(
            _("The crack is hardly darker than the concrete around it."),
            _(
                "Take the photo in even light, without a shadow over the crack and without wet "
                "concrete."
            ),
        ),
    },
    "too_thin": said(
        _("The crack is thinner than this picture can resolve."),
        _("Take the photo from closer: a crack should be at least one pixel wide, better three."),
    ),
    "pixels_too_coarse": said(
        _(
            "The crack is thinner than this picture can resolve: a pixel covers {pixel_mm}, and "
            "{rule_set} asks from {limit_mm} on ({state})."
        ),
        _(
            "Take the photo from closer: for this standard a pixel may cover {most_pixel_mm} at "
            "most."
        ),
        pixel_mm=Length(".2f", "mm"),
        limit_mm=Length(".2f", "mm"),
        most_pixel_mm=Length(".2f", "mm"),
        rule_set=_STANDARDS,
    ),
    "rough_background": said(
        _("The grain of the concrete is too strong here to tell how wide the crack is."),
        _(
            "Take the photo from closer and in even light, so that the crack stands out from the "
            "grain."
        ),
    ),
}
