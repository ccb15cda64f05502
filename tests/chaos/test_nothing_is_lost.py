"""Real processes are killed and starved: one analysis, one alert a crack, nothing lost."""

from __future__ import annotations

import io
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings as django_settings
from django.db import connection, transaction
from PIL import Image

from assets.models import Alert, Analysis, Defect, Inspection, Measurement, Photo
from inference.render.photo import render
from inference.render.presets import surface_of
from inference.render.specs import CrackSpec, SceneSpec
from tests.chaos.installation import Installation, another_worker, installation, wait_for
from tests.factories import make_photo

pytestmark = [pytest.mark.chaos, pytest.mark.long, pytest.mark.django_db(transaction=True)]

LOCKED_S = 5.0


@pytest.fixture(autouse=True)
def _media_of_its_own(settings: object) -> None:
    """Overrides the fixture of that name: the worker's process reads the same folder."""
    settings.MEDIA_ROOT = django_settings.DATA_DIR / "media"  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def running(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    with installation(tmp_path_factory.mktemp("installation")) as one:
        yield one


@cache
def _wall() -> Image.Image:
    crack = CrackSpec(5, (150.0, 40.0), 86, 190, 2.4, tortuosity=0.3)
    scene = SceneSpec(900, 700, 0.4, surface_of("bridge_pier", 3, pores=0.0), (crack,))
    return Image.fromarray(render(scene).pixels)


def picture(number: int, *, enlarged: int = 1) -> bytes:
    """A wall with a crack, each with bytes of its own; enlarged it takes a worker seconds."""
    size = (900 * enlarged, 700 * enlarged)
    image = _wall().resize(size) if enlarged > 1 else _wall().copy()
    image.putpixel((0, 0), (number, number, number))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def state(photo: Photo) -> tuple[str, str]:
    return Photo.objects.values_list("state", "stage").get(pk=photo.pk)


def until_done(*photos: Photo) -> None:
    for photo in photos:
        wait_for(
            lambda photo=photo: state(photo)[0] not in ("queued", "processing"),
            f"photo {photo.pk} was not finished",
            within_s=90,
            every_s=0.1,
        )
        assert state(photo)[0] == "done"


def until_in_work(photo: Photo) -> None:
    """A stage that is over in half a second is not shown, so a fast worker may show none."""
    wait_for(lambda: state(photo)[0] == "processing", "nobody works on the photo")


def rings_left() -> int:
    """How many rings the broker still holds."""
    with current_app.connection_for_read() as link, link.channel() as channel:
        try:
            return channel.queue_declare("cpu", passive=True).message_count
        except link.channel_errors:
            return 0  # a queue that is empty is none, says Redis


def until_every_ring_is_answered(visit: Inspection) -> None:
    """The broker is empty; then another photo goes all the way, so the rings before it did."""
    wait_for(lambda: rings_left() == 0, "rings are left over", every_s=0.1)
    until_done(make_photo(visit, data=picture(250)))


def assert_once(photo: Photo) -> None:
    """Exactly one analysis, and one alert for each crack that it found."""
    analysis = Analysis.objects.get(photo=photo)
    assert analysis.is_current
    found = Measurement.objects.filter(analysis=analysis).count()
    assert found >= 1, "the crack of the picture must be found for this test to say anything"
    cracks = Defect.objects.filter(measurements__analysis=analysis)
    assert cracks.count() == found
    raised = Alert.objects.filter(defect__in=cracks)
    assert raised.filter(rule="first_seen").count() == raised.count() == found


def test_a_worker_killed_in_mid_photo(running, visit):
    photo = make_photo(visit, data=picture(1, enlarged=3))
    until_in_work(photo)
    killed = running.signal_worker(signal.SIGKILL)
    until_done(photo)
    assert running.worker_pid() != killed
    photo.refresh_from_db()
    assert photo.last_attempt == 2
    assert_once(photo)


def test_a_broker_that_lost_everything(running, visit):
    running.signal_worker(signal.SIGSTOP)
    try:
        photos = [make_photo(visit, data=picture(n)) for n in (2, 3)]
        current_app.control.purge()
    finally:
        running.signal_worker(signal.SIGCONT)
    until_done(*photos)
    assert Analysis.objects.count() == len(photos)


def test_the_same_task_rung_three_times(running, visit):
    photo = make_photo(visit, data=picture(4))
    for _ in range(2):  # the first ring came with the photo
        current_app.send_task(Photo.RING, args=[photo.pk])
    until_done(photo)
    until_every_ring_is_answered(visit)
    assert_once(photo)


def test_two_workers_on_one_photo(running, visit):
    with another_worker():
        photo = make_photo(visit, data=picture(5, enlarged=2))
        for _ in range(4):
            current_app.send_task(Photo.RING, args=[photo.pk])
        until_done(photo)
        until_every_ring_is_answered(visit)
    photo.refresh_from_db()
    assert photo.last_attempt == 1
    assert_once(photo)


def test_a_database_locked_for_five_seconds(running, visit):
    photo = make_photo(visit, data=picture(6, enlarged=3))
    until_in_work(photo)
    locked = threading.Event()
    lock = threading.Thread(target=_hold_database, args=[locked])
    lock.start()
    assert locked.wait(20)
    lock.join()
    until_done(photo)
    assert_once(photo)


def _hold_database(locked: threading.Event) -> None:
    """Nobody writes for five seconds; on PostgreSQL nobody reads photos either."""
    if connection.vendor == "sqlite":
        path = Path(connection.settings_dict["NAME"])
        holder = sqlite3.connect(path, isolation_level=None, timeout=20)
        holder.execute("BEGIN IMMEDIATE")
        locked.set()
        time.sleep(LOCKED_S)
        holder.execute("ROLLBACK")
        holder.close()
        return
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE assets_photo, assets_analysis IN ACCESS EXCLUSIVE MODE")
            locked.set()
            time.sleep(LOCKED_S)
    finally:
        connection.close()
