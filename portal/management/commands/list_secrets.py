"""``manage.py list_secrets``: lists the stored secrets."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from assets.errors import DomainError
from assets.services.secret_store import standings


class Command(BaseCommand):
    """One line a secret; exit status 1 where one does not open. Never shows any of one."""

    help = "Lists the stored secrets: organisation, name, date, key, and whether the key opens it."

    def handle(self, *args: Any, **options: Any) -> None:
        shut = 0
        try:
            rows = list(standings())
        except DomainError as refusal:
            raise SystemExit(f"{refusal.message} {refusal.hint}".strip()) from None
        for row in rows:
            secret = row.secret
            owner = secret.organisation.slug if secret.organisation else "(installation)"
            by = secret.changed_by or "the command line"
            self.stdout.write(
                f"{owner:<20} {secret.name:<28} set {secret.changed_at:%Y-%m-%d %H:%M} UTC "
                f"by {by}, key {secret.key_id}: {row.trouble or 'opens'}"
            )
            shut += bool(row.trouble)
        if not rows:
            self.stdout.write("No secret is stored.")
        if shut:
            raise SystemExit(f"{shut} of {len(rows)} do not open.")
