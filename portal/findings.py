"""Findings in a visitor's language, decimal sign and units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.formats import get_format
from django.utils.translation import gettext, ngettext

from assets.findings import Reader, Said, say


def _number(value: float, spec: str) -> str:
    """A number by Python's format, with the visitor's signs."""
    signs = {",": get_format("THOUSAND_SEPARATOR"), ".": get_format("DECIMAL_SEPARATOR")}
    return "".join(signs.get(sign, sign) for sign in format(value, spec))


# Units are millimetres until a visitor can choose; ``Reader(units="in")`` is ready for that.
VISITOR = Reader(translate=gettext, plural=ngettext, units="mm", number=_number)


def said(finding: Any) -> Said:
    """One finding, of a row of any age; never raises, whatever the row holds."""
    return say(finding, VISITOR)


def all_said(findings: Any) -> Sequence[Said]:
    """Findings of a row, which should be a list; what is none has none to say."""
    if isinstance(findings, list | tuple):
        return [said(finding) for finding in findings]
    return [] if findings is None or findings == "" else [said(findings)]


def sentences(findings: Any) -> str:
    """The sentences of one finding or of several."""
    return " ".join(one.sentence for one in all_said(findings))


def remedies(findings: Any) -> str:
    """The remedies of one finding or of several, each once."""
    found = (one.remedy for one in all_said(findings))
    return " ".join(dict.fromkeys(remedy for remedy in found if remedy))
