"""The queue of photos: what :mod:`assets.work` does for any table, and what a photo adds to it.

A claim on a photo carries what people said about its scale when it was made.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from assets.errors import DomainError
from assets.models import Photo, PhotoState, User
from assets.services.given_scale import GivenScale, given_scale
from assets.work import attempts, claims
from assets.work.lines import waiting


@dataclass(frozen=True)
class PhotoClaim(claims.Claim[Photo]):
    """The right to record one result for one photo.

    Attributes:
        work: ``analyse``, or ``measure`` (widths again along the stored lines, no network).
        given: what people said about the scale when the claim was made: to be measured with,
            unless a card in the picture says better. What changed meanwhile queues another
            measurement.
    """

    work: str
    given: GivenScale

    @property
    def photo_id(self) -> int:
        return self.row.pk


def claim_photo(worker: str = "") -> PhotoClaim | None:
    """Claims the photo that is next in line; None where nothing waits."""
    claim = claims.claim_next(Photo, worker)
    return None if claim is None else _of_photo(claim)


def take_photo(photo: Photo, worker: str = "") -> PhotoClaim | None:
    """Claims this photo, whoever else waits; None where it does not wait."""
    rows = Photo.objects.select_related(*Photo.CLAIMED_WITH)
    claim = claims.take(rows.get(pk=photo.pk), worker)
    return None if claim is None else _of_photo(claim)


def _of_photo(claim: claims.Claim[Photo]) -> PhotoClaim:
    row = claim.row
    return PhotoClaim(row, claim.attempt, claim.more, work=row.work, given=given_scale(row))


def retry_photo(*, photo: Photo, actor: User | None) -> Photo:
    """Queues a photo that failed or was rejected again, with three new attempts.

    Raises:
        DomainError: ``not_failed`` where the photo is in no state that a retry could better.
    """
    row = attempts.retry(photo, actor=actor, states=(PhotoState.FAILED, PhotoState.REJECTED))
    if row is None:
        raise DomainError(
            "not_failed",
            _("Only a photo that failed or was not fit can be tried again."),
            _("Wait until its analysis has ended."),
        )
    return row


def queue_position(photo: Photo) -> int | None:
    """The photo's place in line, 1 = next; None where it does not wait.

    Counted among its own organisation's photos: how busy others are is theirs.
    """
    if photo.state != PhotoState.QUEUED:
        return None
    before = (
        Q(priority__lt=photo.priority)
        | Q(priority=photo.priority, queued_at__lt=photo.queued_at)
        | Q(priority=photo.priority, queued_at=photo.queued_at, pk__lt=photo.pk)
    )
    line = Photo.objects.filter(waiting() & before, organisation_id=photo.organisation_id)
    return line.count() + 1
