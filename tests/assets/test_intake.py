"""A photo comes in: once, whole or not at all, and every refusal says what to do."""

from __future__ import annotations

import errno
import hashlib
import io
import struct
import zlib
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.files.uploadedfile import TemporaryUploadedFile
from PIL import Image

from assets.errors import DomainError
from assets.models import Event, Photo, PhotoState, User
from assets.picture_memory import working_bytes
from assets.services.intake import store_photo
from tests.factories import analyse, make_asset, make_element, make_photo, picture_bytes, upload
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def send(visit, data, *, name="IMG_0001.JPG", by=None, **more):
    return store_photo(
        inspection=visit, file=upload(data), uploaded_by=by, original_name=name, **more
    )


def stored_files():
    root = Path(django_settings.MEDIA_ROOT)
    return [path for path in root.rglob("*") if path.is_file()]


def refused(visit, data, **more):
    """The refusal, after looking that nothing of the file stayed behind."""
    with pytest.raises(DomainError) as caught:
        send(visit, data, **more)
    assert not Photo.objects.exists() and not stored_files()
    assert not Event.objects.exists()
    assert caught.value.message and caught.value.hint
    return caught.value


def heic_bytes():
    buffer = io.BytesIO()
    picture = Image.open(io.BytesIO(picture_bytes(kind="PNG")))
    from pillow_heif import register_heif_opener

    register_heif_opener()
    picture.save(buffer, "HEIF")
    return buffer.getvalue()


def test_the_bytes_are_kept_as_they_are(visit, pier, ines):
    data = picture_bytes()

    stored = send(visit, data, by=ines, name="C:\\DCIM\\Pier \u202e2\x00.JPG", gsd_mm_per_px=0.25)

    photo = stored.photo
    assert stored.created and photo.state == PhotoState.QUEUED
    assert photo.sha256 == hashlib.sha256(data).hexdigest() and photo.size_bytes == len(data)
    with default_storage.open(photo.file.name) as kept:
        assert kept.read() == data
    assert photo.file.name.startswith("photos/") and "IMG" not in photo.file.name
    assert photo.original_name == "Pier 2.JPG"
    assert photo.element == pier and photo.uploaded_by == ines and photo.gsd_mm_per_px == 0.25
    assert (photo.captured_at_source, photo.format) == ("upload", "jpeg")
    assert Event.objects.get().verb == "photo.stored"


@pytest.mark.parametrize(
    ("kind", "ours"), [("PNG", "png"), ("TIFF", "tiff"), ("WEBP", "webp"), ("JPEG", "jpeg")]
)
def test_the_kind_is_told_from_the_content(visit, kind, ours):
    photo = send(visit, picture_bytes(kind=kind), name="whatever.bin").photo

    assert photo.format == ours


def test_heic_is_taken_whole_and_refused_cut(visit):
    data = heic_bytes()

    assert refused(visit, data[: len(data) // 2]).code == "truncated"
    assert send(visit, data).photo.format == "heic"


def test_a_progressive_jpeg_and_one_with_a_trailer_are_whole(visit):
    send(visit, picture_bytes(seed=1, progressive=True))
    send(visit, picture_bytes(seed=2) + b"\x00" * 5000 + b"trailer of a phone")

    assert Photo.objects.count() == 2


def test_a_phones_double_picture_is_a_jpeg(visit, settings):
    """Depth and gain maps come as a second picture behind the first (MPO); they do not count."""
    settings.PHOTO_MAX_PIXELS = 78_399
    data = picture_bytes(kind="MPO", save_all=True, append_images=[Image.new("RGB", (160, 140))])
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.n_frames) == ("MPO", 2)

    assert send(visit, data).photo.format == "jpeg"


def test_a_spooled_upload_is_copied_not_moved(visit):
    data = picture_bytes()
    with TemporaryUploadedFile("a.jpg", "image/jpeg", len(data), None) as file:
        file.write(data)
        file.flush()

        store_photo(inspection=visit, file=file, uploaded_by=None, original_name="a.jpg")

        assert Path(file.temporary_file_path()).exists()


def bomb_header():
    """A PNG that says 60,000 × 60,000 and has next to no data."""

    def chunk(kind, body):
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\x00" * 1000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def many_frames():
    frames = [Image.new("L", (140, 140), n) for n in range(4)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "TIFF", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"This is no picture, whatever its name says.\n" * 40, "not_a_picture"),
        (b"\x00" * 4000, "not_a_picture"),
        (b"%PDF-1.7\n" + b"x" * 2000, "unsupported_format"),
        (picture_bytes(kind="BMP"), "unsupported_format"),
        (picture_bytes(kind="GIF"), "unsupported_format"),
        (picture_bytes()[:-2], "truncated"),
        (picture_bytes(kind="PNG", size=(1, 20_000)), "too_small"),
        (picture_bytes()[:3000], "truncated"),
        (picture_bytes()[:200], "truncated"),
        (picture_bytes()[:3], "truncated"),
        (picture_bytes(progressive=True)[:-500], "truncated"),
        (picture_bytes(kind="PNG")[:-300], "truncated"),
        (picture_bytes(kind="PNG")[:-30] + b"\x00" * 30, "truncated"),
        (picture_bytes(kind="WEBP")[:-300], "truncated"),
        (picture_bytes(kind="TIFF")[:-300], "truncated"),
        (bomb_header(), "too_many_pixels"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{len(value)} bytes",
)
def test_bad_files_are_refused_with_a_remedy(visit, data, code):
    assert refused(visit, data).code == code


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_too_many_bytes_and_too_many_pixels(visit, settings):
    settings.PHOTO_MAX_BYTES = 1024
    assert refused(visit, picture_bytes()).code == "too_large"
    settings.PHOTO_MAX_BYTES = 1024 * 1024
    settings.PHOTO_MAX_PIXELS = 15_000
    assert refused(visit, picture_bytes()).code == "too_many_pixels"
    settings.PHOTO_MAX_PIXELS = 30_000
    assert refused(visit, many_frames()).code == "too_many_pixels", "pixels × frames"
    settings.PHOTO_MAX_PIXELS = 78_400
    assert send(visit, many_frames()).created


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_what_no_worker_could_hold_is_refused_unread(visit, settings):
    pixels = 160 * 140
    settings.WORKER_MEMORY_BYTES = working_bytes(pixels) - 1
    error = refused(visit, picture_bytes(size=(160, 140), seed=2))
    settings.WORKER_MEMORY_BYTES += 1
    assert send(visit, picture_bytes(size=(160, 140))).created
    assert error.code == "too_many_pixels"
    assert "GB of memory" in error.message
    assert "WORKER_MEMORY_BYTES" in error.hint


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf"), 1e-9, 1e9])
def test_a_scale_that_cannot_be_is_refused(visit, scale):
    error = refused(visit, picture_bytes(), gsd_mm_per_px=scale)

    assert (error.code, error.field) == ("invalid_scale", "gsd_mm_per_px")


def test_an_element_of_another_asset_is_refused(visit, organisation):
    elsewhere = make_element(make_asset(organisation))

    assert refused(visit, picture_bytes(), element=elsewhere).code == "element_elsewhere"


def test_without_an_element_it_shows_the_whole_structure(visit):
    type(visit).objects.update(element=None)
    visit.refresh_from_db()

    assert send(visit, picture_bytes()).photo.element.is_whole


def test_the_same_content_twice_is_one_row(visit, ines):
    data = picture_bytes()
    first = send(visit, data, by=ines)

    again = send(visit, data, by=ines, name="copy.jpg")

    assert (again.photo, again.created) == (first.photo, False)
    assert len(stored_files()) == 1 and Event.objects.count() == 1


def test_another_visit_may_have_the_same_content(visit, bridge):
    from tests.factories import make_inspection

    data = picture_bytes()
    send(visit, data)

    assert send(make_inspection(bridge), data).created


def test_sent_again_with_a_scale_it_is_measured_again(visit, ines):
    data = picture_bytes()
    photo = make_photo(visit, data=data)
    analyse(photo, None)

    again = send(visit, data, gsd_mm_per_px=0.5, by=ines)

    assert not again.created
    assert (again.photo.state, again.photo.work, again.photo.gsd_mm_per_px) == (
        "queued",
        "measure",
        0.5,
    )
    assert send(visit, data).photo.gsd_mm_per_px == 0.5, "no scale said is no scale taken away"


@pytest.mark.django_db(transaction=True)
def test_the_same_photo_twice_at_the_same_moment(visit):
    data = picture_bytes()

    results = at_once(lambda: send(visit, data), lambda: send(visit, data))

    assert sorted(stored.created for stored in results) == [False, True]
    assert results[0].photo == results[1].photo == Photo.objects.get()
    assert len(stored_files()) == 1 and Event.objects.filter(verb="photo.stored").count() == 1


class FullDisk(FileSystemStorage):
    """Writes half of a file, and then the disk is full."""

    def _save(self, name, content):
        path = Path(self.path(name))
        path.parent.mkdir(parents=True)
        path.write_bytes(content.read(100))
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_leaves_nothing_half_written(visit, settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": f"{FullDisk.__module__}.{FullDisk.__qualname__}"},
    }

    assert refused(visit, picture_bytes()).code == "disk_full"


def test_a_row_that_fails_takes_its_file_away(visit):
    nobody = User(email="not@saved.example")

    with pytest.raises(ValueError, match="unsaved"):
        send(visit, picture_bytes(), by=nobody)

    assert not Photo.objects.exists() and not stored_files()
