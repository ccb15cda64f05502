"""The site as a Django application: pages, API, sockets, processes."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "portal"
    verbose_name = "Portal"

    def ready(self) -> None:
        from django.db.models.signals import post_save

        from assets.models import LedgerHead

        # Both register themselves: the checks, and the Celery app as the one that rings go out by.
        from portal import celery, checks  # noqa: F401
        from portal.ledger_watch import ring_pages

        post_save.connect(ring_pages, sender=LedgerHead, dispatch_uid="ring_pages")
