"""The nightly check of a ledger: one row a night for each organisation, with the result."""

from __future__ import annotations

from django.db import models

from assets.models.scope import scoped
from assets.models.work import Work, WorkState


class LedgerCheck(Work):
    """Whether an organisation's ledger fitted together in one night.

    ``entries`` were read, up to ``head_seq`` with ``head_hash``, which the ledger's head said when
    the check began. ``faults`` are findings ({"code", "values"}), the first few of ``fault_count``.
    All of it is of ``checked_at``, which is None before.
    """

    NOUN = "ledger_check"
    RUN = "assets.services.ledger_check.run"
    DUE = "assets.services.ledger_check.make_due"

    night = models.DateField()
    entries = models.PositiveBigIntegerField(default=0)
    head_seq = models.PositiveBigIntegerField(default=0)
    head_hash = models.CharField(max_length=64, blank=True)
    fault_count = models.PositiveIntegerField(default=0)
    faults = models.JSONField(default=list)
    checked_at = models.DateTimeField(null=True)

    objects = scoped("organisation")

    class Meta(Work.Meta):
        ordering = ["-night", "organisation"]
        constraints = [
            *Work.Meta.constraints,
            models.UniqueConstraint(
                fields=["organisation", "night"], name="ledger_checked_once_a_night"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=WorkState.values), name="ledger_check_state_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id}: {self.night}"
