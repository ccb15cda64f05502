"""Photos, thumbnails, tiles and masks: who may have them, and how they come."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from asgiref.sync import sync_to_async
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import AsyncClient

from assets.models import Photo
from portal.api.authentication import issue_token
from tests import factories


@pytest.fixture
def photo(visit) -> Photo:
    """A photo with everything that an analysis leaves behind."""
    row = factories.make_photo(visit)
    mask = default_storage.save("masks/m.png", ContentFile(b"\x89PNG mask"))
    factories.analyse(row, 0.4, mask=mask)
    default_storage.save("tiles/t/1/0/1.jpg", ContentFile(b"\xff\xd8 tile"))
    row.refresh_from_db()
    row.thumbnail = default_storage.save("thumbnails/t.webp", ContentFile(b"RIFF thumbnail"))
    row.tiles_folder, row.tiles_max_zoom = "tiles/t", 1
    row.save()
    return row


FILES = ["original", "thumbnail", "mask.png", "tiles/1/0/1.jpg"]


def content(answer) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


@pytest.mark.parametrize("name", FILES)
def test_who_may_have_it(client, photo, mia, otto, name):
    address = f"/photos/{photo.pk}/{name}"
    assert client.get(address).status_code == 401
    client.force_login(otto)
    assert client.get(address).status_code == 404
    client.force_login(mia)
    answer = client.get(address)
    assert answer.status_code == 200
    assert len(content(answer)) == int(answer["Content-Length"]) > 5
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "private" in answer["Cache-Control"]
    assert "sandbox" in answer["Content-Security-Policy"]
    assert {"Cookie", "Authorization"} <= {name.strip() for name in answer["Vary"].split(",")}


@pytest.mark.parametrize("name", FILES)
def test_asking_again(client, photo, mia, name):
    client.force_login(mia)
    first = client.get(f"/photos/{photo.pk}/{name}")
    content(first)
    again = client.get(f"/photos/{photo.pk}/{name}", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = client.head(f"/photos/{photo.pk}/{name}")
    assert (head.status_code, head["Content-Length"]) == (200, first["Content-Length"])


def test_the_original_is_untouched_and_has_its_name(client, photo, mia):
    client.force_login(mia)
    answer = client.get(f"/photos/{photo.pk}/original")
    with default_storage.open(photo.file.name) as stored:
        assert content(answer) == stored.read()
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Content-Disposition"] == 'attachment; filename="IMG_0001.JPG"'
    assert answer["ETag"] == f'"{photo.sha256}"'


def test_a_token_opens_the_links_of_the_api(client, photo, mia):
    key, _row = issue_token(user=mia)
    answer = client.get(f"/photos/{photo.pk}/thumbnail", HTTP_AUTHORIZATION=f"Token {key}")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    content(answer)


@pytest.mark.parametrize(
    ("wanted", "status", "bytes_of"),
    [
        ("bytes=0-3", 206, slice(0, 4)),
        ("bytes=5-", 206, slice(5, None)),
        ("bytes=-4", 206, slice(-4, None)),
        ("bytes=4-1", 200, slice(None)),
        ("bytes=0-1,4-5", 200, slice(None)),
        ("lines=1-2", 200, slice(None)),
    ],
)
def test_a_part_of_it(client, photo, mia, wanted, status, bytes_of):
    client.force_login(mia)
    whole = content(client.get(f"/photos/{photo.pk}/original"))
    answer = client.get(f"/photos/{photo.pk}/original", headers={"Range": wanted})
    assert answer.status_code == status
    got = content(answer)
    assert got == whole[bytes_of]
    assert int(answer["Content-Length"]) == len(got)
    if status == 206:
        assert answer["Content-Range"].endswith(f"/{len(whole)}")


def test_a_part_behind_the_end(client, photo, mia):
    client.force_login(mia)
    answer = client.get(f"/photos/{photo.pk}/original", headers={"Range": "bytes=999999999-"})
    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{photo.size_bytes}"


@pytest.mark.parametrize("name", ["tiles/2/0/0.jpg", "tiles/1/7/7.jpg"])
def test_tiles_that_do_not_exist(client, photo, mia, name):
    client.force_login(mia)
    answer = client.get(f"/photos/{photo.pk}/{name}")
    assert answer.status_code == 404
    assert answer.json()["hint"]


def test_before_the_first_analysis_there_is_only_the_original(client, visit, mia):
    photo = factories.make_photo(visit)
    client.force_login(mia)
    content(client.get(f"/photos/{photo.pk}/original"))
    for name in FILES[1:]:
        answer = client.get(f"/photos/{photo.pk}/{name}")
        assert answer.status_code == 404, name
        assert answer.json()["detail"].startswith("There is no ")


def test_a_file_that_was_lost(client, photo, mia):
    default_storage.delete(photo.file.name)
    client.force_login(mia)
    answer = client.get(f"/photos/{photo.pk}/original")
    assert answer.status_code == 404
    assert "no longer in the storage" in answer.json()["detail"]


@pytest.mark.django_db(transaction=True)
async def test_under_asgi_it_comes_in_chunks(photo, mia, monkeypatch):
    monkeypatch.setattr("portal.files.CHUNK_BYTES", 1000)
    client = AsyncClient()
    await sync_to_async(client.force_login)(mia)
    answer = await client.get(f"/photos/{photo.pk}/original")
    assert answer.is_async
    assert isinstance(answer.streaming_content, AsyncIterator)
    chunks = [chunk async for chunk in answer.streaming_content]
    assert len(chunks) > 2
    assert max(map(len, chunks)) <= 1000
    assert sum(map(len, chunks)) == photo.size_bytes
