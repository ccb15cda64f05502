"""``manage.py list_secrets``: lists the stored secrets."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from assets.errors import DomainError
from assets.services.secret_store import standings
from portal.management.speaking import SpeakingCommand


class Command(SpeakingCommand):
    """One line a secret; exit status 1 where one does not open. Never shows any of one."""

    help = gettext_lazy(
        "Lists the stored secrets: organisation, name, date, key, and whether the key opens it."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        shut = 0
        try:
            rows = list(standings())
        except DomainError as refusal:
            raise SystemExit(f"{refusal.message} {refusal.hint}".strip()) from None
        for row in rows:
            secret = row.secret
            owner = secret.organisation.slug if secret.organisation else _("(installation)")
            facts = _("set %(moment)s UTC by %(person)s, key %(key)s: %(standing)s") % {
                "moment": f"{secret.changed_at:%Y-%m-%d %H:%M}",
                "person": secret.changed_by or _("the command line"),
                "key": secret.key_id,
                "standing": row.trouble or _("opens"),
            }
            self.stdout.write(f"{owner:<20} {secret.name:<28} {facts}")
            shut += bool(row.trouble)
        if not rows:
            self.stdout.write(_("No secret is stored."))
        if shut:
            raise SystemExit(_does_not_open(shut, len(rows)))


def _does_not_open(shut: int, stored: int) -> str:
    words = ngettext("%(n)d of %(all)d does not open.", "%(n)d of %(all)d do not open.", shut)
    return words % {"n": shut, "all": stored}
