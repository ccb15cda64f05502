"""Findings about photos without a scale: what people, camera and drone say is not enough."""

from assets.findings.formats import Bare, Length, Words
from assets.findings.wording import Catalogue, said
from assets.findings.wording import gettext_noop as _

_SOURCES = Words(
    {
        "marker_card": _("the marker card"),
        "two_points": _("the two points"),
        "camera_distance": _("camera and distance"),
        "photo": _("the number given for the photo"),
        "inspection": _("the number given for the inspection"),
        "command_line": _("the number given"),
    }
)
# What was typed as metres or millimetres, and what is engraved on a lens, stays as it is.
_AS_GIVEN = Bare("g")
_CALIBRATE = _("Calibrate this camera again with photos taken like this one.")

ENTRIES: Catalogue = {
    "no_scale": said(
        _("No scale in this picture, so widths are in pixels and ungraded."),
        _(
            "Mark two points of known distance in the photo, or give millimetres per pixel: the "
            "widths are measured again without a new photo. Next time, lay a marker card beside "
            "the crack, whole and uncovered."
        ),
    ),
    "scale_impossible": said(
        _("A scale of {given_mm_per_px} millimetres per pixel is not possible."),
        _(
            "Divide a length in the picture in millimetres by its length in pixels, for example "
            "0.25."
        ),
        given_mm_per_px=_AS_GIVEN,
    ),
    "scales_disagree": said(
        _(
            "The scale from {used} ({used_mm_per_px}) is used; that from {other} "
            "({other_mm_per_px}) contradicts it."
        ),
        _("Check the printed size of the card with its ruler, and the number or distance given."),
        used=_SOURCES,
        other=_SOURCES,
    ),
    "two_points_no_length": said(
        _("The length between the two points cannot be {given_mm} mm."),
        _("Give the length in millimetres, above 0, of something flat on the surface."),
        given_mm=_AS_GIVEN,
    ),
    "two_points_outside": said(
        _("The point ({x_px}, {y_px}) is not in the picture of {width_px} × {height_px} pixels."),
        _("Click both points in this picture; (0, 0) is its top left pixel."),
        x_px=Bare("g"),
        y_px=Bare("g"),
    ),
    "two_points_too_close": said(
        _("The two points are only {apart_px} pixels apart, too close for a scale."),
        _("Choose something longer in the picture, {least_px} pixels at least."),
    ),
    "distance_impossible": {
        "not_above_zero": said(
            _("A distance of {given_m} m is not possible."),
            _("Give the distance from the camera to the surface in metres, above 0."),
            given_m=_AS_GIVEN,
        ),
        "out_of_range": said(
            _("A distance of {given_m} m from camera to surface is not possible."),
            _("Give the distance in metres, between {least_m} and {most_m}."),
            given_m=_AS_GIVEN,
            least_m=_AS_GIVEN,
            most_m=_AS_GIVEN,
        ),
        "out_of_focus": said(
            _("At {given_m} m a lens of {focal_mm} mm cannot be in focus."),
            _("Give the distance from the camera to the surface in metres."),
            given_m=_AS_GIVEN,
            focal_mm=_AS_GIVEN,
        ),
    },
    "distance_contradiction": said(
        _("The distance given is {given_m}, the drone's range finder measured {measured_m}."),
        _("Check the distance; leave it out to use the range finder's."),
        given_m=Length("g", "m"),
    ),
    "picture_resized": said(
        _(
            "The camera wrote {written_width_px} × {written_height_px} pixels and the picture has "
            "{width_px} × {height_px}: it was cropped or made smaller, so the lens gives no scale."
        ),
        _("Send the photo as the camera wrote it."),
    ),
    "digital_zoom": said(
        _("The photo was taken with {zoom} × digital zoom, so the lens gives no scale."),
        _("Take the photo without digital zoom: it shows nothing more."),
    ),
    "camera_unknown": {
        "named": said(
            _("The focal length of this photo in pixels is not known ({camera})."),
            _(
                "Send the file as the camera wrote it, with its EXIF data, or calibrate the "
                "camera: `python -m inference calibrate-camera`."
            ),
        ),
        "unnamed": said(
            _("The focal length of this photo in pixels is not known."),
            _(
                "Send the file as the camera wrote it, with its EXIF data, or calibrate the "
                "camera: `python -m inference calibrate-camera`."
            ),
        ),
    },
    "camera_profile_missing": said(
        _("The camera profile “{profile}” chosen for the visit is not on this worker."),
        _("Copy it into the folder CAMERA_PROFILES of every worker, or choose another one."),
    ),
    "profile_other_lens": said(
        _(
            "The camera's profile is for the lens {profile_lens}, this photo was taken with "
            "{photo_lens}; the profile is not used."
        ),
        _CALIBRATE,
    ),
    "profile_other_focal_length": {
        "other": said(
            _(
                "The camera's profile is for {profile_mm} mm, this photo names {photo_mm} mm; the "
                "profile is not used."
            ),
            _CALIBRATE,
            profile_mm=_AS_GIVEN,
            photo_mm=_AS_GIVEN,
        ),
        "none": said(
            _(
                "The camera's profile is for {profile_mm} mm, this photo names no single focal "
                "length; the profile is not used."
            ),
            _CALIBRATE,
            profile_mm=_AS_GIVEN,
        ),
    },
    "profile_other_size": said(
        _(
            "The camera's profile is for photos of {profile_width_px} × {profile_height_px} "
            "pixels, this one has {photo_width_px} × {photo_height_px}; the profile is not used."
        ),
        _("Send the photo as the camera wrote it, not cropped or made smaller."),
    ),
}
