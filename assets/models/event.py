"""The ledger: who did what, when, before and after, each entry sealed with the hash of the last."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from assets.models.organisation import Organisation
from assets.models.scope import scoped


class LedgerHead(models.Model):
    """The newest entry's number and hash; one row an organisation, locked while one is added.

    ``news_seq`` is the newest entry that pages show something of. Who signed in or downloaded a
    file stands in the ledger too, but must not have every open page ask again.
    """

    organisation = models.OneToOneField(
        Organisation, on_delete=models.CASCADE, primary_key=True, related_name="ledger_head"
    )
    seq = models.PositiveBigIntegerField(default=0)
    news_seq = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="")

    objects = scoped("organisation")

    def __str__(self) -> str:
        return f"{self.organisation_id}: {self.seq}"


class Event(models.Model):
    """One entry. ``seq`` has no gap and is in commit order: a reader who saw n misses nothing."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    actor_label = models.CharField(max_length=120)
    verb = models.CharField(max_length=40)
    subject_type = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.TextField(blank=True)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects = scoped("organisation")

    class Meta:
        ordering = ["organisation", "seq"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "seq"], name="event_number_once_an_organisation"
            )
        ]
        indexes = [
            models.Index(
                fields=["organisation", "subject_type", "subject_id"], name="event_subject"
            )
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.verb} {self.subject_type} {self.subject_id}"
