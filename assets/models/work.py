"""The abstract table of work: rows that workers claim, try again and finish."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from assets.models.organisation import Organisation


class WorkState(models.TextChoices):
    """The state of a row. A table may have further end states."""

    QUEUED = "queued", _("Queued")
    PROCESSING = "processing", _("In work")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class Priority(models.IntegerChoices):
    """People before machines."""

    PERSON = 0, _("Somebody waits for it")
    BACKLOG = 10, _("Backlog")


class Work(models.Model):
    """A row that a worker claims. :mod:`assets.work` says how; the steps to a new kind stand there.

    A claim is (state processing, lease_until in the future, last_attempt). ``attempts`` counts
    tries since the row was last queued; ``last_attempt`` numbers every try ever and is never set
    back, so that a worker that slept through its lease cannot pass for the newest one.
    ``claimed_at`` is when it was claimed last: the organisation whose newest claim is the oldest
    is served next. All these times are of the database's clock.

    ``reasons`` say why it failed, the weightiest first, whose code is ``reason_code``: a list of
    {"code", "values"} (:mod:`assets.findings`).
    """

    # What ledger entries call it: "photo" gives photo.failed and photo.retried.
    NOUN: ClassVar[str]
    # The task that a ring asks for. The office runs what has no worker of its own.
    RING: ClassVar[str] = "portal.office.work"
    # "package.module.function" that does the work in the office: run(claim, show_stage).
    RUN: ClassVar[str] = ""
    # "package.module.function" that the sweeper calls: it queues what time brings.
    DUE: ClassVar[str] = ""
    # Related rows that a claim brings along.
    CLAIMED_WITH: ClassVar[tuple[str, ...]] = ()

    # Every index below begins with it.
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    state = models.CharField(max_length=12, choices=WorkState.choices, default=WorkState.QUEUED)
    priority = models.SmallIntegerField(choices=Priority.choices, default=Priority.PERSON)
    stage = models.CharField(max_length=12, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_attempt = models.PositiveIntegerField(default=0)
    claimed_by = models.CharField(max_length=120, blank=True)
    claimed_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    queued_at = models.DateTimeField()
    rung_at = models.DateTimeField(null=True)
    reason_code = models.CharField(max_length=40, blank=True)
    reasons = models.JSONField(default=list)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="processing") | models.Q(lease_until__isnull=False),
                name="%(class)s_in_work_has_a_lease",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "priority", "queued_at"], name="%(class)s_queue"),
            models.Index(
                fields=["organisation", "state", "priority", "queued_at"], name="%(class)s_line"
            ),
            models.Index(fields=["organisation", "claimed_at"], name="%(class)s_served"),
        ]

    @classmethod
    def ring_arguments(cls, pk: int) -> list[Any]:
        """The arguments of a ring's task: only the kind of work. The worker takes the next row."""
        return [cls._meta.label_lower]

    def asset_of(self) -> int | None:
        """The asset that news about this row are of; None where it is of none."""
        return None
