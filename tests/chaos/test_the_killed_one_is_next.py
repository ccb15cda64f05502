"""The photo of a killed worker comes before 39 others that wait.

Everything runs with the settings that are shipped: leases, sweeper and rings are not hurried.
"""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from assets.models import Photo
from assets.work.lines import lapsed
from tests.chaos.installation import installation, wait_for
from tests.chaos.test_nothing_is_lost import picture, until_in_work
from tests.factories import make_photo

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]

# The sweeper misses the dead within 5 s; a new worker starts within some seconds, which are more
# where all cores are busy. Before rings said "there is work" and the dead were looked for, it took
# 156 to 493 s, after all the others.
WITHIN_S = 120.0


@pytest.fixture(autouse=True)
def _media_of_its_own(settings: object) -> None:
    """Overrides the fixture of that name: the worker's process reads the same folder."""
    settings.MEDIA_ROOT = django_settings.DATA_DIR / "media"  # type: ignore[attr-defined]


@pytest.mark.timeout(240)
def test_a_killed_photo_is_the_next_one_taken(visit, tmp_path: Path):
    photo = make_photo(visit, data=picture(1, enlarged=3))
    others = [make_photo(visit, data=picture(10 + n)) for n in range(39)]
    with installation(tmp_path, DJANGO_SETTINGS_MODULE="tests.settings", WEB_PROCESSES="2") as one:
        until_in_work(photo)
        one.signal_worker(signal.SIGKILL)
        killed_at = time.monotonic()
        row = Photo.objects.filter(pk=photo.pk)
        wait_for(lambda: row.filter(lapsed()).exists(), "its worker is not missed", within_s=25)
        freed_s = time.monotonic() - killed_at
        wait_for(
            lambda: row.filter(last_attempt=2).exists(),
            "nobody takes the photo again",
            within_s=WITHIN_S,
        )
        taken_s = time.monotonic() - killed_at
        before_it = Photo.objects.filter(pk__in=[other.pk for other in others], last_attempt__gt=0)
        assert before_it.count() == 0, "others were taken before it"
    print(f"free after {freed_s:.1f} s, taken again after {taken_s:.1f} s")
