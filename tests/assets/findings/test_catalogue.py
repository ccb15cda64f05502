"""Each code that is constructed anywhere has its sentence, and each sentence has its code."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from assets.findings import Finding, say
from assets.findings.catalogue import CATALOGUE, CONSEQUENCES
from assets.findings.checking import check, names_in
from assets.findings.formats import Words
from assets.findings.reading import CASE, LEADS_TO
from assets.findings.wording import Wording, wordings_of

ROOT = Path(__file__).resolve().parents[3]
CONSTRUCTORS = {"Finding", "NotMeasurable", "PictureError"}
WORDINGS = wordings_of(CATALOGUE)
# Numbers whose names say what they count.
UNITS = re.compile(
    r"_(mm|m|px|mm_per_px|deg|share|percent|mb|gb|mp|min|um|levels)$"
    r"|^(corners|markers|marker|least|photos|distinct|leaning|seen|printed|frames|attempts|zoom)$"
    r"|^card_number$|^number$|^(entry|next_entry|seal_version)$"
)
TEXTS = {
    "stated_time", "family", "wanted_family", "camera", "profile", "profile_lens", "photo_lens",
    "photo", "board", "first_photo", "second_photo", "state", "path", "folder", "error", "markers",
}  # fmt: skip


@dataclass
class Constructed:
    """One place in the source where a code is constructed, with the values that stand there."""

    where: str
    code: ast.expr
    names: set[str] = field(default_factory=set)
    open: bool = False  # further values are unpacked into it
    module: str = ""


def constructed() -> Iterator[Constructed]:
    for folder in ("inference", "assets", "portal"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text()
            for node in ast.walk(ast.parse(text)):
                named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
                if not (named and node.func.id in CONSTRUCTORS):
                    continue
                where = f"{path.relative_to(ROOT)}:{node.lineno}"
                found = Constructed(where, node.args[0], module=text)
                values = node.args[1] if len(node.args) > 1 else None
                if isinstance(values, ast.Dict):
                    found.open = None in values.keys
                    found.names = {key.value for key in values.keys if key is not None}
                elif values is not None:
                    found.open = True
                yield found


# ``PictureError`` passes on what it is given.
FOUND = [one for one in constructed() if not one.where.startswith("inference/imaging/decode.py:")
         or isinstance(one.code, ast.Constant)]  # fmt: skip


def test_there_are_some():
    assert len(FOUND) > 60 and len(WORDINGS) > 60


@pytest.mark.parametrize("one", FOUND, ids=[one.where for one in FOUND])
def test_each_constructor_has_an_entry_that_speaks_of_its_values(one):
    assert isinstance(one.code, ast.Constant), "A code stands in the source as it is."
    code = one.code.value
    assert code in CATALOGUE, f"{code} has no sentence: give it one in assets/findings/catalogue."
    entry = CATALOGUE[code]
    if isinstance(entry, Wording):
        assert CASE not in one.names
        fitting = [entry]
    else:
        assert CASE in one.names, f"{code} has several sentences: name the case."
        fitting = [wording for case, wording in entry.items() if f'"{case}"' in one.module]
    given = one.names - {CASE, LEADS_TO}
    assert any(_fits(given, one.open, wording) for wording in fitting), (
        f"{one.where}: the values {sorted(given)} fit no sentence of {code}."
    )


def _fits(given: set[str], more: bool, wording: Wording) -> bool:
    needed, known = set(), set()
    for name in names_in(wording):
        form = wording.format_of(name)
        needed.add(name)
        known.add(name)
        if isinstance(form, Words):
            known |= {f"{name}_{detail}" for detail in form.formats}
    return given <= known and (more or needed <= given)


def test_each_entry_is_used():
    used = defaultdict(str)
    for one in FOUND:
        used[one.code.value] += one.module
    for code, case, _ in WORDINGS:
        assert code in used, f"Nothing says {code} any more: take its sentence away."
        assert not case or f'"{case}"' in used[code], f"Nothing says {code}, case {case}, any more."


def test_each_consequence_is_used():
    sources = "".join(path.read_text() for path in (ROOT / "inference").rglob("*.py"))
    for consequence, text in CONSEQUENCES.items():
        assert f'leads_to="{consequence}"' in sources
        assert text.endswith(".")


@pytest.mark.parametrize(("code", "case", "wording"), WORDINGS, ids=str)
def test_each_entry_is_two_sentences_with_named_units(code, case, wording):
    assert re.fullmatch(r"[a-z_]+", code) and len(code) <= 40
    for message in wording.messages:
        assert message[0].isupper() or message[0] == "{", message
        assert message.rstrip()[-1] in ".…", message
    names = names_in(wording)
    for name in names:
        form = wording.format_of(name)
        assert isinstance(form, Words) or UNITS.search(name) or name in TEXTS, (
            f"{code}: which unit has {name}?"
        )
    assert set(wording.formats) <= names, "A format of no value."


@pytest.mark.parametrize(("code", "case", "wording"), WORDINGS, ids=str)
def test_each_entry_formats_and_holds_no_place_open(code, case, wording):
    values = {CASE: case} if case else {}
    for name in names_in(wording):
        form = wording.format_of(name)
        if isinstance(form, Words):
            values[name] = next(iter(form.table))
            values |= dict.fromkeys(form.names(name, values) - {name}, 3.0)
        else:
            values[name] = "a text" if name in TEXTS else 3.0
    finding = Finding(code, values)
    told = say(finding)
    for text in (told.sentence, told.remedy):
        assert "{" not in text and "?" not in text, text
    assert say(finding.as_stored()) == told


@pytest.mark.parametrize(
    "values",
    [
        {"edge_width_px": 9.2},
        {"edge_width_px": 9.2, "limit_px": 8.0, "edge": 1},
        {"edge_width_px": [9.2], "limit_px": 8.0},
        {"edge_width_px": None, "limit_px": 8.0},
        {"edge_width_px": 9.2, "limit_px": 8.0, "leads_to": "rain"},
    ],
)
def test_a_constructor_with_other_values_fails(values):
    with pytest.raises(ValueError, match="blurred"):
        Finding("blurred", values)


@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("blured", {}),
        ("too_dark", {"black_share": 0.9}),
        ("too_dark", {"case": "night", "black_share": 0.9}),
        ("unsupported_format", {"case": "other_kind", "kind": "fax"}),
        ("card_unclear", {"card": "a5"}),
    ],
)
def test_a_code_a_case_or_a_word_that_is_not_known_fails(code, values):
    with pytest.raises(ValueError, match=code):
        Finding(code, values)


def test_without_the_check_nothing_is_looked_up(monkeypatch):
    monkeypatch.setattr(Finding, "checked_by", None)
    assert Finding("of_tomorrow", {"x": 1}).code == "of_tomorrow"
    monkeypatch.setattr(Finding, "checked_by", check)


def test_it_imports_no_django():
    probe = "import sys, assets.findings; sys.exit(any(m.split('.')[0] in {'django', 'numpy'} for m in sys.modules))"  # noqa: E501
    assert subprocess.run([sys.executable, "-c", probe], cwd=ROOT, check=False).returncode == 0


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="gettext's tools are not installed")
def test_translators_get_every_text(tmp_path):
    """What ``makemessages`` finds in the catalogue, plural forms included."""
    shutil.copytree(ROOT / "assets" / "findings", tmp_path / "findings")
    (tmp_path / "locale").mkdir()
    make = [sys.executable, "-m", "django", "makemessages", "-l", "de"]
    apart = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")}
    done = subprocess.run(make, cwd=tmp_path, capture_output=True, text=True, env=apart)
    assert done.returncode == 0, done.stderr
    found = (tmp_path / "locale" / "de" / "LC_MESSAGES" / "django.po").read_text()
    whole = re.sub(r'"\n"', "", found).replace('\\"', '"')
    assert "Plural-Forms" in found
    for _, _, wording in WORDINGS:
        for message in wording.messages:
            assert f'"{message}"' in whole, message
        for form in wording.formats.values():
            if isinstance(form, Words) and "aashto_mbei_rc" not in form.table:
                for text in form.table.values():
                    assert f'"{text}"' in whole or text.startswith("{"), text
    assert 'msgid_plural "{photos} photos show' in whole
