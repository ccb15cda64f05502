"""The frame of every page: organisation, navigation, bell, banner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import Max
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from assets.models import Alert, Membership, Photo, PhotoState, WorkerHeartbeat
from assets.models.worker import ANALYSIS
from assets.selectors.ledger import newest_faults
from assets.selectors.news import cursor_of
from portal.access import MAY, REFUSALS
from portal.mail import sends_mail

ALIVE_WITHIN_S = 30


@dataclass(frozen=True)
class WorkerBanner:
    """No analysis worker is alive: since when, and how many photos wait for one."""

    since: datetime | None
    waiting: int


class Shell:
    """The frame of a page for one person; an answer costs one query, and none if unasked.

    In templates: ``shell.organisation``, ``shell.can.asset_edit``, ``shell.bell``.
    """

    def __init__(self, user: Any) -> None:
        self.user = user

    @classmethod
    def of(cls, request: HttpRequest) -> Shell:
        """The shell of this request: what a view asked is not asked again by the page."""
        known = getattr(request, "hairline_shell", None)
        if known is None:
            known = cls(getattr(request, "user", None))
            request.hairline_shell = known
        return known

    @cached_property
    def memberships(self) -> list[Membership]:
        """The person's memberships with their organisations."""
        if not getattr(self.user, "is_authenticated", False):
            return []
        return list(
            Membership.objects.active_of(self.user)
            .select_related("organisation__ledger_head")
            .annotate(ledger_faults=newest_faults("organisation_id"))
            .order_by("organisation__name")
        )

    @property
    def _newest(self) -> dict[int, int]:
        """Organisation id -> number of the newest entry that pages show something of."""
        places = {one.organisation_id: one.organisation for one in self.memberships}
        heads = {pk: getattr(place, "ledger_head", None) for pk, place in places.items()}
        return {pk: head.news_seq if head else 0 for pk, head in heads.items()}

    @property
    def news_cursor(self) -> str:
        """From where on the page asks for news. It is no newer than what the page shows: the door
        (``portal.pages.doors``) has it read before the view reads anything.
        """
        return cursor_of(self._newest)

    @property
    def news_number(self) -> int:
        """The number that the live socket sends while nothing is newer than the cursor."""
        return sum(self._newest.values())

    def broken_ledgers(self) -> list[Membership]:
        """The memberships whose organisation's ledger does not fit, where this person keeps it."""
        return [
            one for one in self.memberships if one.ledger_faults and one.role in MAY["member.edit"]
        ]

    @property
    def organisation(self) -> str:
        """The name to put at the top: the organisation's, or how many there are."""
        names = [membership.organisation.name for membership in self.memberships]
        if len(names) == 1:
            return names[0]
        return _("%(n)d organisations") % {"n": len(names)} if names else _("No organisation")

    @property
    def role(self) -> str:
        """The person's role in words; several where they differ."""
        return ", ".join(sorted({str(m.get_role_display()) for m in self.memberships}))

    @property
    def requiring(self) -> list[Membership]:
        """The memberships whose organisation requires a second factor."""
        return [one for one in self.memberships if one.organisation.second_factor_required]

    @property
    def required_by(self) -> str:
        """The names of these organisations: "Rhine Bridges and City Works"; "" for none."""
        return get_text_list([one.organisation.name for one in self.requiring], _("and"))

    @property
    def map_tiles(self) -> str:
        """Address of the operator's map tiles; empty = the bundled basemap."""
        return settings.MAP_TILE_URL

    @property
    def sends_mail(self) -> bool:
        """Whether this installation can send a link for a forgotten password."""
        return sends_mail()

    @cached_property
    def can(self) -> dict[str, bool]:
        """Action (``asset_edit`` for ``asset.edit``) -> allowed in at least one organisation."""
        roles = {membership.role for membership in self.memberships}
        return {action.replace(".", "_"): bool(roles & allowed) for action, allowed in MAY.items()}

    def can_in(self, organisation_id: int) -> dict[str, bool]:
        """The same for one organisation."""
        roles = {m.role for m in self.memberships if m.organisation_id == organisation_id}
        return {action.replace(".", "_"): bool(roles & allowed) for action, allowed in MAY.items()}

    def require(self, action: str, organisation_id: int) -> None:
        """Lets pass who may, by the memberships that the page shows anyway.

        Raises:
            PermissionDenied: with a sentence. As ``portal.access.require``, which asks once more.
        """
        if not self.can_in(organisation_id)[action.replace(".", "_")]:
            raise PermissionDenied(str(REFUSALS[action]))

    @cached_property
    def bell(self) -> int:
        """Alerts that nobody has acknowledged."""
        return (
            Alert.objects.visible_to(self.user)
            .filter(acknowledged_at__isnull=True, resolved_at__isnull=True)
            .count()
        )

    @cached_property
    def banner(self) -> WorkerBanner | None:
        """The banner that says that no analysis worker is alive; None if one is."""
        if not self.memberships:
            return None
        seen = WorkerHeartbeat.objects.filter(room=ANALYSIS)
        last = seen.aggregate(last=Max("seen_at"))["last"]
        if last is not None and last > timezone.now() - timedelta(seconds=ALIVE_WITHIN_S):
            return None
        waiting = (
            Photo.objects.visible_to(self.user)
            .filter(state__in=[PhotoState.QUEUED, PhotoState.PROCESSING])
            .count()
        )
        return WorkerBanner(since=last, waiting=waiting)


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context for the frame of a page."""
    return {"shell": Shell.of(request)}
