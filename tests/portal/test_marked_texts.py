"""Texts outside of pages go through gettext, too: findings, scripts, cards, commands."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.core.management import BaseCommand, get_commands, load_command_class
from django.utils.translation import gettext

pytest.importorskip("babel")  # the quick tests do without

from assets.findings import Finding
from assets.findings.catalogue import CATALOGUE, CONSEQUENCES
from assets.findings.formats import Words
from assets.findings.reading import NEWER_WORKER, UNREADABLE
from assets.findings.wording import wordings_of
from assets.marker_cards.printed import WORDS, CardText, Language, marker_card
from portal.findings import said
from portal.script_words import WORDS as SCRIPTS
from portal.script_words import words_for
from tests import pseudo_locale
from tests.portal.test_pseudo_locale import our_models
from tests.pseudo_locale import bare_in_json, outside, unspoken

PLACE = re.compile(r"\{\w+\}")
COMMANDS = sorted(name for name, app in get_commands().items() if app == "portal")


@pytest.fixture(autouse=True)
def _pseudo() -> Iterator[None]:
    with pseudo_locale.spoken():
        yield


def test_only_what_translators_get_is_bracketed() -> None:
    assert gettext("No organisation") == "⟦No organisation⟧"
    assert gettext("This field is required.") == "⟦This field is required.⟧"  # Django's own
    assert gettext("A text that nobody collected") == "A text that nobody collected"


def test_findings_and_their_words_are_left_to_translators() -> None:
    known = pseudo_locale.known()
    told_by = [*CONSEQUENCES.values(), NEWER_WORKER, UNREADABLE]
    for _code, _case, wording in wordings_of(CATALOGUE):
        told_by += wording.messages
        for form in wording.formats.values():
            told_by += form.table.values() if isinstance(form, Words) else ()
    assert len(told_by) > 200
    unknown = [PLACE.sub("", text) for text in told_by if text not in known]
    assert unspoken(unknown) == []  # but for places alone, such as "{name}"
    told = said(Finding("too_dark", {"case": "black", "black_share": 0.93}))
    assert unspoken([outside(told.sentence)[0], outside(told.remedy)[0]]) == []


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_scripts_say_nothing_of_their_own(name: str) -> None:
    assert unspoken(bare_in_json(words_for(name), everything=True)) == []


def test_a_marker_card_is_printed_in_the_language_of_the_page() -> None:
    language = Language({text: gettext(text) for text in WORDS}, ",")
    for size in ("a5", "credit-card"):
        card = marker_card(size, "a4", CardText(None, "", ""), 2, language)
        texts = [outside(text)[0] for text in (card.title, *(one.text for one in card.labels))]
        assert unspoken(texts) == []
    comma = marker_card("a5", "a4", CardText(None, "", ""), 2, Language({}, ","))
    assert any("within 0,5 mm" in one.text for one in comma.labels)


def test_every_choice_of_a_list_is_translated() -> None:
    found = []
    for model in our_models():
        for field in model._meta.fields:
            found += [outside(str(label))[0] for _value, label in field.flatchoices or ()]
    assert len(found) > 30
    assert unspoken(found) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_explain_themselves_through_gettext(name: str) -> None:
    command = load_command_class("portal", name)
    parser = command.create_parser("manage.py", name)
    theirs = {action.dest for action in BaseCommand().create_parser("manage.py", "x")._actions}
    texts = [parser.description or ""]
    texts += [str(one.help) for one in parser._actions if one.help and one.dest not in theirs]
    assert unspoken([outside(text)[0] for text in texts]) == []
