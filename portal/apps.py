"""The site as a Django application: pages, API, sockets, processes."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "portal"
    verbose_name = "Portal"

    def ready(self) -> None:
        from django.db.models.signals import post_save

        from assets.models import LedgerHead

        # They register themselves: the checks, the Celery app as the one that rings go out by, and
        # who hears of sign-ins, new passwords and new factors.
        from portal import celery, checks  # noqa: F401
        from portal.ledger_watch import ring_pages
        from portal.sign_in import first_factor, ledger, passwords  # noqa: F401

        post_save.connect(ring_pages, sender=LedgerHead, dispatch_uid="ring_pages")
