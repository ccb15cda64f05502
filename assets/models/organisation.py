"""Who owns the register, and who has which role in it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from assets.models.scope import scoped
from assets.severity import DEFAULT_RULE_SET


class Organisation(models.Model):
    """The owner of structures. Everything belongs to exactly one."""

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    rule_set = models.CharField(max_length=40, default=DEFAULT_RULE_SET)
    stale_after_days = models.PositiveIntegerField(
        _("days after which an asset counts as not inspected lately"), default=730
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = scoped("pk")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a member may do; the table of actions is in ``portal.access``."""

    OWNER = "owner", _("Owner")
    INSPECTOR = "inspector", _("Inspector")
    ENGINEER = "engineer", _("Engineer")
    MANAGER = "manager", _("Manager")
    ADMINISTRATOR = "administrator", _("Administrator")


class Membership(models.Model):
    """One person's role in one organisation."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = scoped("organisation")

    class Meta:
        ordering = ["user__email"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation"], name="one_role_a_person_and_organisation"
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"
