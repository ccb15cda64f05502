"""The tables of work: one for each kind."""

from __future__ import annotations

from django.apps import apps

from assets.models import Work


def tables() -> list[type[Work]]:
    """The model of every kind of work."""
    return [model for model in apps.get_models() if issubclass(model, Work)]


def work_of_no_asset() -> frozenset[str]:
    """Names, as in the ledger, of the kinds of work whose rows belong to no asset."""
    return frozenset(one.NOUN for one in tables() if one.asset_of is Work.asset_of)


def table(label: str) -> type[Work]:
    """The model that a ring names, such as ``assets.ledgercheck``.

    Raises:
        LookupError: no model has this name, or the model is no kind of work.
    """
    found = apps.get_model(label)
    if not issubclass(found, Work):
        raise LookupError(f"The rows of {label} are no work.")
    return found
