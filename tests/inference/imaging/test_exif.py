"""Capture data: what is plausible is kept, what is not is None with a finding."""

import io
from datetime import datetime

import pytest
from PIL import Image

from assets.findings import say
from inference.imaging.exif import PhotoMetadata, read_metadata


def metadata(base: dict | None = None, photo: dict | None = None, gps: dict | None = None):
    """Write EXIF into a JPEG and read it back, as if from a camera."""
    exif = Image.Exif()
    exif.update(base or {})
    exif.get_ifd(0x8769).update(photo or {})
    exif.get_ifd(0x8825).update(gps or {})
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG", exif=exif)
    return read_metadata(Image.open(buffer))


def place(latitude_ref: str | None, longitude_ref: str | None, **more) -> dict:
    gps = {2: (33.0, 51.0, 36.0), 4: (151.0, 12.0, 18.0), **more}
    if latitude_ref is not None:
        gps[1] = latitude_ref
    if longitude_ref is not None:
        gps[3] = longitude_ref
    return gps


@pytest.mark.parametrize(
    ("refs", "signs"),
    [
        (("N", "E"), (1, 1)),
        (("S", "E"), (-1, 1)),
        (("N", "W"), (1, -1)),
        (("S", "W"), (-1, -1)),
        (("s", "w"), (-1, -1)),
        (("S\0", "West"), (-1, -1)),
    ],
)
def test_hemispheres_give_the_signs(refs, signs):
    read = metadata(gps=place(*refs))
    assert read.latitude == pytest.approx(signs[0] * 33.86)
    assert read.longitude == pytest.approx(signs[1] * 151.205)
    assert read.findings == ()


@pytest.mark.parametrize(
    "gps",
    [
        place(None, "E"),
        place("N", None),
        place("X", "E"),
        {1: "N", 2: (91.0, 0.0, 0.0), 3: "E", 4: (10.0, 0.0, 0.0)},
        {1: "N", 2: (45.0, 0.0, 0.0), 3: "E", 4: (181.0, 0.0, 0.0)},
        {1: "N", 2: (45.0, 75.0, 0.0), 3: "E", 4: (10.0, 0.0, 0.0)},
        {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
        {1: "N", 2: (45.0, 0.0, 0.0)},
        {1: "N", 2: (45.0, 0.0, 0.0, 7.0), 3: "E", 4: (10.0, 0.0, 0.0)},
    ],
)
def test_impossible_positions_are_none_with_a_finding(gps):
    read = metadata(gps=gps)
    assert (read.latitude, read.longitude, read.altitude_m) == (None, None, None)
    assert [finding.code for finding in read.findings] == ["gps_nonsense"]
    assert "asset's position" in say(read.findings[0]).sentence


def test_a_position_without_a_fix_is_not_believed():
    read = metadata(gps=place("N", "E") | {9: "V"})
    assert read.latitude is None and "without a GPS fix" in say(read.findings[0]).sentence
    assert metadata(gps=place("N", "E") | {9: "A"}).latitude is not None


def test_decimal_degrees_in_one_value():
    read = metadata(gps={1: "N", 2: (45.5, 0.0, 0.0), 3: "W", 4: (10.0, 30.0, 0.0)})
    assert (read.latitude, read.longitude) == (45.5, -10.5)


@pytest.mark.parametrize(("reference", "sign"), [(b"\0", 1), (b"\1", -1)])
def test_altitude_below_the_sea(reference, sign):
    read = metadata(gps=place("N", "E") | {5: reference, 6: 12.5})
    assert read.altitude_m == pytest.approx(sign * 12.5)


def test_an_impossible_altitude_is_left_out():
    assert metadata(gps=place("N", "E") | {6: 65535.0}).altitude_m is None


def test_gps_time_is_utc():
    read = metadata(gps=place("N", "E") | {7: (14.0, 27.0, 7.24), 29: "2008:10:23"})
    assert read.gps_utc == "2008-10-23T14:27:07+00:00"
    assert datetime.fromisoformat(read.gps_utc).utcoffset().total_seconds() == 0
    for clock, day in (((25.0, 0.0, 0.0), "2008:10:23"), ((1.0, 2.0, 3.0), "2008:13:40")):
        assert metadata(gps={7: clock, 29: day}).gps_utc is None


@pytest.mark.parametrize(
    ("photo", "base", "local", "offset"),
    [
        ({0x9003: "2021:04:11 15:47:53", 0x9011: "-05:00"}, {}, "2021-04-11T15:47:53", "-05:00"),
        ({0x9003: "2021:04:11 15:47:53", 0x9011: "Z"}, {}, "2021-04-11T15:47:53", "+00:00"),
        ({0x9003: "2021:04:11 15:47:53", 0x9011: "+99:00"}, {}, "2021-04-11T15:47:53", None),
        (
            {0x9003: "2021:04:11 15:47:53"},
            {0x0132: "2024:01:01 00:00:01"},
            "2021-04-11T15:47:53",
            None,
        ),
        ({0x9004: "2020:02:29 08:00:00"}, {}, "2020-02-29T08:00:00", None),
        ({0x9010: "+02:00"}, {0x0132: "2024:01:01 00:00:01"}, "2024-01-01T00:00:01", "+02:00"),
        ({0x9003: "0000:00:00 00:00:00"}, {}, None, None),
        ({0x9003: "    :  :     :  :  "}, {}, None, None),
        ({}, {}, None, None),
    ],
)
def test_the_capture_time_and_its_offset(photo, base, local, offset):
    read = metadata(base=base, photo=photo)
    assert (read.captured_local, read.captured_offset) == (local, offset)
    assert read.findings == ()


@pytest.mark.parametrize("stamp", ["2021:02:30 10:00:00", "1970:01:01 00:00:00", "yesterday 5"])
def test_impossible_times_are_none_with_a_finding(stamp):
    read = metadata(photo={0x9003: stamp})
    assert read.captured_local is None
    assert [finding.code for finding in read.findings] == ["capture_time_nonsense"]


def test_camera_and_lens_without_the_padding_that_databases_refuse():
    read = metadata(
        base={0x010F: "DJI\0\0\0\0", 0x0110: "  FC300S \0junk"},
        photo={0xA434: "50 mm\x07 f/1.8", 0x920A: 3.61, 0xA405: 20},
    )
    assert (read.camera_make, read.camera_model) == ("DJI", "FC300S")
    assert read.lens_model == "50 mm f/1.8"
    assert read.focal_length_mm == pytest.approx(3.61) and read.focal_length_35mm == 20


@pytest.mark.parametrize("orientation", [0, 9, 500])
def test_an_orientation_that_does_not_exist_means_upright(orientation):
    assert metadata(base={0x0112: orientation}).orientation == 1


def test_no_exif_is_no_finding():
    assert read_metadata(Image.new("RGB", (4, 4))) == PhotoMetadata()


def test_damaged_exif_is_a_finding():
    image = Image.new("RGB", (4, 4))
    image.info["exif"] = b"Exif\0\0MM\0*\0\0\0\x08\xff"
    assert [finding.code for finding in read_metadata(image).findings] == ["exif_unreadable"]
