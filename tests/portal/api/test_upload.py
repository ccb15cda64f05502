"""Photos come in, good and bad; nothing is left half-written."""

from __future__ import annotations

import datetime as dt
import errno
import io
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from assets.models import Photo
from portal.models import ApiToken
from tests import factories


def send(client, visit, data: bytes | None = None, name: str = "IMG_0001.JPG", **fields):
    file = SimpleUploadedFile(name, factories.picture_bytes() if data is None else data)
    return client.post(f"/api/v1/inspections/{visit.pk}/photos/", {"file": file, **fields})


def stored_files(settings) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_a_photo_is_taken_in_and_queued(program, ines, visit, rings):
    answer = send(program(ines), visit, gsd_mm_per_px="0.25")
    assert answer.status_code == 201, answer.json()
    body = answer.json()
    assert (body["state"], body["queue_position"], body["analysis"]) == ("queued", 1, None)
    assert (body["scale"], body["scale_given"]["gsd_mm_per_px"]) == (None, 0.25)
    assert body["element"] == visit.element_id
    assert answer["Location"] == body["url"]
    assert Photo.objects.get().uploaded_by == ines


def test_the_same_photo_twice_gives_the_same_row(program, ines, visit):
    client, data = program(ines), factories.picture_bytes(seed=3)
    first, second = send(client, visit, data), send(client, visit, data, name="copy.jpg")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]


def test_sent_again_with_a_scale_it_is_measured_again(program, ines, visit):
    client, data = program(ines), factories.picture_bytes(seed=4)
    photo = Photo.objects.get(pk=send(client, visit, data).json()["id"])
    factories.analyse(photo, None)
    again = send(client, visit, data, gsd_mm_per_px="0.5")
    assert again.status_code == 200
    assert (again.json()["state"], again.json()["work"]) == ("queued", "measure")


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_other_kinds_are_taken_whatever_the_name_says(program, ines, visit, kind):
    answer = send(program(ines), visit, factories.picture_bytes(kind=kind), name="photo.jpg")
    assert answer.status_code == 201, answer.json()


def _bomb() -> bytes:
    """A small file that says it holds far more pixels than allowed."""
    buffer = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(buffer, "PNG")
    return buffer.getvalue()


BAD = {
    "text called .jpg": (b"Crack report, page 1 of 3\n" * 40, 415, "not_a_picture"),
    "a GIF": (b"GIF89a" + b"\0" * 40, 415, "unsupported_format"),
    "truncated JPEG": (factories.picture_bytes(size=(300, 300))[:-900], 400, "truncated"),
    "decompression bomb": (_bomb(), 413, "too_many_pixels"),
    "0 bytes": (b"", 400, "empty_file"),
    "one pixel": (factories.picture_bytes(size=(1, 1)), 400, "too_small"),
    "a strip": (factories.picture_bytes(size=(1, 20_000), kind="PNG"), 400, "too_small"),
    "a short side of 127": (factories.picture_bytes(size=(127, 900)), 400, "too_small"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_good_photo_is_refused_in_a_sentence(program, ines, visit, settings, case):
    data, status, code = BAD[case]
    answer = send(program(ines), visit, data)
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), body
    assert body["detail"].endswith(".")
    assert body["hint"].endswith(".")
    assert answer["Content-Type"] == "application/problem+json"
    assert not Photo.objects.exists()
    assert stored_files(settings) == []


def test_too_many_bytes(program, ines, visit, settings):
    settings.PHOTO_MAX_BYTES = 2000
    answer = send(program(ines), visit, factories.picture_bytes(size=(300, 300)))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert not Photo.objects.exists()


@pytest.mark.parametrize("fields", [{}, {"file": "a text"}, {"photo": "wrong name"}])
def test_no_file(program, ines, visit, fields):
    answer = program(ines).post(
        f"/api/v1/inspections/{visit.pk}/photos/", fields, format="multipart"
    )
    assert answer.status_code == 400
    assert "no photo in this request" in answer.json()["detail"]


def test_two_files_in_one_request(program, ines, visit):
    pictures = [factories.upload(factories.picture_bytes(seed=n)) for n in (1, 2)]
    answer = program(ines).post(
        f"/api/v1/inspections/{visit.pk}/photos/", {"file": pictures}, format="multipart"
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "too_many_files")
    assert not Photo.objects.exists()


@pytest.mark.parametrize("scale", ["0", "-1", "nan", "inf", "0,25", "wide", "1e9"])
def test_a_scale_that_is_none(program, ines, visit, scale):
    answer = send(program(ines), visit, gsd_mm_per_px=scale)
    assert answer.status_code == 400, answer.json()
    assert "gsd_mm_per_px" in answer.json()["fields"]
    assert not Photo.objects.exists()


def test_an_empty_scale_field_is_no_scale(program, ines, visit):
    answer = send(program(ines), visit, gsd_mm_per_px="")
    assert answer.status_code == 201, answer.json()
    assert answer.json()["scale_given"]["gsd_mm_per_px"] is None


def test_somebody_elses_inspection_is_not_found(program, otto, visit):
    answer = send(program(otto), visit)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert not Photo.objects.exists()


def test_somebody_elses_element_is_not_found(program, ines, visit, other_organisation):
    foreign = factories.make_element(factories.make_asset(other_organisation))
    answer = send(program(ines), visit, element=foreign.pk)
    assert answer.status_code == 404
    assert not Photo.objects.exists()


def test_an_element_of_another_asset_is_refused(program, ines, visit, organisation):
    elsewhere = factories.make_element(factories.make_asset(organisation))
    answer = send(program(ines), visit, element=elsewhere.pk)
    assert (answer.status_code, answer.json()["code"]) == (400, "element_elsewhere")


def test_a_manager_may_not(program, mia, visit):
    answer = send(program(mia), visit)
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert "role" in answer.json()["detail"]
    assert not Photo.objects.exists()


def test_an_expired_token(program, ines, visit):
    client = program(ines)
    ApiToken.objects.update(expires_at=timezone.now() - dt.timedelta(minutes=1))
    assert send(client, visit).status_code == 401
    assert not Photo.objects.exists()


def test_a_full_disk(program, ines, visit, settings, monkeypatch):
    def no_room(self, name, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "_save", no_room)
    answer = send(program(ines), visit)
    assert (answer.status_code, answer.json()["code"]) == (507, "disk_full")
    assert not Photo.objects.exists()
    assert stored_files(settings) == []


def test_json_instead_of_a_form(program, ines, visit):
    answer = program(ines).post(
        f"/api/v1/inspections/{visit.pk}/photos/", {"file": "abc"}, format="json"
    )
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_uploads_are_throttled_by_person(program, ines, emil, visit, monkeypatch):
    monkeypatch.setattr("portal.api.throttles.UploadThrottle.rate", "2/min", raising=False)
    client = program(ines)
    codes = [send(client, visit, factories.picture_bytes(seed=n)).status_code for n in range(3)]
    assert codes == [201, 201, 429]
    assert send(program(emil), visit, factories.picture_bytes(seed=9)).status_code == 201
    assert client.get(f"/api/v1/inspections/{visit.pk}/photos/").status_code == 200
