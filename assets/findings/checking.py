"""Checks that a finding fits the catalogue. Tests check every finding that is made."""

from __future__ import annotations

from string import Formatter

from assets.findings.catalogue import CONSEQUENCES
from assets.findings.finding import Finding
from assets.findings.formats import Words
from assets.findings.reading import CASE, LEADS_TO, wording_of
from assets.findings.wording import Wording


def check(finding: Finding) -> None:
    """Passes a finding whose sentence can be put together from exactly its values.

    Raises:
        ValueError: for a code, a case or a consequence that the catalogue does not have, and for
            values that are missing, unknown, or neither a number nor a text.
    """
    values = finding.values
    wording = wording_of(finding.code, values)
    if wording is None:
        raise ValueError(f"The catalogue has no {finding.code!r}, case {values.get(CASE)!r}.")
    if LEADS_TO in values and values[LEADS_TO] not in CONSEQUENCES:
        raise ValueError(f"{finding.code} leads to {values[LEADS_TO]!r}, which is not known.")
    given = set(values) - {CASE, LEADS_TO}
    wanted: set[str] = set()
    for name in names_in(wording):
        wanted |= wording.format_of(name).names(name, values)
    if given != wanted:
        missing, unknown = sorted(wanted - given), sorted(given - wanted)
        raise ValueError(f"{finding.code}: {missing} are missing, {unknown} are not spoken of.")
    for name, value in finding.as_stored()["values"].items():
        form = wording.format_of(name)
        if isinstance(values[name], dict | list | tuple | bool | None):
            raise ValueError(f"{finding.code}: {name} = {value!r} is no number and no text.")
        if isinstance(form, Words) and value not in form.table:
            raise ValueError(f"{finding.code}: {name} = {value!r} is none of {sorted(form.table)}.")


def names_in(wording: Wording) -> set[str]:
    """The values that stand in its sentence and its remedy."""
    found = set()
    for message in wording.messages:
        found |= {name for _, name, _, _ in Formatter().parse(message) if name is not None}
    return found
