"""The wording of a finding: a sentence and a remedy with places for values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from assets.findings.formats import Format, format_of
from assets.marked import gettext_noop as gettext_noop


@dataclass(frozen=True, slots=True)
class Plural:
    """A text in two forms; ``by`` is the value that is counted."""

    one: str
    many: str
    by: str


def ngettext(one: str, many: str, by: str) -> Plural:
    """Marks a text that counts something; ``make messages`` knows the name."""
    return Plural(one, many, by)


Message: TypeAlias = str | Plural


@dataclass(frozen=True, slots=True)
class Wording:
    """One way to say a code.

    Attributes:
        sentence: what is so, ``{name}`` where a value stands.
        remedy: what to do about it, likewise.
        formats: by value, where its name alone does not tell (see ``formats.format_of``).
    """

    sentence: Message
    remedy: Message
    formats: Mapping[str, Format] = field(default_factory=dict)

    @property
    def messages(self) -> tuple[str, ...]:
        """Every text that a translator gets, but those of its words."""
        parts: list[str] = []
        for message in (self.sentence, self.remedy):
            parts += [message] if isinstance(message, str) else [message.one, message.many]
        return tuple(parts)

    def format_of(self, name: str) -> Format:
        """The format of a value, by its name."""
        return self.formats.get(name) or format_of(name)


Cases: TypeAlias = Mapping[str, Wording]
Catalogue: TypeAlias = Mapping[str, Wording | Cases]


def said(sentence: Message, remedy: Message, **formats: Format) -> Wording:
    """A wording; ``formats`` for values whose names alone do not tell."""
    return Wording(sentence, remedy, formats)


def wordings_of(catalogue: Catalogue) -> Sequence[tuple[str, str, Wording]]:
    """(code, case, wording) of every one; the case is empty where a code has no cases."""
    found: list[tuple[str, str, Wording]] = []
    for code, entry in catalogue.items():
        if isinstance(entry, Wording):
            found.append((code, "", entry))
        else:
            found += [(code, case, wording) for case, wording in entry.items()]
    return found
