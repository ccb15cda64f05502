"""One order says what is worse than what, in Python and in SQL."""

from __future__ import annotations

import itertools

import pytest
from django.db.models import Q

from assets.models import Defect, DefectState, Element
from assets.models.worst_first import worst_first, worst_level
from assets.selectors import portfolio
from assets.services.defects import refresh_asset
from assets.severity import NONE_OPEN, UNGRADED, badness, is_worse, rank, worst
from tests.assets.test_no_open_defect_migration import SEEN
from tests.factories import make_asset


def test_no_open_crack_is_less_than_an_ungraded_one_and_that_less_than_any_grade():
    assert worst([]) == NONE_OPEN < worst([None]) == UNGRADED < worst([None, 0]) == 0
    assert worst([1, None, 4, 0]) == 4
    assert sorted([3, None, 0, 1], key=rank) == [None, 0, 1, 3]


@pytest.mark.parametrize(
    ("level", "before", "worse"),
    [
        (1, 0, True), (0, 0, False), (0, 1, False), (4, 3, True), (2, 2, False),
        (0, None, False), (1, None, False), (2, None, True), (None, None, False),
        (None, 0, False), (None, 3, False),
    ],
)  # fmt: skip
def test_what_got_worse(level, before, worse):
    assert is_worse(level, before) is worse


WIDTHS = [(None, None), (0, 0.05), (0, 0.08), (1, 0.2), (3, 0.9), (3, 1.0)]


@pytest.mark.django_db
def test_sql_orders_defects_as_python_does(organisation):
    asset = make_asset(organisation)
    part = asset.elements.get()
    cases = itertools.product(WIDTHS, [None, 2.0, 5.0])
    for number, ((level, width_mm), width_px) in enumerate(cases, 1):
        Defect.objects.create(
            asset=asset, element=part, number=number, level=level, width_mm=width_mm,
            width_px=width_px, first_seen_at=SEEN, last_seen_at=SEEN,
        )  # fmt: skip
    rows = list(Defect.objects.order_by(*worst_first(), "number"))
    by_hand = sorted(
        rows, key=lambda row: badness(row.level, row.width_mm, row.width_px), reverse=True
    )
    assert [row.pk for row in rows] == [row.pk for row in by_hand]

    refresh_asset(asset)
    asset.refresh_from_db()
    assert (asset.worst_defect, asset.worst_level) == (by_hand[0], 3)


@pytest.mark.django_db
def test_sql_tells_the_worst_of_each_element(organisation):
    asset = make_asset(organisation)
    expected = {}
    for name, levels in {"none": [], "new": [None], "a": [None, 0], "d": [0, 3]}.items():
        part = Element.objects.create(asset=asset, name=name)
        for level in levels:
            Defect.objects.create(
                asset=asset, element=part, number=Defect.objects.count() + 1, level=level,
                first_seen_at=SEEN, last_seen_at=SEEN,
            )  # fmt: skip
        Defect.objects.create(
            asset=asset, element=part, number=Defect.objects.count() + 1, level=4,
            state=DefectState.CLOSED, first_seen_at=SEEN, last_seen_at=SEEN,
        )  # fmt: skip
        expected[name] = worst(levels)
    is_open = Q(defects__state=DefectState.OPEN)
    rows = Element.objects.filter(is_whole=False).annotate(worst=worst_level("defects", is_open))
    assert dict(rows.values_list("name", "worst")) == expected


@pytest.mark.django_db
def test_the_list_of_assets_begins_with_the_worst(organisation, alice):
    for level in (UNGRADED, 3, NONE_OPEN, 0, 1):
        make_asset(organisation, worst_level=level)
    listed = portfolio.list_assets(alice)
    assert [row.worst_level for row in listed] == [3, 1, 0, UNGRADED, NONE_OPEN]
