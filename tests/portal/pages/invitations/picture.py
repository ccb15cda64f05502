"""Everything that inviting and accepting writes, as one value to compare."""

from __future__ import annotations

from collections.abc import Callable

from allauth.account.models import EmailAddress

from assets.models import Event, Invitation, Membership, User

Picture = Callable[[], list[object]]


def take() -> list[object]:
    tables = (User, Membership, Invitation, Event, EmailAddress)
    skip = {"last_login"}
    return [
        [{k: v for k, v in row.items() if k not in skip} for row in found]
        for found in (table.objects.order_by("pk").values() for table in tables)
    ]
