"""Words reach scripts in one way: what a script says, its page brings, and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.test import Client
from django.utils.translation import ngettext_lazy, override

from assets.models import Inspection, User
from assets.severity import GRADES, NONE_OPEN, UNGRADED
from portal.script_words import SAMPLES, WORDS, Counted, words_for
from portal.wording import level_key, level_name
from tests.factories import make_photo
from tests.javascript import ROOT, STATIC, run_modules

OF = re.compile(r'\bwordsOf\("([\w-]+)"\)')
TEMPLATES = ROOT / "templates"


def scripts() -> dict[str, Path]:
    """Scripts with words, by the name under which they ask for them."""
    found = {}
    for path in sorted(STATIC.glob("*.js")):
        for name in OF.findall(path.read_text()):
            found[name] = path
    return found


def test_every_script_has_words_and_all_words_have_a_script() -> None:
    assert set(scripts()) == set(WORDS)
    assert len(WORDS) >= 8
    for name, path in scripts().items():
        assert path.stem == name


@pytest.mark.parametrize("name", sorted(WORDS))
def test_a_script_says_what_it_has_words_for(name: str) -> None:
    source = scripts()[name].read_text()
    for key in re.findall(r'\bsay\("(\w+)"', source):
        assert key in WORDS[name], f"{name} has no words {key!r}."
    for key in WORDS[name]:
        spoken = re.search(rf'["\s{{]{key}["\s:,]', source) or key.startswith("level_")
        # What the capture plan refuses, it names by a code.
        refused = name == "planner" and f'NotPossible("{key}"' in _source("capture_plan")
        assert spoken or refused, f"Nobody says {key!r} of {name}."


def _source(name: str) -> str:
    return (STATIC / f"{name}.js").read_text()


@pytest.mark.parametrize("name", sorted(WORDS))
def test_a_page_with_the_script_brings_its_words(name: str) -> None:
    """In the same template, or in a piece of it which holds what the script works on."""
    brings = f'{{% words "{name}" %}}'
    beside = {
        "live": "base.html", "markers": "portfolio/portfolio.html", "theme": "shell/theme.html",
        "planner": "planner/_planner.html", "two-points": "photo/_two_points.html",
        "width-strip": "photo/_strip.html",
    }  # fmt: skip
    if name in beside:
        assert brings in (TEMPLATES / beside[name]).read_text()
        return
    asking = [p for p in TEMPLATES.rglob("*.html") if f"js/{name}.js" in p.read_text()]
    assert asking
    for path in asking:
        assert brings in path.read_text(), path


def test_no_template_hands_words_to_scripts_in_another_way() -> None:
    for path in TEMPLATES.rglob("*.html"):
        handed = re.findall(r'data-[\w-]+="\{%\s*(?:translate|blocktranslate)', path.read_text())
        assert not handed, f"{path}: {handed}"


def test_placeholders_are_names_in_braces_and_no_other_sign() -> None:
    for name in WORDS:
        for key, text in words_for(name).items():
            forms = text.values() if isinstance(text, dict) else [text]
            for form in forms:
                assert not re.search(r"%[a-z(]", form), (name, key)
                assert "{" not in re.sub(r"\{\w+\}", "", form), (name, key)


def test_counted_words_have_a_form_for_each_plural() -> None:
    photos = Counted(ngettext_lazy("{n} photo", "{n} photos"))
    assert photos.forms() == {"1": "{n} photo", "2": "{n} photos"}


def test_the_samples_meet_every_plural_of_every_language() -> None:
    """As the browser's own rules (CLDR) tell whole numbers apart."""
    script = """
        const [samples, languages] = words;
        const all = [...Array(1200).keys(), 1_000_000];
        console.log(JSON.stringify(languages.map((language) => {
          const rules = new Intl.PluralRules(language);
          const of = (numbers) => [...new Set(numbers.map((n) => rules.select(n)))].sort();
          return [language, of(all), of(samples)];
        })));
    """
    languages = ["ar", "cs", "cy", "de", "en", "fr", "ga", "he", "ja", "lt", "lv", "pl", "ru", "sl"]
    for language, all_forms, met in run_modules(script, [], SAMPLES, languages):
        assert met == all_forms, language


def test_levels_are_named_as_on_the_pages() -> None:
    with override("en"):
        words = words_for("markers")
        for level in (NONE_OPEN, *GRADES, UNGRADED):
            assert words[f"level_{level_key(level)}"] == level_name(level)


def test_the_photo_page_brings_the_words_of_its_tools(
    client: Client, alice: User, visit: Inspection
) -> None:
    client.force_login(alice)
    html = client.get("/").content.decode()
    brought = dict(re.findall(r'<script id="words-([\w-]+)"[^>]*>(.*?)</script>', html))
    assert set(brought) == {"live", "markers", "theme"}
    assert json.loads(brought["live"])["stale"].startswith("You see the state of {time}.")
    photo = make_photo(visit, by=alice)
    assert 'id="words-theme"' in client.get(f"/photos/{photo.pk}/").content.decode()
