"""Puts findings into sentences when they are read: in the reader's language and units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from assets.findings.catalogue import CATALOGUE, CONSEQUENCES
from assets.findings.finding import Finding
from assets.findings.formats import Units, fill, number_of
from assets.findings.wording import Message, Wording, gettext_noop

NEWER_WORKER = gettext_noop("This finding comes from a newer worker: update the portal.")
UNREADABLE = gettext_noop("A finding of this row cannot be read.")
LONGEST_CODE = 80  # characters
# What every finding may carry beside the values of its sentence.
CASE, LEADS_TO = "case", "leads_to"


def _in_english(one: str, many: str, count: int) -> str:
    return one if count == 1 else many


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: the language by gettext's two functions, the units, and how a number is written.

    Attributes:
        number: (value, Python's format) -> text.
    """

    translate: Callable[[str], str] = str
    plural: Callable[[str, str, int], str] = _in_english
    units: Units = "mm"
    number: Callable[[float, str], str] = format


ENGLISH = Reader()


@dataclass(frozen=True, slots=True)
class Said:
    """A finding in words, with the facts that they rest on; {} where only words were kept."""

    code: str
    sentence: str
    remedy: str
    values: Mapping[str, Any]


def say(finding: Finding | Mapping[str, Any], reader: Reader = ENGLISH) -> Said:
    """The sentence and the remedy of a finding, of this process or of a row.

    Older rows hold finished sentences, which are returned unchanged. A code that is not in the
    catalogue is shown as it is, with the remedy; a missing or odd value as “?”. Never raises,
    whatever a row holds.
    """
    if isinstance(finding, Finding):
        return _say(finding.code, finding.values, reader)
    if not isinstance(finding, Mapping):
        return Said("", reader.translate(UNREADABLE), reader.translate(NEWER_WORKER), {})
    code = _text(finding.get("code"))[:LONGEST_CODE]
    values = finding.get("values")
    if not isinstance(values, Mapping):
        sentence, remedy = _text(finding.get("sentence")), _text(finding.get("remedy"))
        if sentence:
            return Said(code, sentence, remedy, {})
        values = {}
    return _say(code, values, reader)


def code_of(finding: Any) -> str:
    """The code of a finding of a row; empty where there is none."""
    return _text(finding.get("code"))[:LONGEST_CODE] if isinstance(finding, Mapping) else ""


def wording_of(code: str, values: Mapping[str, Any]) -> Wording | None:
    """The wording that a code and its ``case`` ask for; None where this version knows none."""
    entry = CATALOGUE.get(code)
    if entry is None or isinstance(entry, Wording):
        return entry
    case = values.get(CASE)
    return entry.get(case) if isinstance(case, str) else None


def _say(code: str, values: Mapping[str, Any], reader: Reader) -> Said:
    wording = wording_of(code, values)
    if wording is None:
        unknown = code or reader.translate(UNREADABLE)
        return Said(code, unknown, reader.translate(NEWER_WORKER), values)
    sentence = _message(wording.sentence, wording, values, reader)
    consequence = CONSEQUENCES.get(str(values.get(LEADS_TO)))
    if consequence is not None:
        sentence = f"{sentence} {reader.translate(consequence)}"
    return Said(code, sentence, _message(wording.remedy, wording, values, reader), values)


def _message(message: Message, wording: Wording, values: Mapping[str, Any], reader: Reader) -> str:
    if isinstance(message, str):
        original, translated = message, reader.translate(message)
    else:
        count = number_of(values.get(message.by))
        n = int(count) if count is not None and abs(count) < 1e9 else 2
        original, translated = message.many, reader.plural(message.one, message.many, n)
    names = [*wording.formats, *(name for name in values if isinstance(name, str))]
    places = {name: wording.format_of(name).show(name, values, reader) for name in names}
    return fill(original, translated, places)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
