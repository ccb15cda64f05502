"""Checks a translation: places for values that are missing, odd or broken; markup."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Set
from string import Formatter
from typing import Any

# %(name)s, %s, %.1f; a blank is no flag here: "95 % of" holds no place.
PERCENT = re.compile(r"%(?:\((?P<name>\w+)\))?[#0+-]*\d*(?:\.\d+)?[diouxXeEfFgGcrsa]")
TAG = re.compile(r"</?[a-zA-Z][^>]*>")
# A form of a plural may say "one" or "both" instead of the number.
NUMBERS = {"n", "count", "counter", "number"}


def faults_of(message: Any) -> Iterator[str]:
    """What is wrong with the translations of a message of Babel's, each as a phrase.

    Empty translations are in order: the English text stands in.
    """
    originals = list(message.id) if isinstance(message.id, tuple) else [message.id]
    strings = message.string if isinstance(message.string, list | tuple) else [message.string]
    for string in filter(None, strings):
        try:
            yield from _faults(originals, string)
        except ValueError as error:
            yield f"{string!r} is broken: {error}"


def _faults(originals: list[str], string: str) -> Iterator[str]:
    for places in (_percent, _braces):
        asked = [places(original, strict=False) for original in originals]
        every = frozenset[str]().union(*asked)
        common = frozenset.intersection(*asked)
        needed = {p for p in common if _bare(p) not in NUMBERS} if len(asked) > 1 else common
        given = places(string, strict=bool(every))
        yield from (f"{string!r} lacks {place}" for place in sorted(needed - given))
        yield from (
            f"{string!r} has {place}, which English has not" for place in _odd(given, every)
        )
    if not any(Counter(TAG.findall(string)) == Counter(TAG.findall(one)) for one in originals):
        yield f"{string!r} has other markup than the English text"


def _odd(given: Set[str], every: Set[str]) -> list[str]:
    return sorted(given - every)


def _bare(place: str) -> str:
    return re.sub(r"\W|(?<=\))\w", "", place)


def _percent(text: str, *, strict: bool) -> frozenset[str]:
    """The places for ``%``, those without a name by their order.

    Raises:
        ValueError: ``strict``, and there is a ``%`` that is neither a place nor doubled.
    """
    places, order = set(), 0
    plain = text.replace("%%", "")
    for match in PERCENT.finditer(plain):
        if match["name"]:
            places.add(match[0])
        else:
            order += 1
            places.add(f"{match[0]} at place {order}")
    if strict and "%" in PERCENT.sub("", plain):
        raise ValueError("a % is neither a place for a value nor doubled")
    return frozenset(places)


def _braces(text: str, *, strict: bool) -> frozenset[str]:
    """The places in braces.

    Raises:
        ValueError: ``strict``, and a brace is not closed or not opened.
    """
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        if strict:
            raise
        return frozenset()
    return frozenset(f"{{{name}}}" for _text, name, _spec, _how in parts if name is not None)
