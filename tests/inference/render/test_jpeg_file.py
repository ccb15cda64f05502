"""Renderings carry the EXIF of a camera, and their truth beside them."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from inference.imaging.exif import read_metadata
from inference.render.jpeg_file import CaptureData, jpeg_bytes, write_photo
from inference.render.photo import render
from inference.render.scenes import random_scene, random_view

GREY = np.full((40, 60, 3), 128, np.uint8)


def read_back(capture):
    return read_metadata(Image.open(io.BytesIO(jpeg_bytes(GREY, 90, capture))))


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [(46.512345, 7.431), (-33.8688, 151.2093), (40.7, -74.0059999), (0.0, 9.5)],
)
def test_what_the_camera_knew_can_be_read_back(latitude, longitude):
    metadata = read_back(
        CaptureData("2024-03-18T10:42:31", "-05:00", latitude, longitude, 512.5, "Drone H20")
    )
    assert metadata.captured_local == "2024-03-18T10:42:31"
    assert metadata.captured_offset == "-05:00"
    assert metadata.latitude == pytest.approx(latitude, abs=1e-7)
    assert metadata.longitude == pytest.approx(longitude, abs=1e-7)
    assert metadata.altitude_m == pytest.approx(512.5)
    assert metadata.camera_model == "Drone H20"
    assert metadata.camera_make == metadata.lens_model == "Hairline Renderer"
    assert metadata.orientation == 1
    assert metadata.focal_length_35mm == 43


def test_without_capture_data_no_time_and_place_are_made_up():
    metadata = read_back(CaptureData())
    assert metadata.captured_local is None
    assert metadata.latitude is None


def test_the_truth_lies_beside_the_picture(tmp_path):
    photo = render(random_scene(3, 120, 90, 0.5, 1), random_view(3), compress=False)
    write_photo(photo, tmp_path / "a.jpg", about={"note": 1})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.jpg", "a.json", "a.mask.png"]
    truth = json.loads((tmp_path / "a.json").read_text())
    assert truth["image_size_px"] == [120, 90]
    assert truth["gsd_mm_per_px"] == 0.5
    assert truth["note"] == 1
    assert len(truth["cracks"]) == len(photo.cracks)
    mask = np.asarray(Image.open(tmp_path / "a.mask.png"))
    assert (mask == photo.mask).all()
    with Image.open(tmp_path / "a.jpg") as picture:
        difference = np.asarray(picture).astype(int) - photo.pixels
    assert np.abs(difference).mean() < 6
