"""Findings about marker cards that give no scale.

Values that a person measures on the paper are in millimetres, like the ruler on the card.
"""

from assets.findings.formats import Bare, Length, Words
from assets.findings.wording import Catalogue, said
from assets.findings.wording import gettext_noop as _

_CARDS = Words(
    {
        "a5": _("A5 card {number}"),
        "credit-card": _("credit-card-size card {number}"),
        "marker": _("marker {number}"),
    },
    {"number": Bare("g")},
)
_GOOD_SIZE = _("Go closer, or use a larger card; 200 pixels a side are good.")
_OTHERWISE = _(
    "Lay a card printed by Hairline beside the crack, or mark two points of known distance."
)
_MEASURE_IT = _("Measure the black square, or the ruler on the card, in millimetres.")

ENTRIES: Catalogue = {
    "card_mirrored": said(
        _(
            "The marker in the picture is mirrored: the picture was flipped, or the card printed "
            "from the wrong side."
        ),
        _(
            "Switch mirroring off in the camera, or print the card again; the ruler's numbers "
            "must be readable."
        ),
    ),
    "card_not_found": said(
        _(
            "No marker card was found in the picture: none is there, or it is partly covered, cut "
            "off by the edge, blurred or too small."
        ),
        _(
            "The whole card with its white margin must be in the picture, sharp, flat and "
            "uncovered; 200 pixels a side are good."
        ),
    ),
    "cards_not_on_one_plane": said(
        _(
            "The cards in the picture do not lie on one plane, or were not printed at the same "
            "scale."
        ),
        _("Put all cards on the surface with the cracks, and print them with the same printer."),
    ),
    "card_size_invalid": {
        "side": said(
            _("The marker's side cannot be {given_mm} mm."), _MEASURE_IT, given_mm=Bare("g")
        ),
        "ruler": said(_("The ruler cannot be {given_mm} mm."), _MEASURE_IT, given_mm=Bare("g")),
    },
    "card_size_unknown": {
        "asked_for": said(
            _(
                "Marker {marker} of {family} is in the picture, but it is no card printed by "
                "Hairline and its size is not known."
            ),
            _("Give the side of its black square in millimetres."),
        ),
        "seen": said(
            _(
                "Marker {marker} of {family} is in the picture, but it is no card printed by "
                "Hairline, so its size is not known."
            ),
            _OTHERWISE,
        ),
    },
    "card_wrong_dictionary": {
        "asked_for": said(
            _(
                "The picture shows marker {marker} of the family {family}, not one of "
                "{wanted_family}."
            ),
            _(
                "Give the family {family} and the side of its black square in millimetres, or use "
                "a card printed by Hairline."
            ),
        ),
        "seen": said(
            _(
                "The picture shows marker {marker} of the family {family}, not a card printed by "
                "Hairline ({wanted_family})."
            ),
            _OTHERWISE,
        ),
    },
    "card_wrong_print_size": said(
        _(
            "The card's ruler says {printed_mm} mm and measures {measured_mm} mm: it was printed "
            "at {printed_percent} % of its size."
        ),
        _(
            "Print it again at 100 % (“actual size”, without “fit to page”), or give the measured "
            "side of its black square instead, about {side_mm} mm."
        ),
        printed_mm=Bare("g"),
        measured_mm=Bare("g"),
        side_mm=Bare(".2f"),
    ),
    "card_duplicated": said(
        _(
            "Marker {markers} is in the picture more than once, so that it is unclear which card "
            "is meant."
        ),
        _(
            "Use one card of each number in a picture; further cards are printed with --number 2, "
            "3 …"
        ),
    ),
    "card_half_covered": {
        "markers": said(
            _("Only {seen} of the {printed} markers of the {card} can be seen."),
            _("Take the photo again with the whole card in it, with nothing on it."),
            card=_CARDS,
        ),
        "edges": said(
            _("Part of the {card} is covered or dirty."),
            _("Take the photo again with nothing on the card, no shadow's edge and no glare."),
            card=_CARDS,
        ),
    },
    "card_too_small": said(
        _(
            "The {card} is too small in the picture: a side of its black square has {side_px} "
            "pixels, and {least_px} are the least."
        ),
        _GOOD_SIZE,
        card=_CARDS,
    ),
    "card_too_tilted": said(
        _("The {card} is seen at {tilt_deg}° from straight on; {most_deg}° is the most."),
        _("Take the photo facing the surface."),
        card=_CARDS,
    ),
    "card_unclear": said(
        _("The edges of the {card} cannot be made out: blurred, over-exposed or too small."),
        _("Take the photo again, sharp and without glare on the card."),
        card=_CARDS,
    ),
    "card_bent": {
        "edges": said(
            _(
                "The {card} is bent: its edges lie {apart_px} pixels from where a flat card shows "
                "them."
            ),
            _(
                "Glue it to something stiff, press it flat on the surface, and take the photo "
                "again."
            ),
            card=_CARDS,
            apart_px=Bare(".1f"),
        ),
        "bulge": said(
            _("The {card} is bent: it bulges by about {bulge_mm}."),
            _(
                "Glue it to something stiff, press it flat on the surface, and take the photo "
                "again."
            ),
            card=_CARDS,
            bulge_mm=Length(".0f", "mm"),
        ),
    },
    "card_too_unsure": said(
        _("The card gives the scale to ±{U_percent} % only."),
        _("Go closer, or use a larger card, facing the surface; 200 pixels a side are good."),
    ),
}
