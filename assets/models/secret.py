"""Encrypted secrets: passwords and keys of other systems."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from assets.models.organisation import Organisation
from assets.models.scope import scoped


class Secret(models.Model):
    """One sealed text. It belongs to an organisation, or without one to the installation.

    Write and open it only through ``assets.services.secret_store``: the key that seals it is not
    in the database.
    """

    organisation = models.ForeignKey(
        Organisation, null=True, on_delete=models.CASCADE, related_name="secrets"
    )
    name = models.CharField(max_length=80)
    ciphertext = models.BinaryField()
    key_id = models.CharField(max_length=16)
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = scoped("organisation")

    class Meta:
        ordering = ["organisation", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "name"], name="secret_name_once_an_organisation"
            ),
            models.UniqueConstraint(
                fields=["name"],
                condition=models.Q(organisation__isnull=True),
                name="secret_name_once_for_the_installation",
            ),
        ]

    def __str__(self) -> str:
        return self.name
