"""Texts are collected; translations are checked, and a bad one never breaks a page."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.template import engines
from django.test import Client
from django.utils.translation import gettext, ngettext, override

pytest.importorskip("babel")  # the quick tests do without

from tests.messages import (
    NoCatalogue,
    catalogues,
    collected,
    compile_catalogue,
    faults,
    main,
    write,
)

PYTHON = """
from django.utils.translation import gettext as _, gettext_lazy, ngettext, pgettext

def say(n):
    # Translators: said on arrival.
    return _("Good %(part)s.") % {"part": pgettext("of a day", "evening")}

LAZY = gettext_lazy("Later, {name}.")
COUNTED = ngettext("%(n)d crack", "%(n)d cracks", 2)
"""
HTML = """
{% load i18n %}
<ul>
    <li title="{% translate "A tip" %}">{{ name|default:_("Nobody") }}</li>
  {% blocktranslate trimmed count counter=n with it=x %}
    {{ counter }} photo of
    {{ it }}{% plural %}{{ counter }} photos of {{ it }}
  {% endblocktranslate %}
</ul>
"""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A tree with texts in it, and an empty folder for catalogues."""
    for name, text in {"portal/page.py": PYTHON, "templates/a/page.html": HTML}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    (tmp_path / "assets").mkdir()
    return tmp_path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "locale"


def german(folder: Path, *entries: str) -> Path:
    """A German catalogue of these entries."""
    path = folder / "de" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    head = r"""msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"
"""
    path.write_text("\n".join([head, *entries]))
    return path


def entry(original: str, translation: str) -> str:
    return f'msgid "{original}"\nmsgstr "{translation}"\n'


def test_texts_of_python_and_of_templates_are_collected(sources: Path) -> None:
    texts = {(m.id, m.context): m for m in collected(sources) if m.id}
    assert set(texts) == {
        ("Good %(part)s.", None),
        ("evening", "of a day"),
        ("Later, {name}.", None),
        (("%(n)d crack", "%(n)d cracks"), None),
        ("A tip", None),
        ("Nobody", None),
        (("%(counter)s photo of %(it)s", "%(counter)s photos of %(it)s"), None),
    }
    good = texts["Good %(part)s.", None]
    assert good.auto_comments == ["Translators: said on arrival."]
    assert good.locations[0][0] == "portal/page.py"


def test_lint_minds_texts_not_lines(sources: Path, folder: Path) -> None:
    write(folder, sources, new="de")
    assert catalogues(folder)
    assert list(faults(folder, sources, ("de",))) == []
    page = sources / "portal" / "page.py"
    page.write_text("# Something above.\n\n" + PYTHON)
    assert list(faults(folder, sources)) == []
    page.write_text(PYTHON + '\nNEW = _("Another text")\n')
    found = list(faults(folder, sources))
    assert len(found) == 2  # the template and the catalogue
    assert all("lacks 'Another text'" in fault for fault in found)
    assert found[0].startswith(f"{folder / 'django.pot'}:1: ")


def test_a_language_without_a_catalogue_is_named(sources: Path, folder: Path) -> None:
    write(folder, sources)
    assert list(faults(folder, sources, ("fr",))) == [
        f"{folder}/fr/LC_MESSAGES/django.po:1: there is no such file; run make messages NEW=fr"
    ]


BROKEN = [
    ("Good %(part)s.", "Guten %(teil)s.", "lacks %(part)s"),
    ("Good %(part)s.", "Guten.", "lacks %(part)s"),
    ("Good %(part)s.", "Guten %(part).", "neither a place for a value nor doubled"),
    ("Good %(part)s.", "Guten %(part)d.", "lacks %(part)s"),
    ("Good %(part)s.", "Guten %(part)s zu 5 %.", "neither a place for a value nor doubled"),
    ("Later, {name}.", "Später.", "lacks {name}"),
    ("Later, {name}.", "Später, {Name}.", "lacks {name}"),
    ("Later, {name}.", "Später, {name.", "is broken"),
    ("Later, {name}.", "Später, {name.__class__}.", "has {name.__class__}"),
    ("Nobody", "Niemand %(n)s", "has %(n)s"),
    ("Nobody", "<b>Niemand</b>", "other markup"),
]


@pytest.mark.parametrize(("original", "translation", "fault"), BROKEN)
def test_lint_names_file_and_line_of_a_broken_translation(
    original: str, translation: str, fault: str, sources: Path, folder: Path
) -> None:
    write(folder, sources)
    path = german(folder, entry("A tip", "Ein Rat"), entry(original, translation))
    line = path.read_text().splitlines().index(f'msgid "{original}"') + 1
    found = [one for one in faults(folder, sources) if fault in one]
    assert found, list(faults(folder, sources))
    assert found[0].startswith(f"{path}:{line}: ")


def test_plurals_may_leave_the_number_out_and_nothing_else(sources: Path, folder: Path) -> None:
    write(folder, sources)
    counted = 'msgid "%(counter)s photo of %(it)s"\nmsgid_plural "%(counter)s photos of %(it)s"\n'
    path = german(
        folder,
        f'{counted}msgstr[0] "Ein Foto von %(it)s"\nmsgstr[1] "%(counter)s Fotos"\n',
    )
    said = [one for one in faults(folder, sources) if one.startswith(f"{path}:6: ")]
    assert said == [f"{path}:6: '%(counter)s Fotos' lacks %(it)s"]


def test_a_file_that_is_no_catalogue_is_named_with_its_line(
    sources: Path, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, sources)
    path = german(folder, "this is no entry\n")
    assert any(one.startswith(f"{path}:6: ") for one in faults(folder, sources))
    monkeypatch.setattr("tests.messages.write.__defaults__", (folder, sources, ""))
    assert main(["write"]) == 1
    assert capsys.readouterr().out.startswith(f"{path}:6: ")


@pytest.mark.parametrize(
    "broken", ['msgid "A tip"\nmsgstr "Ein Rat\n', 'msgid A tip"\nmsgstr "Ein Rat"\n']
)
def test_a_quote_that_is_missing_is_named_with_its_line(
    sources: Path, folder: Path, broken: str
) -> None:
    """Babel alone takes the text without its last letter."""
    write(folder, sources)
    path = german(folder, broken)
    bad = 7 if broken.endswith("Rat\n") else 6
    assert f"{path}:{bad}: this line cannot be read" in list(faults(folder, sources))


def test_damaged_files_are_named(sources: Path, folder: Path) -> None:
    write(folder, sources)
    path = german(folder, entry("A tip", "Ein Rat"))
    compile_catalogue(path)
    path.with_suffix(".mo").write_bytes(b"not compiled")
    found = list(faults(folder, sources))
    assert f"{path.with_suffix('.mo')}:1: cannot be read; run make messages" in found
    template = folder / "django.pot"
    template.write_text(template.read_text() + 'msgid "broken\n')
    last = len(template.read_text().splitlines())
    assert f"{template}:{last}: this line cannot be read" in list(faults(folder, sources))


@pytest.mark.parametrize("name", ["../../oops", "xx_yy", "German"])
def test_what_is_no_language_begins_none(sources: Path, folder: Path, name: str) -> None:
    with pytest.raises(NoCatalogue, match="There is no language"):
        write(folder, sources, name)
    assert not list(folder.glob("*/LC_MESSAGES"))


def test_a_compiled_catalogue_is_what_the_catalogue_says(sources: Path, folder: Path) -> None:
    write(folder, sources)
    path = german(folder, entry("A tip", "Ein Rat"))
    compile_catalogue(path)
    path.write_text(path.read_text().replace("Ein Rat", "Ein Tipp"))
    assert any(f"{path.with_suffix('.mo')}:1: " in one for one in faults(folder, sources))


@pytest.fixture
def speaks_german(folder: Path, settings: object) -> None:
    """German with one translation in order and three that are broken."""
    broken = german(
        folder,
        entry("Sign in", "Anmelden"),
        entry("%(n)d organisations", "%(n)d Organisationen und %(m)s"),
        entry("Forgot your password?", "100 % vergessen? {"),
        entry("The account is opened with %(email)s now.", "Nun %(email)"),
        'msgid "%(n)d min ago"\nmsgid_plural "%(n)d min ago"\n'
        'msgstr[0] "vor einer Minute"\nmsgstr[1] "vor %(n) Minuten"\n',
        entry("<b>%(one)s</b> of %(all)s", "<b>%(one)s</b> von %(al)s"),
    )
    compile_catalogue(broken)
    settings.LOCALE_PATHS = [folder]  # type: ignore[attr-defined]
    settings.LANGUAGES = [("en", "English"), ("de", "German")]  # type: ignore[attr-defined]


@pytest.mark.usefixtures("speaks_german")
def test_english_stands_in_for_a_broken_translation() -> None:
    with override("de"):
        assert gettext("Sign in") == "Anmelden"
        assert gettext("%(n)d organisations") % {"n": 3} == "3 organisations"
        assert ngettext("%(n)d min ago", "%(n)d min ago", 2) % {"n": 2} == "2 min ago"
        block = "{% blocktranslate %}<b>{{ one }}</b> of {{ all }}{% endblocktranslate %}"
        said = engines["django"].from_string(block).render({"one": 1, "all": 2})
        assert said == "<b>1</b> of 2"


@pytest.mark.usefixtures("speaks_german", "db")
def test_a_page_with_broken_translations_opens(client: Client) -> None:
    answer = client.get("/accounts/login/", headers={"Accept-Language": "de"})
    assert answer.status_code == 200
    html = answer.content.decode()
    assert '<html lang="de"' in html
    assert "Anmelden" in html
    assert "A code from your second device is asked for next" in html  # has no translation


@pytest.mark.django_db
def test_english_stands_in_for_a_catalogue_that_is_missing(
    client: Client, settings: object, tmp_path: Path
) -> None:
    settings.LOCALE_PATHS = [tmp_path / "nowhere"]  # type: ignore[attr-defined]
    settings.LANGUAGES = [("en", "English"), ("de", "German"), ("xx", "Nobody's")]  # type: ignore[attr-defined]
    for language in ("de", "xx"):
        answer = client.get("/accounts/login/", headers={"Accept-Language": language})
        assert answer.status_code == 200
        assert "Sign in" in answer.content.decode()
    with override("de"):
        assert gettext("No organisation") == "No organisation"
