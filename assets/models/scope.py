"""Tenancy that fails closed: every read on behalf of a person begins with ``.visible_to(user)``."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models


class ScopedQuerySet(models.QuerySet):
    """A queryset that knows the way from its rows to the organisation that owns them."""

    organisation_path: ClassVar[str] = "organisation"

    def visible_to(self, user: Any) -> Self:
        """Rows of the organisations that ``user`` is a member of; none for anybody else."""
        from assets.models.organisation import Membership

        if user is None or not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        mine = Membership.objects.active_of(user).values("organisation_id")
        return self.filter(**{f"{self.organisation_path}__in": mine})


def scoped(path: str) -> models.Manager:
    """A manager whose rows reach their organisation by ``path`` (``asset__organisation`` …)."""
    queryset: Any = type("ScopedQuerySet", (ScopedQuerySet,), {"organisation_path": path})
    return queryset.as_manager()
