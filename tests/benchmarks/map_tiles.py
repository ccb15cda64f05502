"""The map endpoint with 100,000 assets: median time of a tile at four zooms, whole stack.

The peer answers the same question without map cells: it reads the tile's assets by latitude and
longitude and groups them in Python.

Usage: python -m tests.benchmarks.map_tiles   (in a scratch DATA_DIR)
"""

from __future__ import annotations

import json
import math
import random
import statistics
import time

ASSETS = 100_000
ZOOMS = (3, 5, 8, 12)
TILES_A_ZOOM = 15


def _fill(organisation) -> list[tuple[float, float]]:
    """Assets around 400 towns of the northern half, as portfolios are: clumped, not even."""
    from assets.cells import cell_of
    from assets.models import Asset

    rng = random.Random(7)
    towns = [(rng.uniform(35, 62), rng.uniform(-10, 40)) for _ in range(400)]
    rows = []
    for i in range(ASSETS):
        lat, lon = towns[rng.randrange(len(towns))]
        lat, lon = lat + rng.gauss(0, 0.15), lon + rng.gauss(0, 0.25)
        rows.append(
            Asset(
                organisation=organisation, kind=rng.choice(["bridge", "dam", "tunnel"]),
                code=f"B-{i:06d}", name=f"Structure {i}", latitude=lat, longitude=lon,
                map_cell=cell_of(lat, lon), worst_level=rng.choice([-1, -2, -2, -2, 1, 1, 2, 3]),
            )
        )  # fmt: skip
    Asset.objects.bulk_create(rows, batch_size=2000)
    return towns


def _tile(lat: float, lon: float, z: int) -> tuple[int, int]:
    n = 1 << z
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n
    return int((lon + 180) / 360 * n), int(y)


def _plain(user, z: int, x: int, y: int) -> int:
    from assets.models import Asset

    n = 1 << z

    def lat(row: int) -> float:
        return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / n))))

    inside = Asset.objects.visible_to(user).filter(
        latitude__lte=lat(y), latitude__gt=lat(y + 1),
        longitude__gte=x / n * 360 - 180, longitude__lt=(x + 1) / n * 360 - 180,
    )  # fmt: skip
    groups: dict[tuple[int, int], list[int]] = {}
    for la, lo, level in inside.values_list("latitude", "longitude", "worst_level"):
        groups.setdefault(_tile(la, lo, min(24, z + 3)), []).append(level)
    return len(groups)


def main() -> None:
    import django

    from portal.first_run import prepare

    prepare()
    django.setup()
    from django.core.management import call_command
    from django.test import Client

    from assets.models import Membership, Organisation, User

    call_command("migrate", verbosity=0)
    organisation = Organisation.objects.create(name="Bench", slug="bench")
    user = User.objects.create_user("bench@bench.example", "a long password")
    Membership.objects.create(user=user, organisation=organisation, role="owner")
    towns = _fill(organisation)
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    result = {}
    for z in ZOOMS:
        tiles = list(dict.fromkeys(_tile(lat, lon, z) for lat, lon in towns))[:TILES_A_ZOOM]
        ours, plain = [], []
        for x, y in tiles:
            started = time.perf_counter()
            answer = client.get(f"/api/v1/map/{z}/{x}/{y}/")
            ours.append(time.perf_counter() - started)
            assert answer.status_code == 200, answer.content[:300]
            started = time.perf_counter()
            _plain(user, z, x, y)
            plain.append(time.perf_counter() - started)
        result[z] = {
            "ours_ms": 1000 * statistics.median(ours),
            "plain_ms": 1000 * statistics.median(plain),
            "tiles": len(tiles),
        }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
