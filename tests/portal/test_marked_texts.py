"""Texts outside of pages go through gettext, too: findings, scripts, cards, commands."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

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

ROOT = Path(__file__).resolve().parents[2]
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


# What hands its text to a person; a literal in it must have gone through gettext.
TO_PEOPLE = {
    "AnswerTooLarge", "CannotStart", "DomainError", "Error", "OutgoingRefused", "PermissionDenied",
    "SiteError", "SystemExit", "ValidationError", "Warning", "_pause", "_say", "add_argument",
    "error", "input", "getpass", "print", "resolve_refusal", "say", "success", "unreadable_text",
    "write",
}  # fmt: skip
BY_KEYWORD = {"help", "label", "help_text", "hint", "empty_label"}
SENTENCE = re.compile(r"[^\W\d_]{2,}[,:;]? [^\W\d_(]|[^\W\d_]{2,}[.?!]$")
COMMAND_LINE = re.compile(r"(?:python|celery) ")
NOT_FOR_PEOPLE = (
    # Programs and whoever writes them read the API's own description, in English like its names.
    "portal/api/schema.py",
    "portal/api/filters.py",
    "portal/api/pagination.py",
    "portal/api/serializers/",
    "portal/serving/web_server.py",  # the supervisor starts it, and gives it its options
)


def _literals(node: ast.AST) -> Iterator[str]:
    """The texts of an expression that no function was called with."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield " ".join(p.value for p in node.values if isinstance(p, ast.Constant))
        for part in node.values:
            yield from () if isinstance(part, ast.Constant) else _literals(part)
    elif not isinstance(node, ast.Call | ast.Lambda):
        for child in ast.iter_child_nodes(node):
            yield from _literals(child)


def _said_outright(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, text) of the sentences that go to people without gettext."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        name = getattr(called, "id", None) or getattr(called, "attr", "")
        is_log = isinstance(called, ast.Attribute) and getattr(called.value, "id", "") == "log"
        told = list(node.args) if name in TO_PEOPLE and not is_log else []
        told += [one.value for one in node.keywords if one.arg in BY_KEYWORD]
        for one in told:
            for text in _literals(one):
                if SENTENCE.search(text) and not COMMAND_LINE.match(text):
                    yield node.lineno, text


def test_code_says_no_sentence_outright() -> None:
    found = []
    for path in sorted(path for top in ("portal", "assets") for path in (ROOT / top).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(NOT_FOR_PEOPLE) and "migrations" not in path.parts:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found += [f"{name}:{line}: {text}" for line, text in _said_outright(tree)]
    assert not found, "\n" + "\n".join(found)


def test_a_sentence_that_is_said_outright_is_found() -> None:
    source = """
raise DomainError("invalid", "This cannot be.", _("Give another."))
raise CannotStart(f"The port {port} is in use." + _("Give another."))
self.stdout.write(_("%(n)d rings.") % {"n": 1})
log.error("The disk is full")
parser.add_argument("--yes", help="do not ask")
"""
    assert [line for line, _text in _said_outright(ast.parse(source))] == [2, 3, 6]
