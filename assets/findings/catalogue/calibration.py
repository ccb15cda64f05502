"""Findings of camera calibration: what the photos of the board lack."""

from assets.findings.formats import Bare, Words
from assets.findings.wording import Catalogue, ngettext, said
from assets.findings.wording import gettext_noop as _

_EACH_ITS_OWN = _("Calibrate each camera, lens and focal length with its own photos.")
_NAMED = Words(
    {"named": "{name}", "focal_length": "{focal_mm} mm", "none": _("none named")},
    {"name": Bare("g"), "focal_mm": Bare("g")},
)

ENTRIES: Catalogue = {
    "board_not_seen": said(
        _(
            "{photo} shows {corners} corners of the board {board} ({markers} of its markers); "
            "{least} are the least."
        ),
        _(
            "Check --board against the printed board, and take photos that are sharp, evenly lit "
            "and show most of it."
        ),
    ),
    "board_not_flat": said(
        _(
            "The board's corners lie {apart_px} pixels from where the camera's model puts them; "
            "{most_px} is the most."
        ),
        _(
            "Glue the board to something flat, avoid blur, and leave out photos that are not of "
            "this camera."
        ),
        apart_px=Bare(".1f"),
        most_px=Bare("g"),
    ),
    "focal_length_unsure": said(
        _("The focal length is known to ±{U_percent} % only."),
        _("Add photos in which the board leans by 30° to 45° to every side and fills the picture."),
    ),
    "not_one_camera": {
        "size": said(
            _(
                "The photos are of more than one size: {first_photo} has {first_width_px} × "
                "{first_height_px} pixels, {second_photo} has {second_width_px} × "
                "{second_height_px} pixels."
            ),
            _EACH_ITS_OWN,
        ),
        "camera": said(
            _(
                "The photos are of more than one camera: {first_photo} has {first}, "
                "{second_photo} has {second}."
            ),
            _EACH_ITS_OWN,
            first=_NAMED,
            second=_NAMED,
        ),
        "lens": said(
            _(
                "The photos are of more than one lens: {first_photo} has {first}, {second_photo} "
                "has {second}."
            ),
            _EACH_ITS_OWN,
            first=_NAMED,
            second=_NAMED,
        ),
        "focal_length": said(
            _(
                "The photos are of more than one focal length: {first_photo} has {first}, "
                "{second_photo} has {second}."
            ),
            _EACH_ITS_OWN,
            first=_NAMED,
            second=_NAMED,
        ),
    },
    "views_too_few": said(
        ngettext(
            "{photos} photo shows the board well enough; {least} are the least, 15 are good.",
            "{photos} photos show the board well enough; {least} are the least, 15 are good.",
            "photos",
        ),
        _(
            "Take photos that fill the picture with the board, leaning it 30° to 45° to every "
            "side, and with the board near each corner."
        ),
    ),
    "views_too_similar": said(
        _(
            "Of {photos} photos only {distinct} show the board from different directions or "
            "places; {least} are the least."
        ),
        _("Move and lean the board, or the camera, between the photos."),
    ),
    "views_not_leaning": said(
        _(
            "In {leaning} photos the board leans by more than {lean_deg}°; {least} are the least: "
            "without them focal length and distance cannot be told apart."
        ),
        _("Add photos in which the board leans by 30° to 45°, to the left, right, front and back."),
    ),
    "picture_not_covered": said(
        _(
            "The board was seen in {covered_share} of the picture's area only; {least_share} is "
            "the least."
        ),
        _("Add photos with the board near each corner of the picture."),
    ),
}
