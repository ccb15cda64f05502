"""A constraint for columns that hold sizes: no value is below 0."""

from __future__ import annotations

from django.db import models


def not_negative(column: str, *, name: str) -> models.CheckConstraint:
    """A number that is 0 or more; where it is not known there is none.

    Args:
        name: of the constraint; :mod:`assets.constraints` has the sentence for it.
    """
    unknown = models.Q(**{f"{column}__isnull": True})
    return models.CheckConstraint(condition=unknown | models.Q(**{f"{column}__gte": 0}), name=name)
