"""``make messages``: every text of the product, collected for translators; and lint of catalogues.

``python -m tests.messages write [LANGUAGE]`` collects the texts into ``portal/locale/django.pot``,
brings the catalogue of each language up to it and compiles them; with a language, it begins one.
``python -m tests.messages check`` names the file and the line of whatever is not in order.

Babel instead of Django's ``makemessages``, which runs GNU gettext: one wheel of the development
set, so that neither a newcomer nor CI installs programs. Of templates Django itself makes Python
(``templatize``, which ``makemessages`` uses, too), and Babel reads that. The compiled catalogues
are committed: an installation compiles nothing.

A translation that is broken (:mod:`tests.translations`) is left out of the compiled catalogue, so
that the English text stands in; no page falls over it.
"""

from __future__ import annotations

import json
import re
import struct
import sys
from collections.abc import Iterator
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from babel import localedata
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po, write_po
from django.utils.translation.template import templatize

from tests.translations import faults_of

ROOT = Path(__file__).resolve().parents[1]
LOCALES = ROOT / "portal" / "locale"
TEMPLATE = "django.pot"
# The instrument says nothing to people but findings, whose words stand in assets/findings.
SOURCES = ("assets", "portal", "templates")
ENDINGS = {".py", ".html", ".txt", ".js"}

_ONE, _TWO = (1,), (1, 2)
_CONTEXT = ((1, "c"), 2)
_CONTEXT_TWO = ((1, "c"), 2, 3)
KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), _ONE),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), _TWO),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), _CONTEXT),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), _CONTEXT_TWO),
}
LINE = re.compile(rb'(?:#.*)?|(?:msg(?:ctxt|id|id_plural|str)(?:\[\d+\])? +)?"(?:[^"\\]|\\.)*"')
LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z][a-z]{3})?(_[A-Z]{2})?")
HEADER = "# Texts of Hairline; written by make messages."


class NoCatalogue(Exception):  # noqa: N818  a sentence for a person, never a traceback
    """A file that should be a catalogue is none: ``file:line: why``."""


def collected(root: Path = ROOT) -> Catalog:
    """Every text of the sources, with the files that it stands in."""
    catalog = Catalog(project="Hairline", header_comment=HEADER, fuzzy=False)
    for folder in SOURCES:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in ENDINGS and "migrations" not in path.parts:
                for message, comments, context in _texts(path):
                    place = (path.relative_to(root).as_posix(), 1)
                    catalog.add(message, locations=[place], auto_comments=comments, context=context)
    for name, text in _card_texts(root):
        catalog.add(text, locations=[(name, 1)])
    return catalog


def _card_texts(root: Path) -> Iterator[tuple[str, str]]:
    """(file, text) of what a model says of itself; the rest of a card is in English."""
    for path in sorted((root / "inference" / "weights").glob("*/card.json")):
        card = json.loads(path.read_text(encoding="utf-8"))
        for key in ("title", "terms"):
            yield path.relative_to(root).as_posix(), card[key]


def _texts(path: Path) -> Iterator[tuple[str | tuple[str, ...], list[str], str | None]]:
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # In brackets the indentation of what Django makes of a template is nobody's business.
        source = f"({templatize(source)}\n)"
    found = extract("python", BytesIO(source.encode()), KEYWORDS, ("Translators:",))
    for _line, message, comments, context in found:
        yield message, comments, context


def template(root: Path = ROOT) -> str:
    """The catalogue that translators begin from: no dates, no numbers of lines."""
    written = BytesIO()
    write_po(written, collected(root), sort_by_file=True, include_lineno=False)
    return re.sub(r'(?m)^"POT-Creation-Date:.*\n', "", written.getvalue().decode())


def catalogues(folder: Path) -> list[Path]:
    """The catalogue of each language below ``folder``."""
    return sorted(folder.glob("*/LC_MESSAGES/*.po"))


def read(path: Path) -> Catalog:
    """A catalogue.

    Raises:
        NoCatalogue: it is none.
    """
    language = None if path.suffix == ".pot" else path.parents[1].name
    # Babel mends a quote that is missing by leaving a letter out.
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        if not LINE.fullmatch(line.strip()):
            raise NoCatalogue(f"{path}:{number}: this line cannot be read")
    with path.open("rb") as file:
        try:
            catalog = read_po(file, locale=language, abort_invalid=True)
            catalog.num_plurals  # noqa: B018  reads the rule of plurals
            return catalog
        except PoFileError as error:
            raise NoCatalogue(f"{path}:{error.lineno + 1}: this line cannot be read") from error
        except ValueError as error:  # such as a sign that is no UTF-8
            raise NoCatalogue(f"{path}:1: {error}") from error


def sound(path: Path) -> Catalog:
    """A catalogue without the translations that are broken.

    Raises:
        NoCatalogue: it is none.
    """
    catalog = read(path)
    broken = [m for m in catalog if m.id and m.string and list(faults_of(m))]
    for message in broken:
        catalog.delete(message.id, message.context)
    return catalog


def compile_catalogue(path: Path) -> None:
    """Writes the ``.mo`` beside a ``.po``; broken translations stay out.

    Raises:
        NoCatalogue: the file is none.
    """
    written = BytesIO()
    write_mo(written, sound(path))
    path.with_suffix(".mo").write_bytes(written.getvalue())


def write(folder: Path = LOCALES, root: Path = ROOT, new: str = "") -> None:
    """Template, catalogues and compiled catalogues as the sources ask for them.

    Args:
        new: a language to begin, as Django names folders: ``de``, ``pt_BR``.

    Raises:
        NoCatalogue: ``new`` is no name of a language, or a catalogue cannot be read.
    """
    if new and not (LANGUAGE.fullmatch(new) and localedata.exists(new)):
        raise NoCatalogue(f"There is no language {new!r}. Give one such as NEW=de or NEW=pt_BR.")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / TEMPLATE).write_text(template(root), encoding="utf-8")
    if new:
        begun = folder / new / "LC_MESSAGES" / "django.po"
        begun.parent.mkdir(parents=True, exist_ok=True)
        if not begun.exists():
            _store(Catalog(locale=new, project="Hairline", header_comment=HEADER), begun)
    texts = collected(root)
    for path in catalogues(folder):
        known = read(path)
        known.update(texts, update_creation_date=False)
        _store(known, path)
        compile_catalogue(path)


def _store(catalog: Catalog, path: Path) -> None:
    with path.open("wb") as file:
        write_po(file, catalog, sort_by_file=True, include_lineno=False)


def faults(
    folder: Path = LOCALES, root: Path = ROOT, languages: tuple[str, ...] = ()
) -> Iterator[str]:
    """``file:line: what is wrong`` of the template and of every catalogue.

    Args:
        languages: that the site offers, as Django names folders; each has a catalogue.
    """
    start = folder / TEMPLATE
    if not start.exists():
        yield f"{start}:1: there is no such file; run make messages"
        return
    texts = collected(root)
    try:
        yield from _behind(start, read(start), texts)
    except NoCatalogue as error:
        yield str(error)
    paths = catalogues(folder)
    for language in sorted({*languages} - {path.parents[1].name for path in paths}):
        missing = folder / language / "LC_MESSAGES" / "django.po"
        yield f"{missing}:1: there is no such file; run make messages NEW={language}"
    for path in paths:
        try:
            catalog = read(path)
        except NoCatalogue as error:
            yield str(error)
            continue
        for message in catalog:
            for fault in faults_of(message) if message.id and message.string else ():
                yield f"{path}:{message.lineno}: {fault}"
        yield from _behind(path, catalog, texts)
        yield from _compiled_is_behind(path)


def _keys(catalog: Catalog) -> dict[tuple[object, object], int]:
    return {(m.id, m.context): m.lineno or 1 for m in catalog if m.id}


def _behind(path: Path, catalog: Catalog, texts: Catalog) -> Iterator[str]:
    """Texts that came or went since; where they stand and in which order does not matter."""
    known, wanted = _keys(catalog), _keys(texts)
    for key in sorted(wanted.keys() - known.keys(), key=str):
        yield f"{path}:1: lacks {key[0]!r}; run make messages"
    for key in sorted(known.keys() - wanted.keys(), key=str):
        yield f"{path}:{known[key]}: nobody says {key[0]!r}; run make messages"


def _compiled_is_behind(path: Path) -> Iterator[str]:
    compiled = path.with_suffix(".mo")
    if not compiled.exists():
        yield f"{compiled}:1: there is no such file; run make messages"
        return
    wanted = BytesIO()
    write_mo(wanted, sound(path))
    wanted.seek(0)
    with compiled.open("rb") as file:
        try:
            same = _said(file) == _said(wanted)
        except (OSError, ValueError, struct.error):
            yield f"{compiled}:1: cannot be read; run make messages"
            return
    if not same:
        yield f"{compiled}:1: is not what the catalogue says; run make messages"


def _said(compiled: IO[bytes]) -> dict[Any, str]:
    texts = dict(GNUTranslations(compiled)._catalog)  # type: ignore[attr-defined]
    texts.pop("", None)  # the head, with dates in it
    return texts


def offered() -> tuple[str, ...]:
    """The languages that the site offers beside English, as Django names folders."""
    from django.utils.translation import to_locale

    from tests import settings

    return tuple(to_locale(code) for code, _name in settings.LANGUAGES if code != "en")


def main(arguments: list[str]) -> int:
    """Writes, or says every fault; 1 where there is one, 2 where neither was asked for."""
    if arguments[:1] == ["write"]:
        try:
            write(new="".join(arguments[1:]))
        except NoCatalogue as error:
            print(error)
            return 1
        return 0
    if arguments != ["check"]:
        print(__doc__)
        return 2
    found = [fault.removeprefix(f"{ROOT}/") for fault in faults(languages=offered())]
    print("\n".join(found) or "Texts: every one is collected, every translation in order.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
