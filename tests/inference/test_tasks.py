"""A photo's way through the worker: claimed, analysed, matched, recorded; and what goes wrong."""

from __future__ import annotations

import datetime as dt
import errno
import time
from functools import cache

import cv2
import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image

from assets.findings import say
from assets.models import (
    Alert,
    Analysis,
    Defect,
    Identity,
    Measurement,
    Photo,
    Priority,
    ViewFeatures,
)
from assets.services import queue
from assets.services.queue import claim_photo
from assets.services.scale import set_photo_scale
from assets.work import claims
from assets.work.claims import ClaimLost
from inference import tasks
from inference.bridge import STAGES, analyse_claimed
from inference.instrument import Instrument
from inference.render.jpeg_file import CaptureData, jpeg_bytes
from inference.render.photo import render
from inference.render.presets import surface_of
from inference.render.specs import CrackSpec, SceneSpec, ViewSpec
from inference.types import ModelInfo
from tests.factories import make_photo
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

GSD = 0.4
CALM = {"pores": 0.0, "stains": 0.1, "streaks": 0.0, "mottling": 0.4}


class DarkLines:
    """A network of one rule: a crack is clearly darker than the concrete around it."""

    info = ModelInfo("dark-lines", "0" * 64, "rule", 0.5, "For tests.")
    tile_px = 512

    def predict(self, tiles):
        return np.stack([self._one(tile) for tile in tiles])

    def _one(self, tile):
        grey = cv2.GaussianBlur(cv2.cvtColor(tile, cv2.COLOR_RGB2GRAY), (0, 0), 1.0)
        around = cv2.medianBlur(grey, 31).astype(np.float32)
        return np.clip((around - grey) / (0.5 * around), 0, 1).astype(np.float32)


def dark_lines() -> Instrument:
    return Instrument(DarkLines())


@cache
def wall(*widths_mm: float, seed: int = 3, view: int = 0, day: str = "2025-05-20") -> bytes:
    """A photo of the wall ``seed`` with upright cracks of these widths, as a JPEG."""
    cracks = tuple(
        CrackSpec(40 + n, (90.0 + 130 * n, 40.0), 88, 190, width, tortuosity=0.3, edge_damage=0.0)
        for n, width in enumerate(widths_mm)
    )
    surface = surface_of("bridge_pier", seed, **CALM)
    scene = SceneSpec(900, 700, GSD, surface, cracks, margin_px=60)
    shift = (3.0 * view, -2.0 * view)
    look = ViewSpec(seed=view, shift_mm=shift, rotation_deg=0.4 * view, light_gradient=0.1)
    pixels = render(scene, look, compress=False).pixels
    return jpeg_bytes(pixels, 92, CaptureData(f"{day}T10:00:00", "+02:00", 50.9, 6.9))


def black() -> bytes:
    return jpeg_bytes(np.zeros((400, 500, 3), np.uint8), 90)


@pytest.fixture(autouse=True)
def _network(monkeypatch):
    monkeypatch.setattr(tasks, "current_model", DarkLines)


def run(photo: Photo) -> Photo:
    """Answers a ring for the photo; returns its row afterwards."""
    tasks.analyse_photo(photo.pk)
    photo.refresh_from_db()
    return photo


def widths(photo: Photo) -> list[float]:
    rows = Measurement.objects.filter(analysis__photo=photo, analysis__is_current=True)
    return sorted(rows.values_list("width_mm_p95", flat=True))


def files() -> set[str]:
    """Everything that was made from photos."""
    if not default_storage.exists("derived"):
        return set()
    return {str(path) for path in _walk("derived")}


def _walk(folder):
    folders, names = default_storage.listdir(folder)
    for name in names:
        yield f"{folder}/{name}"
    for name in folders:
        yield from _walk(f"{folder}/{name}")


def test_a_photo_becomes_measured_cracks(visit):
    photo = run(make_photo(visit, data=wall(1.0, 2.0), gsd_mm_per_px=GSD))

    assert (photo.state, photo.stage, photo.lease_until) == ("done", "", None)
    assert (photo.width_px, photo.height_px) == (900, 700)
    assert photo.captured_at == dt.datetime(2025, 5, 20, 8, tzinfo=dt.UTC)
    assert (photo.latitude, photo.longitude) == pytest.approx((50.9, 6.9), abs=1e-4)
    assert widths(photo) == pytest.approx([1.0, 2.0], rel=0.2)
    analysis = Analysis.objects.get()
    assert (analysis.is_current, analysis.gsd_source) == (True, "photo")
    assert Defect.objects.count() == Alert.objects.filter(rule="first_seen").count() == 2

    with default_storage.open(analysis.mask) as file:
        mask = np.asarray(Image.open(file))
    assert mask.shape == (700, 900)
    assert set(np.unique(mask)) == {0, 255}
    with default_storage.open(photo.thumbnail) as file:
        assert max(Image.open(file).size) <= 480
    assert default_storage.exists(f"{photo.tiles_folder}/0/0/0.jpg")
    assert default_storage.exists(f"{photo.tiles_folder}/{photo.tiles_max_zoom}/3/2.jpg")


def test_the_same_ring_three_times_is_one_analysis(visit):
    photo = make_photo(visit, data=wall(1.0), gsd_mm_per_px=GSD)
    for _ in range(3):
        run(photo)
    assert Analysis.objects.count() == Alert.objects.count() == 1


def test_two_workers_on_one_photo_are_one_analysis(visit):
    photo = make_photo(visit, data=wall(1.0), gsd_mm_per_px=GSD)
    at_once(*[lambda: tasks.analyse_photo(photo.pk)] * 2)
    assert run(photo).state == "done"
    assert Analysis.objects.count() == Alert.objects.count() == 1


def test_a_person_does_not_wait_for_the_backlog(visit):
    backlog = make_photo(visit, data=wall(seed=8), priority=Priority.BACKLOG)
    person = make_photo(visit, data=wall(1.0))
    run(backlog)
    person.refresh_from_db()
    assert (person.state, backlog.state) == ("done", "queued")


def test_what_cannot_be_searched_is_rejected_with_its_reason(visit):
    photo = run(make_photo(visit, data=black()))
    assert photo.state == "rejected"
    assert photo.reason_code == "too_dark"
    assert [say(reason).sentence for reason in photo.reasons] == [
        "Too dark: 100% of the photo is black."
    ]
    assert default_storage.exists(photo.thumbnail)
    assert not Analysis.objects.exists()


def test_a_file_cut_off_in_storage_is_rejected(visit):
    photo = make_photo(visit, data=wall(1.0))
    with default_storage.open(photo.file.name, "r+b") as file:
        file.truncate(20_000)
    photo = run(photo)
    assert (photo.state, photo.reason_code) == ("rejected", "truncated")


def test_a_picture_beyond_this_workers_memory_is_rejected_with_its_reason(visit, settings):
    photo = make_photo(visit, data=wall(1.0))
    settings.WORKER_MEMORY_BYTES = 200_000_000  # at the door it was more
    photo = run(photo)
    assert (photo.state, photo.reason_code) == ("rejected", "too_many_pixels")
    told = say(photo.reasons[0])
    assert "GB of memory" in told.sentence
    assert "WORKER_MEMORY_BYTES" in told.remedy


def test_a_file_gone_from_storage_says_so(visit):
    photo = make_photo(visit, data=wall(1.0))
    default_storage.delete(photo.file.name)
    photo = run(photo)
    assert (photo.state, photo.reason_code) == ("rejected", "file_missing")


def test_the_third_failure_is_shown_and_leaves_no_file(visit, monkeypatch):
    def broken():
        raise RuntimeError("no network today")

    monkeypatch.setattr(tasks, "current_model", broken)
    photo = make_photo(visit, data=wall(1.0))
    for expected in ("queued", "queued", "failed"):
        assert run(photo).state == expected
    assert photo.reason_code == "internal_error"
    assert "no network today" not in str(photo.reasons)
    assert files() == set()

    monkeypatch.setattr(tasks, "current_model", DarkLines)
    queue.retry_photo(photo=photo, actor=None)
    assert run(photo).state == "done"


def test_a_full_disk_is_named(visit, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("inference.bridge.kept_files.write_thumbnail", full)
    photo = make_photo(visit, data=wall(1.0))
    for _ in range(3):
        run(photo)
    assert (photo.state, photo.reason_code) == ("failed", "disk_full")


def test_a_worker_told_to_stop_gives_the_photo_back_untried(visit, monkeypatch):
    def stopped():
        raise SystemExit(0)

    monkeypatch.setattr(tasks, "current_model", stopped)
    photo = make_photo(visit, data=wall(1.0))
    with pytest.raises(SystemExit):
        run(photo)
    photo.refresh_from_db()
    assert (photo.state, photo.attempts) == ("queued", 0)
    assert files() == set()


def test_growth_is_seen_on_the_same_crack(visit):
    first = run(make_photo(visit, data=wall(0.8), gsd_mm_per_px=GSD))
    later = run(make_photo(visit, data=wall(1.8, view=1, day="2025-11-20"), gsd_mm_per_px=GSD))
    crack = Defect.objects.get()
    identities = [m.identity for m in crack.measurements.order_by("pk")]
    assert identities == [Identity.NEW, Identity.MATCHED]
    assert widths(first)[0] < widths(later)[0]
    assert crack.severity == "CS3"
    assert set(Alert.objects.values_list("rule", flat=True)) == {"first_seen", "worsened"}
    kept = Analysis.objects.get(photo=later).registration
    assert kept["inliers"] > 50
    assert kept["residual_px"] < 3


def test_a_second_crack_in_a_known_view_is_new(visit):
    run(make_photo(visit, data=wall(1.0), gsd_mm_per_px=GSD))
    run(make_photo(visit, data=wall(1.0, 1.5, view=1, day="2025-11-20"), gsd_mm_per_px=GSD))
    assert sorted(crack.measurements.count() for crack in Defect.objects.all()) == [1, 2]


def test_a_view_that_fits_no_earlier_one_awaits_a_person(visit):
    run(make_photo(visit, data=wall(1.0), gsd_mm_per_px=GSD))
    for seed in (8, 9):
        elsewhere = run(make_photo(visit, data=wall(1.0, seed=seed), gsd_mm_per_px=GSD))
        row = Measurement.objects.get(analysis__photo=elsewhere)
        assert (row.identity, row.defect) == (Identity.UNMATCHED, None)
    notice = Alert.objects.get(rule="unmatched")
    assert notice.count == 2
    assert Defect.objects.count() == 1


def test_two_first_views_at_the_same_moment_are_one_crack(visit):
    """Each worker finds no known crack; the second to record must look again."""
    views = [wall(1.0), wall(1.0, view=1, day="2025-05-21")]
    photos = [make_photo(visit, data=view, gsd_mm_per_px=GSD) for view in views]
    at_once(*[lambda photo=photo: tasks.analyse_photo(photo.pk) for photo in photos])
    assert [run(photo).state for photo in photos] == ["done", "done"]
    assert Defect.objects.get().measurements.count() == 2


def test_a_scale_given_later_measures_again_without_the_network(visit, monkeypatch):
    photo = run(make_photo(visit, data=wall(1.0)))
    before = Analysis.objects.get()
    row = Measurement.objects.get()
    kept = bytes(ViewFeatures.objects.get(analysis=before).data)
    assert row.width_mm_p95 is None
    assert row.not_measurable["code"] == "no_scale"

    monkeypatch.setattr(tasks, "current_model", lambda: pytest.fail("the network was asked"))
    set_photo_scale(photo=photo, gsd_mm_per_px=GSD, actor=None)
    assert run(photo).state == "done"

    after = Analysis.objects.get(is_current=True)
    assert Analysis.objects.count() == 2
    assert (after.mask, kept) == (before.mask, bytes(ViewFeatures.objects.get(analysis=after).data))
    again = Measurement.objects.get(analysis=after)
    assert (again.defect_id, again.identity) == (row.defect_id, Identity.CARRIED)
    assert again.centreline_px == row.centreline_px
    # The stored line is rounded, so the profiles lie a little elsewhere: well inside u.
    assert again.width_px_p95 == pytest.approx(row.width_px_p95, abs=0.5 * row.width_px_u)
    assert again.width_mm_p95 == pytest.approx(1.0, rel=0.2)
    assert Alert.objects.get().severity == Defect.objects.get().severity == "CS2"


def test_every_stage_is_shown_and_a_lost_claim_stops_the_work(visit):
    make_photo(visit, data=wall(1.0))
    seen: list[str] = []

    def until_searching(stage):
        seen.append(stage)
        if stage == "searching":
            raise ClaimLost

    held = claim_photo()
    with pytest.raises(ClaimLost):
        analyse_claimed(held, instrument=dark_lines, on_stage=until_searching)
    assert tuple(seen) == STAGES[:3]
    assert files() == set()

    seen.clear()
    analyse_claimed(held, instrument=dark_lines, on_stage=seen.append)
    assert tuple(seen) == STAGES


def test_a_result_that_comes_too_late_is_dropped_whole(visit):
    photo = make_photo(visit, data=wall(1.0))
    slow = claim_photo()
    Photo.objects.update(lease_until=timezone.now() - dt.timedelta(seconds=1))
    run(photo)
    kept = files()
    analyse_claimed(slow, instrument=dark_lines)
    assert Analysis.objects.count() == 1
    assert files() == kept


def test_the_lease_is_renewed_while_a_photo_takes_its_time(visit, settings, monkeypatch):
    settings.LEASE_S = 1

    class Slow(DarkLines):
        def predict(self, tiles):
            time.sleep(0.6)
            return super().predict(tiles)

    monkeypatch.setattr(tasks, "current_model", Slow)
    photo = make_photo(visit, data=wall(1.0))
    stolen: list[object] = []

    def thief():
        for _ in range(12):
            time.sleep(0.15)
            stolen.append(claims.claim_next(Photo))

    at_once(lambda: tasks.analyse_photo(photo.pk), lambda: time.sleep(0.2) or thief())
    assert run(photo).state == "done"
    assert set(stolen) == {None}
    assert Analysis.objects.get().attempt == 1


def test_the_record_is_plain_json(visit):
    photo = run(make_photo(visit, data=wall(1.0)))
    row = Measurement.objects.get(analysis__photo=photo)
    assert len(row.centreline_px) > 10
    assert {len(values) for values in row.profile.values()} == {len(row.profile["width_px"])}
    numbers = [value for value in row.profile["width_px"] if value is not None]
    assert numbers
    assert all(value == value for value in numbers)
