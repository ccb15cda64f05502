"""The ledger: who did what, when, before and after; each entry is sealed with the previous hash."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _

from assets.models.organisation import Organisation
from assets.models.scope import scoped

OURSELVES = "hairline"  # who did what no person did


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


class LedgerPerson(models.Model):
    """A person as the ledger of one organisation knows them: by a random key.

    Entries are sealed with the key, never with a name, so that the name can be erased later and
    the ledger still verifies (``assets.services.ledger_people``). Another organisation's ledger
    knows the same person by another key.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    label = models.CharField(max_length=254, blank=True)  # the address; empty = erased

    objects = scoped("organisation")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "user"], name="ledger_person_once_an_organisation"
            )
        ]

    def __str__(self) -> str:
        return self.label or _("a person whose name was erased")


class Event(models.Model):
    """One entry. ``seq`` has no gap and is in commit order: a reader who saw n misses nothing.

    What is sealed, and how, is said in ``assets.services.seals``. Not sealed: ``actor`` (who has
    the account now) and ``personal`` (addresses that may have to be erased).
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Of seal 0 alone, which has the actor's address inside.
    actor_label = models.CharField(max_length=120, blank=True)
    # Who did it, and whom it is about. No index: only erasing a name looks entries up by them.
    person = models.ForeignKey(
        LedgerPerson, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    about = models.ForeignKey(
        LedgerPerson, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    verb = models.CharField(max_length=40)
    subject_type = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()  # 0 for a person, whom ``about`` names
    # A number as subject_id is, no reference: an entry outlives what it speaks of, unchanged.
    asset_id = models.BigIntegerField(null=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.TextField(blank=True)
    salt = models.CharField(max_length=32, blank=True, default="")
    personal = models.JSONField(null=True)
    seal_version = models.PositiveSmallIntegerField(default=0)
    facts_sha256 = models.CharField(max_length=64, blank=True, default="")
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

    @property
    def who(self) -> str:
        """The name to show for who did it; read with ``select_related("person")``."""
        if self.person is not None:
            return str(self.person)
        return self.actor_label or OURSELVES
