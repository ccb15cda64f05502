"""Keys that clients make for what they send, so that sending it again never doubles it."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from assets.models.inspection import Inspection, Photo
from assets.models.organisation import Organisation
from assets.models.scope import scoped


class ClientKey(models.Model):
    """One person's key, with the visit or photo that was created with it.

    A key is unique for its person, not for the organisation: another person's key is simply
    another key, so nobody learns from an answer which keys others have used.
    ``content_sha256`` is the digest of what was sent with it first. A photo that is already there
    can be brought by several keys. The key goes with its row; else it is kept for ever, because a
    telephone may send again after weeks.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="client_keys"
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="client_keys"
    )
    key = models.CharField(max_length=80)
    content_sha256 = models.CharField(max_length=64)
    inspection = models.ForeignKey(
        Inspection, null=True, on_delete=models.CASCADE, related_name="client_keys"
    )
    photo = models.ForeignKey(
        Photo, null=True, on_delete=models.CASCADE, related_name="client_keys"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = scoped("organisation")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="client_key_once_a_person"),
            models.CheckConstraint(
                condition=models.Q(inspection__isnull=True, photo__isnull=False)
                | models.Q(inspection__isnull=False, photo__isnull=True),
                name="client_key_stands_for_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} of {self.user_id}"
