"""The queue of photos: the rows are the mailbox, the broker is only a doorbell.

A worker claims a row by one conditional UPDATE and holds it by a lease. A lost ring costs seconds,
never data: :func:`sweep` rings again for what nobody holds. Rings are interchangeable: whoever
answers one takes the best photo that waits, so a person's upload never queues behind a backlog.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError as BrokerError

from assets.errors import DomainError
from assets.findings import Finding
from assets.models import Photo, PhotoState, Priority, User
from assets.services.given_scale import GivenScale, given_scale
from assets.services.ledger import Entry, append_event

log = structlog.get_logger(__name__)

TASK = "inference.analyse_photo"
ORDER = ("priority", "queued_at", "pk")
# Rings that may be under way for waiting photos at one time; each finished photo rings for the
# next, so more would only fill the broker with rings that find nothing to do.
RINGS_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to record one result for one photo.

    Attributes:
        attempt: number of this attempt; never used twice for the same photo.
        work: ``analyse``, or ``measure`` (widths again along the stored lines, no network).
        given: what people said about the scale when the claim was made: to be measured with,
            unless a card in the picture says better. What changed meanwhile queues another
            measurement.
    """

    photo_id: int
    attempt: int
    work: str
    lease_until: dt.datetime
    given: GivenScale = field(default_factory=GivenScale)


def ring(photo_id: int) -> None:
    """Rings for a worker after the transaction commits. A broker that is down is only logged."""
    ring_all([photo_id])


def ring_all(photo_ids: Sequence[int]) -> None:
    """Rings once a photo after commit, at most :data:`RINGS_AT_ONCE` times; the rest follow."""
    if photo_ids:
        chosen = list(photo_ids)[:RINGS_AT_ONCE]
        transaction.on_commit(partial(_send, chosen), robust=True)


def _send(photo_ids: Sequence[int]) -> None:
    for photo_id in photo_ids:
        try:
            current_app.send_task(TASK, args=[photo_id])
        except (BrokerError, OSError) as error:
            # The sweeper rings again; waiting for the broker's time-out once is enough.
            log.warning("ring_lost", photo=photo_id, error=str(error))
            return


def waiting(now: dt.datetime) -> Q:
    """Photos that a worker may take now: queued, or held by a lease that ran out."""
    free = Q(state=PhotoState.QUEUED) | Q(state=PhotoState.PROCESSING, lease_until__lte=now)
    return free & Q(attempts__lt=settings.MAX_ATTEMPTS)


def claim(photo_id: int, worker: str = "") -> Claim | None:
    """Claims for a worker that was rung for ``photo_id``.

    A photo that somebody waits for is claimed itself; a ring for a backlog photo, or for one that
    is held or done, claims the best photo that waits (:func:`claim_next`). So the claim may be for
    another photo: work on ``claim.photo_id``. None where nothing waits.
    """
    now = timezone.now()
    wanted = Photo.objects.filter(pk=photo_id, priority=Priority.PERSON)
    if wanted.filter(waiting(now)).exists():
        held = _take(photo_id, worker)
        if held is not None:
            return held
    return claim_next(worker)


def claim_next(worker: str = "") -> Claim | None:
    """Claims the photo that is next in line, people's uploads first; None where nothing waits."""
    while True:
        now = timezone.now()
        best = Photo.objects.filter(waiting(now)).order_by(*ORDER).values_list("pk", flat=True)
        photo_id = best.first()
        if photo_id is None:
            return None
        held = _take(photo_id, worker)
        if held is not None:
            return held


def _take(photo_id: int, worker: str) -> Claim | None:
    """One conditional UPDATE: of two workers, one gets the row."""
    with transaction.atomic():
        now = timezone.now()
        lease_until = now + dt.timedelta(seconds=settings.LEASE_S)
        taken = Photo.objects.filter(waiting(now), pk=photo_id).update(
            state=PhotoState.PROCESSING,
            attempts=F("attempts") + 1,
            last_attempt=F("last_attempt") + 1,
            claimed_by=worker[:120],
            lease_until=lease_until,
            stage="",
        )
        if not taken:
            return None
        photo = Photo.objects.select_related("inspection").get(pk=photo_id)
    return Claim(
        photo_id=photo_id,
        attempt=photo.last_attempt,
        work=photo.work,
        lease_until=lease_until,
        given=given_scale(photo),
    )


def held(claim: Claim) -> QuerySet[Photo]:
    """The claimed row, as long as nobody else claimed it since."""
    return Photo.objects.filter(
        pk=claim.photo_id, state=PhotoState.PROCESSING, last_attempt=claim.attempt
    )


def renew(claim: Claim, *, stage: str | None = None) -> bool:
    """Prolongs the lease, and shows the stage the work is in; False where the claim was lost."""
    changes: dict[str, object] = {
        "lease_until": timezone.now() + dt.timedelta(seconds=settings.LEASE_S)
    }
    if stage is not None:
        changes["stage"] = stage[:12]
    return bool(held(claim).update(**changes))


def release(claim: Claim) -> bool:
    """Gives a photo back untried, as a worker does that is told to stop; False where lost."""
    given = held(claim).update(
        state=PhotoState.QUEUED,
        attempts=F("attempts") - 1,
        lease_until=None,
        rung_at=timezone.now(),
        stage="",
    )
    if given:
        ring(claim.photo_id)
    return bool(given)


def fail_attempt(claim: Claim, why: Finding, *, final: bool = False) -> bool:
    """Ends an attempt without result: back into the queue, or failed for good to see.

    Args:
        why: kept with a photo that has failed for good.
        final: a further attempt would end the same way.

    Returns:
        False where the claim was lost meanwhile: then nothing is written.
    """
    with transaction.atomic():
        photo = held(claim).select_for_update().select_related("inspection__asset").first()
        if photo is None:
            return False
        if final or photo.attempts >= settings.MAX_ATTEMPTS:
            _fail(photo, why)
        else:
            now = timezone.now()
            Photo.objects.filter(pk=photo.pk).update(
                state=PhotoState.QUEUED, lease_until=None, rung_at=now, stage=""
            )
            ring(photo.pk)
    return True


def _fail(photo: Photo, why: Finding) -> None:
    reasons = [why.as_stored()]
    Photo.objects.filter(pk=photo.pk).update(
        state=PhotoState.FAILED,
        lease_until=None,
        stage="",
        reason_code=why.code[:40],
        reasons=reasons,
    )
    ring_next_after_commit()
    append_event(
        organisation=photo.inspection.asset.organisation_id,
        entry=Entry(
            "photo.failed",
            "photo",
            photo.pk,
            after={"code": why.code, "reasons": reasons},
            asset_id=photo.inspection.asset_id,
        ),
    )


def give_up_exhausted(now: dt.datetime | None = None) -> list[int]:
    """Photos whose third attempt ended without a word (worker killed): failed, with a reason."""
    now = now or timezone.now()
    spent = Q(state=PhotoState.PROCESSING, lease_until__lte=now) | Q(state=PhotoState.QUEUED)
    exhausted = Photo.objects.filter(spent, attempts__gte=settings.MAX_ATTEMPTS)
    given_up = []
    for photo_id in exhausted.values_list("pk", flat=True):
        with transaction.atomic():
            rows = exhausted.filter(pk=photo_id).select_for_update(of=("self",))
            photo = rows.select_related("inspection__asset").first()
            if photo is not None:
                _fail(photo, Finding("worker_lost", {"attempts": photo.attempts}))
                given_up.append(photo_id)
    return given_up


def due_rings(now: dt.datetime | None = None) -> list[int]:
    """Photos to ring for now, best first; marked as rung: each comes once a minute at most."""
    now = now or timezone.now()
    recent = now - dt.timedelta(seconds=settings.RING_AGAIN_AFTER_S)
    waits = Photo.objects.filter(waiting(now))
    room = RINGS_AT_ONCE - waits.filter(rung_at__gt=recent)[:RINGS_AT_ONCE].count()
    if room <= 0:
        return []
    silent = Q(rung_at__isnull=True) | Q(rung_at__lte=recent)
    due = list(waits.filter(silent).order_by(*ORDER).values_list("pk", flat=True)[:room])
    return [pk for pk in due if Photo.objects.filter(silent, pk=pk).update(rung_at=now)]


def sweep(now: dt.datetime | None = None) -> list[int]:
    """What the sweeper does every few seconds: gives up what is lost, rings for what waits."""
    give_up_exhausted(now)
    due = due_rings(now)
    ring_all(due)
    return due


def ring_next_after_commit() -> None:
    """A photo is finished: rings for the best one that waits and was not rung lately."""
    transaction.on_commit(_ring_next, robust=True)


def _ring_next() -> None:
    now = timezone.now()
    recent = now - dt.timedelta(seconds=settings.RING_AGAIN_AFTER_S)
    silent = Q(rung_at__isnull=True) | Q(rung_at__lte=recent)
    rows = Photo.objects.filter(waiting(now) & silent).order_by(*ORDER)
    photo_id = rows.values_list("pk", flat=True).first()
    if photo_id is not None and Photo.objects.filter(silent, pk=photo_id).update(rung_at=now):
        ring(photo_id)


def retry_photo(*, photo: Photo, actor: User) -> Photo:
    """Queues a failed photo again, with three new attempts.

    Raises:
        DomainError: ``not_failed`` where the photo is in no state that a retry could better.
    """
    with transaction.atomic():
        now = timezone.now()
        queued = Photo.objects.filter(
            pk=photo.pk, state__in=[PhotoState.FAILED, PhotoState.REJECTED]
        ).update(
            state=PhotoState.QUEUED,
            priority=Priority.PERSON,
            attempts=0,
            queued_at=now,
            rung_at=now,
            lease_until=None,
            reason_code="",
            reasons=[],
        )
        if not queued:
            raise DomainError(
                "not_failed",
                _("Only a photo that failed or was not fit can be tried again."),
                _("Wait until its analysis has ended."),
            )
        ring(photo.pk)
        append_event(
            organisation=photo.inspection.asset.organisation_id,
            entry=Entry("photo.retried", "photo", photo.pk, asset_id=photo.inspection.asset_id),
            actor=actor,
        )
    photo.refresh_from_db()
    return photo


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
    line = Photo.objects.filter(waiting(timezone.now()) & before)
    mine = photo.inspection.asset.organisation_id
    return line.filter(inspection__asset__organisation_id=mine).count() + 1
