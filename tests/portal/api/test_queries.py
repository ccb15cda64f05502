"""The number of queries of a list does not grow with the list."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories


def _grow(organisation, count: int) -> None:
    """``count`` assets with a visit each, and one more photo, crack and alert on the first."""
    for _ in range(count):
        asset = factories.make_asset(organisation)
        factories.make_inspection(asset, element=asset.elements.get())
    visit = organisation.assets.order_by("pk").first().inspections.first()
    for _ in range(count):
        match = factories.match_now(visit)
        factories.analyse(factories.make_photo(visit), 0.4, match=match)
    for _ in range(count):
        factories.make_photo(visit)


@pytest.mark.parametrize(
    ("address", "at_most"),
    [
        ("/api/v1/assets/", 3),
        ("/api/v1/elements/", 3),
        ("/api/v1/inspections/", 4),
        ("/api/v1/inspections/{visit}/photos/", 6),
        ("/api/v1/defects/", 3),
        ("/api/v1/alerts/", 3),
        ("/api/v1/map/3/4/2/", 3),
    ],
)
def test_lists(client, mia, organisation, address, at_most):
    client.force_login(mia)
    counts, sizes = [], []
    for more in (2, 5):
        _grow(organisation, more)
        visit = organisation.assets.order_by("pk").first().inspections.first()
        with CaptureQueriesContext(
            connection,
        ) as caught:
            answer = client.get(address.format(visit=visit.pk))
        assert answer.status_code == 200, answer.json()
        # Two of them say who asks: session and person.
        counts.append(len(caught) - 2)
        sizes.append(len(answer.content))
    assert sizes[1] > sizes[0] or "map" in address
    assert counts[0] == counts[1] <= at_most, [query["sql"][:90] for query in caught]


def test_a_photo_with_many_lines(client, mia, visit):
    client.force_login(mia)
    counts = []
    for lines in (2, 12):
        photo = factories.make_photo(visit)
        match = factories.match_now(visit)
        factories.analyse(photo, *[0.4] * lines, match=match)
        with CaptureQueriesContext(connection) as caught:
            assert len(client.get(f"/api/v1/photos/{photo.pk}/").json()["analysis"]["cracks"])
        counts.append(len(caught))
    assert counts[0] == counts[1] <= 7
