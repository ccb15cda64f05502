"""The queue of photos: claiming a photo, trying again, its place in line.

:mod:`assets.work` does the same for every kind of work. A claim on a photo also carries what people
said about the photo's scale before it was claimed.
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
        work: ``analyse``, or ``measure`` (measure the widths along the stored lines again, without
            a network).
        given: what people had said about the scale when the photo was claimed. The worker uses it
            unless a marker card in the picture gives a better scale. A later change queues
            another measurement.
    """

    work: str
    given: GivenScale

    @property
    def photo_id(self) -> int:
        return self.row.pk


def claim_photo(worker: str = "") -> PhotoClaim | None:
    """Claims the photo that is next in line; None if no photo waits."""
    claim = claims.claim_next(Photo, worker)
    return None if claim is None else _of_photo(claim)


def take_photo(photo: Photo, worker: str = "") -> PhotoClaim | None:
    """Claims this photo before all others; None if it does not wait."""
    rows = Photo.objects.select_related(*Photo.CLAIMED_WITH)
    claim = claims.take(rows.get(pk=photo.pk), worker)
    return None if claim is None else _of_photo(claim)


def _of_photo(claim: claims.Claim[Photo]) -> PhotoClaim:
    row = claim.row
    return PhotoClaim(row, claim.attempt, claim.more, work=row.work, given=given_scale(row))


def retry_photo(*, photo: Photo, actor: User | None) -> Photo:
    """Puts a failed or rejected photo back into the queue, with three new attempts.

    Raises:
        DomainError: ``not_failed`` if the photo has neither failed nor been rejected.
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
    """The photo's place in line, 1 = next; None if it does not wait.

    Only photos of its own organisation count: nobody learns how busy other organisations are.
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
