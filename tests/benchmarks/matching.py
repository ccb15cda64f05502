"""The cost of a new photo and of an asset page, for an element with 100 and with 5,000 photos.

Two elements of one installation, alike but for that, take turns. A new photo is laid upon earlier
views, really, and recorded; its pipeline is left out, the earlier photos are rows. One crack is on
all of them. Once on SQLite and once on PostgreSQL where one answers.

Usage: python -m tests.benchmarks.matching   (in a scratch DATA_DIR; prints JSON)
"""

from __future__ import annotations

import datetime as dt
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import psycopg

from tests.benchmarks.load import empty_database
from tests.benchmarks.table import Row

TITLE = "One element with 100 photos, and with 5,000"
FEW, MANY = 100, 5_000
A_VISIT = 50  # photos, an hour apart
FACES = 12  # places that the photos show in turn
NEW_PHOTOS, PAGES = 9, 15
MOST_MATCHING, MOST_PAGE = 1.5, 2.0
BEGIN = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


def measure() -> list[Row]:
    """The rows of both databases; each in a process and a data folder of its own."""
    rows = _rows("SQLite", _run({}))
    try:
        with empty_database("hairline_bench_matching") as address:
            rows += _rows("PostgreSQL", _run({"DATABASE_URL": address}))
    except psycopg.OperationalError as error:
        rows.append(Row("PostgreSQL", "not reachable", note=str(error).splitlines()[0]))
    return rows


def _run(more: dict[str, str]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="hairline-bench-") as data:
        env = os.environ | more | {
            "DATA_DIR": data, "DJANGO_SETTINGS_MODULE": "portal.settings", "LOG_LEVEL": "ERROR",
        }  # fmt: skip
        answer = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.matching"],
            env=env, check=True, capture_output=True, text=True,
        )  # fmt: skip
    return json.loads(answer.stdout.strip().splitlines()[-1])


def _rows(database: str, found: dict[str, Any]) -> list[Row]:
    rows = []
    for what, most in (
        ("matching", MOST_MATCHING),
        ("choosing views", MOST_MATCHING),
        ("asset page", MOST_PAGE),
    ):
        for clock in ("cpu", "wall"):
            few, many = (found[size][what][clock] for size in ("few", "many"))
            ratio = many / few
            rows.append(
                Row(
                    f"{what}, {clock}, {database}",
                    f"{many:.1f} ms, {ratio:.2f} ×",
                    f"{few:.1f} ms",
                    f"{'holds' if ratio <= most else 'MISSED'}: at most {most} ×",
                )
            )
    sizes = [f"{found[size]['page_kb']:.0f} KB" for size in ("many", "few")]
    rows.append(Row(f"asset page, body, {database}", *sizes))
    asked = [str(found[size]["statements"]) for size in ("many", "few")]
    rows.append(Row(f"SQL statements a photo, {database}", *asked, "match and record"))
    return rows


def _features() -> list[tuple[bytes, int]]:
    from inference.measure.identity.registration import extract_features
    from tests.inference.measure.identity.faces import draw_face

    found = [extract_features(draw_face(seed)) for seed in range(FACES)]
    return [(one.to_bytes(), len(one.points)) for one in found]


def _fill(organisation, features: list[tuple[bytes, int]], count: int):
    """An asset whose one element has ``count`` photos of one crack; visits of fifty."""
    from tests import factories
    from tests.many_views import Shot, add_views, make_defect

    asset = factories.make_asset(organisation)
    element = factories.make_element(asset)
    defect = make_defect(element, 1, BEGIN)
    asset.last_defect_number = 1
    asset.save()
    for start in range(0, count, A_VISIT):
        visit = factories.make_inspection(asset, element=element)
        shots = []
        for n in range(start, min(count, start + A_VISIT)):
            kept, key_points = features[n % FACES]
            at = BEGIN + n * dt.timedelta(hours=1)
            # Half of the photos know where they were taken.
            position = (50.94 + n % FACES * 1e-4, 6.96) if n % 2 else None
            width = 0.2 + 0.1 * n / count
            shots.append(Shot(at, kept, key_points, position, (defect,), width_mm=width))
        add_views(visit, element, shots)
    return asset, visit


def _timed(work: Callable[[], Any]) -> dict[str, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return {
        "cpu": 1000 * (time.process_time() - cpu),
        "wall": 1000 * (time.perf_counter() - wall),
    }


def _new_photo(visit, n: int) -> dict[str, float]:
    """One more photo of a known place, taken now: what matching and recording cost."""
    import numpy as np
    from django.db import connection

    from assets.models import Identity, Photo
    from assets.services.analysis import record_analysis
    from inference.bridge.matching import propose_match
    from inference.measure.identity.registration import extract_features
    from tests import factories
    from tests.inference.measure.identity.faces import draw_face, photograph_again

    photo = factories.make_photo(visit)
    claim = factories.hold(photo)
    again, truth = photograph_again(draw_face(n % FACES), 100 + n, turn_deg=4.0)
    features = extract_features(again)
    line = np.array([[10.0, 20.0, 1], [60.0, 24.0, 1], [120.0, 22.0, 1]]) @ truth.T
    lines = [(line[:, :2] / line[:, 2:]).astype(np.float32)]
    record = factories.make_record(
        0.25, image_width_px=800, image_height_px=600,
        features=features.to_bytes(), key_points=len(features.points),
    )  # fmt: skip
    facts = factories.facts_at("2026-06-01T10:00:00")
    analyses = []

    def work() -> None:
        match = propose_match(photo, lines, features, (800, 600), facts)
        analyses.append(record_analysis(claim=claim, result=record, match=match, facts=facts))

    asked: list[str] = []

    def count(execute: Any, sql: str, *args: Any) -> Any:
        asked.append(sql)
        return execute(sql, *args)

    with connection.execute_wrapper(count):
        took = _timed(work) | {"statements": len(asked)}
    choosing = _timed(lambda: _choose(photo.pk, facts))
    (analysis,) = analyses
    identity = analysis.measurements.get().identity
    assert identity == Identity.MATCHED, f"photo {n}: {identity}"
    assert Photo.objects.get(pk=photo.pk).state == "done"
    return took | {f"choosing {clock}": ms for clock, ms in choosing.items()}


def _choose(photo_id: int, facts: Any) -> None:
    """The register's part of a match: which views, their lines and their features."""
    from assets.models import Photo
    from assets.services.known_views import known_views

    photo = Photo.objects.select_related("inspection__asset").get(pk=photo_id)
    known_views(photo, facts)


def _medians(found: list[dict[str, float]], part: str = "") -> dict[str, float]:
    return {
        clock: statistics.median(one[part + clock] for one in found) for clock in ("cpu", "wall")
    }


def main() -> None:
    import django

    from portal.first_run import prepare

    prepare()
    django.setup()
    import cv2
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    from assets.models import Membership, Organisation, User

    cv2.setNumThreads(1)
    call_command("migrate", verbosity=0)
    organisation = Organisation.objects.create(name="Bench", slug="bench")
    user = User.objects.create_user("bench@bench.example", "a long password")
    Membership.objects.create(user=user, organisation=organisation, role="owner")
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    features = _features()
    places = {name: _fill(organisation, features, n) for name, n in (("few", FEW), ("many", MANY))}
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # what autovacuum does within a minute
    photos: dict[str, list[dict[str, float]]] = {"few": [], "many": []}
    pages: dict[str, list[dict[str, float]]] = {"few": [], "many": []}
    result: dict[str, dict[str, Any]] = {"few": {}, "many": {}}
    for n in range(-1, NEW_PHOTOS):  # the first of each loads what is loaded once
        for name, (_asset, visit) in places.items():
            took = _new_photo(visit, n)
            result[name]["statements"] = took["statements"]
            if n >= 0:
                photos[name].append(took)
    for n in range(-1, PAGES):
        for name, (asset, _visit) in places.items():
            answers = []
            took = _timed(lambda pk=asset.pk, to=answers: to.append(client.get(f"/assets/{pk}/")))
            assert answers[0].status_code == 200
            result[name]["page_kb"] = len(answers[0].content) / 1000
            if n >= 0:
                pages[name].append(took)
    for name in places:
        result[name]["matching"] = _medians(photos[name])
        result[name]["choosing views"] = _medians(photos[name], "choosing ")
        result[name]["asset page"] = _medians(pages[name])
    print(json.dumps(result))


if __name__ == "__main__":
    main()
