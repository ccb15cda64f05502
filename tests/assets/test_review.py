"""A crack that may be of either of two states sends its photo to review; an engineer settles it."""

from __future__ import annotations

import pytest

from assets.errors import DomainError
from assets.models import Event, Photo
from assets.services.records import Widths
from assets.services.review import settle_review
from assets.services.scale import set_photo_scale
from assets.severity import is_undecided
from tests.factories import analyse, make_crack_line, make_photo

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("width_mm", "u_mm", "undecided"),
    [
        (0.35, 0.04, True),  # 0.35 ± 0.08 holds 0.30: CS2 89 %, CS1 11 %
        (0.35, 0.02, False),
        (0.26, 0.03, True),
        (1.20, 0.05, True),
        (0.50, None, False),
        (0.30, 0.0, False),
        (None, None, False),
    ],
)
def test_a_limit_inside_the_uncertainty_leaves_it_undecided(width_mm, u_mm, undecided):
    assert is_undecided(width_mm, u_mm) is undecided


def waits(photo: Photo) -> bool:
    return Photo.objects.get(pk=photo.pk).needs_review


def undecided_line():
    line = make_crack_line(0.31)
    return type(line)(**{**{n: getattr(line, n) for n in line.__slots__},
                         "width_mm": Widths(0.25, 0.31, 0.4, 0.03)})  # fmt: skip


def test_a_photo_whose_states_straddle_goes_to_review(visit, emil):
    photo, clear = make_photo(visit), make_photo(visit)
    analyse(photo, 0.31, cracks=[undecided_line()])
    assert waits(photo)
    asked = Event.objects.get(verb="review.asked")
    assert (asked.subject_id, asked.after) == (photo.pk, {"lines": [0]})

    photo.refresh_from_db()
    settle_review(photo=photo, actor=emil, reason="Measured on site: 0.25 mm.")
    assert not waits(photo)
    assert Event.objects.get(verb="review.settled").reason == "Measured on site: 0.25 mm."
    assert not waits(clear)


def test_a_new_measurement_asks_anew_or_takes_it_out(visit, ines):
    photo = make_photo(visit)
    analyse(photo, 0.31, cracks=[undecided_line()])
    set_photo_scale(photo=photo, gsd_mm_per_px=0.2, actor=ines)
    analyse(photo, 0.9)
    assert not waits(photo)


@pytest.mark.parametrize(("reason", "code"), [(" ", "reason_missing"), ("Seen", "not_in_review")])
def test_a_decision_needs_a_reason_and_something_to_decide(visit, emil, reason, code):
    photo = make_photo(visit)
    analyse(photo, 0.9)
    with pytest.raises(DomainError) as refused:
        settle_review(photo=photo, actor=emil, reason=reason)
    assert refused.value.code == code and refused.value.hint
