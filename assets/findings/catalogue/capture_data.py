"""Findings about EXIF data that cannot be true."""

from assets.findings.formats import Bare, Words
from assets.findings.wording import Catalogue, said
from assets.findings.wording import gettext_noop as _

# A lens is engraved in millimetres everywhere.
_MM = Bare("g")
_OTHER_WAY = _("Send the file as the camera wrote it, or give the scale in another way.")

# What a focal length in pixels rests on.
_FOCAL_LENGTHS = Words(
    {
        "profile": _("the camera's profile"),
        "pixel_pitch": _("{focal_mm} mm and a pixel pitch of {pitch_um} µm"),
        "sensor": _("{focal_mm} mm and the {sensor_mm} mm sensor of the {camera}"),
        "film_35mm": _("{film_mm} mm in 35 mm terms"),
    },
    {
        "focal_mm": _MM,
        "pitch_um": Bare(".2f"),
        "sensor_mm": _MM,
        "camera": _MM,
        "film_mm": _MM,
    },
)

ENTRIES: Catalogue = {
    "exif_unreadable": said(
        _("The photo's capture data (EXIF) is damaged and was read only in part."),
        _("Nothing to do for the cracks; check the time and place of the photo by hand."),
    ),
    "capture_time_nonsense": said(
        _("The camera gave the impossible time “{stated_time}”."),
        _("Set the camera's clock; the time of the upload is used for this photo."),
    ),
    "gps_nonsense": {
        "no_fix": said(
            _(
                "The position in the photo was recorded without a GPS fix; the asset's position "
                "is used instead."
            ),
            _("Wait for the camera's GPS to find its place, or place the photo by hand."),
        ),
        "nowhere": said(
            _(
                "The position in the photo is not a place on Earth; the asset's position is used "
                "instead."
            ),
            _("Wait for the camera's GPS to find its place, or place the photo by hand."),
        ),
    },
    "focal_length_contradiction": {
        "lens": said(
            _(
                "The photo's data name a focal length of {focal_mm} mm and a lens of "
                "{shortest_mm} to {longest_mm} mm, which cannot be."
            ),
            _OTHER_WAY,
            focal_mm=_MM,
            shortest_mm=_MM,
            longest_mm=_MM,
        ),
        "two_lengths": said(
            _("The photo's data name two focal lengths, {one_mm} mm and {other_mm} mm."),
            _OTHER_WAY,
            one_mm=_MM,
            other_mm=_MM,
        ),
        "in_pixels": said(
            _(
                "The photo's focal length contradicts itself: {one} give {one_px} pixels, {other} "
                "give {other_px}."
            ),
            _(
                "Send the file as the camera wrote it, calibrate the camera, or give the scale in "
                "another way."
            ),
            one=_FOCAL_LENGTHS,
            other=_FOCAL_LENGTHS,
            one_px=Bare(",.0f"),
            other_px=Bare(",.0f"),
        ),
    },
}
