"""The tables whose rows are work."""

from __future__ import annotations

from django.apps import apps

from assets.models import Work


def tables() -> list[type[Work]]:
    """Every kind of work that this installation knows."""
    return [model for model in apps.get_models() if issubclass(model, Work)]


def work_of_no_asset() -> frozenset[str]:
    """What the ledger calls the kinds of work whose rows belong to no asset."""
    return frozenset(one.NOUN for one in tables() if one.asset_of is Work.asset_of)


def table(label: str) -> type[Work]:
    """The table of a ring: ``assets.ledgercheck``.

    Raises:
        LookupError: there is none of this name, or its rows are no work.
    """
    found = apps.get_model(label)
    if not issubclass(found, Work):
        raise LookupError(f"The rows of {label} are no work.")
    return found
