"""Kinds of picture file: one list for intake, instrument, form and download."""

from __future__ import annotations

import io
from pathlib import PurePath

import numpy as np
import pytest
from django.core.files.base import ContentFile
from PIL import Image
from pillow_heif import register_heif_opener

from assets.pictures import (
    ACCEPT,
    KINDS,
    MAX_BYTES,
    MAX_PIXELS,
    MPO,
    READERS,
    SUFFIXES,
    PictureKind,
    kind_read_by,
    media_type_of,
)
from assets.services.picture_file import identify_picture
from inference.imaging.decode import PictureLimits, decode_picture


def picture(kind: PictureKind) -> bytes:
    register_heif_opener()
    pixels = np.random.default_rng(0).integers(0, 255, (140, 160, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, kind.reader)
    return stream.getvalue()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.format)
def test_what_intake_takes_the_instrument_reads(kind: PictureKind) -> None:
    data = picture(kind)
    assert identify_picture(ContentFile(data)) is kind
    assert decode_picture(data).format == kind.reader


def test_a_jpeg_with_previews_is_a_jpeg_and_other_readers_are_none() -> None:
    assert kind_read_by(MPO) is kind_read_by("JPEG")
    with pytest.raises(KeyError):
        kind_read_by("GIF")
    assert len(READERS) == len(set(READERS)) == len(KINDS)


def test_each_kind_has_its_names() -> None:
    for kind in KINDS:
        assert f".{kind.extension}" in kind.suffixes
        assert (
            media_type_of(kind.format)
            == kind.media_types[0]
            == Image.MIME[kind.reader].replace("heif", "heic")
        )
        assert {*kind.media_types, *kind.suffixes} <= set(ACCEPT.split(","))
    assert media_type_of("gif") == "application/octet-stream"
    assert PurePath("IMG_0001.HEIC").suffix.lower() in SUFFIXES


def test_limits_are_the_same_on_both_sides(settings) -> None:
    assert (PictureLimits().max_bytes, PictureLimits().max_pixels) == (MAX_BYTES, MAX_PIXELS)
    assert (settings.PHOTO_MAX_BYTES, settings.PHOTO_MAX_PIXELS) == (MAX_BYTES, MAX_PIXELS)
