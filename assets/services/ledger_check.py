"""The nightly check: does each organisation's ledger fit together, entry by entry?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from assets.errors import DomainError
from assets.findings import Finding
from assets.models import Event, LedgerCheck, LedgerHead, Organisation, Priority, User, WorkState
from assets.services.ledger import broken_links
from assets.work import attempts, claims, rings

FAULTS_KEPT = 20


def make_due() -> list[int]:
    """Queues tonight's check of each organisation that has none; ids of what was queued.

    The night begins at ``LEDGER_CHECK_HOUR``; an installation that sleeps then checks on waking.
    """
    here = timezone.localtime()
    if here.hour < settings.LEDGER_CHECK_HOUR:
        return []
    night = here.date()
    checked = LedgerCheck.objects.filter(night=night).values("organisation_id")
    missing = list(Organisation.objects.exclude(pk__in=checked).values_list("pk", flat=True))
    if not missing:
        return []
    now = timezone.now()
    LedgerCheck.objects.bulk_create(
        (
            LedgerCheck(
                organisation_id=pk,
                night=night,
                priority=Priority.BACKLOG,
                queued_at=now,
                rung_at=now,
            )
            for pk in missing
        ),
        ignore_conflicts=True,  # another sweeper was faster
    )
    made = LedgerCheck.objects.filter(night=night, organisation_id__in=missing)
    ids = list(made.order_by("pk").values_list("pk", flat=True))
    rings.ring_all(LedgerCheck, ids)
    return ids


def retry_check(*, organisation: Organisation, actor: User | None) -> LedgerCheck:
    """Queues the newest check of an organisation again, where it failed.

    Raises:
        DomainError: ``not_failed`` where it did not.
    """
    newest = LedgerCheck.objects.filter(organisation=organisation).order_by("-night").first()
    row = attempts.retry(newest, actor=actor) if newest is not None else None
    if row is None:
        raise DomainError(
            "not_failed",
            _("Only a check that failed can be tried again."),
            _("The ledger is read every night by itself."),
        )
    return row


def run(claim: claims.Claim[LedgerCheck], show_stage: Callable[[str], None]) -> None:
    """Reads the ledger once, entry by entry, and writes down what does not fit.

    What is written while it reads is left to the next night: it asks whether the entry that the
    head named at the beginning is there as it was sealed, so that a tail cut off is seen. A ledger
    that was cut off together with its head no longer holds what the check before found.
    """
    show_stage("reading")
    organisation = Organisation.objects.get(pk=claim.row.organisation_id)
    head = _head(organisation)
    broken = chain(broken_links(organisation), _ends(organisation, head, claim.row))
    faults = list(islice(broken, FAULTS_KEPT))
    count = len(faults) + sum(1 for _fault in broken)
    claims.finish(
        claim,
        entries=Event.objects.filter(organisation=organisation, seq__lte=head.seq).count(),
        head_seq=head.seq,
        head_hash=head.hash,
        fault_count=count,
        faults=[fault.as_stored() for fault in faults],
        checked_at=timezone.now(),
    )


def _head(organisation: Organisation) -> LedgerHead:
    return LedgerHead.objects.filter(pk=organisation.pk).first() or LedgerHead()


def _ends(organisation: Organisation, head: LedgerHead, check: LedgerCheck) -> Iterator[Finding]:
    """Faults between the entries, the head row, and the result of the last good check."""
    entries = Event.objects.filter(organisation=organisation)
    if head.seq and not entries.filter(seq=head.seq, hash=head.hash).exists():
        yield Finding("ledger_head_missing", {"entry": head.seq})
    newest = entries.order_by("-seq").values_list("seq", flat=True).first() or 0
    # Read after the entries: a head that is behind them now is not the one that wrote them.
    if newest > (now_at := _head(organisation).seq):
        yield Finding("ledger_head_behind", {"entry": now_at})
    good = LedgerCheck.objects.filter(
        organisation=organisation, state=WorkState.DONE, fault_count=0, head_seq__gt=0
    ).exclude(pk=check.pk)
    last = good.order_by("-head_seq").first()
    if last and not entries.filter(seq=last.head_seq, hash=last.head_hash).exists():
        yield Finding("ledger_cut_off", {"entry": last.head_seq})
