"""The names of the budget are kept once; the instrument fills these and no others."""

from __future__ import annotations

import dataclasses

from assets.budget import LEFT_OUT, TERMS
from inference.types import UncertaintyTerms


def test_the_instruments_terms_have_exactly_these_names() -> None:
    assert tuple(term.name for term in dataclasses.fields(UncertaintyTerms)) == TERMS


def test_no_name_stands_for_two_things() -> None:
    assert len(set(TERMS)) == len(TERMS)
    assert len(set(LEFT_OUT)) == len(LEFT_OUT)
