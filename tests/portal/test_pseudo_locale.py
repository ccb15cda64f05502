"""Every text goes through gettext: a test language puts all texts in brackets.

Every address is asked as the access table says, every page opened in every state of
``tests/pages_to_open.py``, forms are sent with faults, letters read; and every template must have
been among them, so that a new one cannot be forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.auth.models import AnonymousUser
from django.core import mail
from django.core.cache import cache
from django.db import models, transaction
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.test.signals import template_rendered
from django.urls import reverse

pytest.importorskip("babel")  # the quick tests do without

from assets.models import User
from portal.sign_in.links import make_new_password_link
from portal.sign_in.lost_factor import reset_second_factor
from portal.sign_in.new_address import change_email
from tests import factories, pseudo_locale
from tests.filled_site import fill
from tests.pages_to_open import PAGES
from tests.portal.test_access_table import API, FORM, ROWS, world  # noqa: F401
from tests.pseudo_locale import bare_in_json, bare_in_page, outside, unspoken
from tests.sign_in import PASSWORD, code_of, sign_in

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
# A role that may all, one that may what the others may not, a stranger, nobody.
PEOPLE = ("alice", "emil", "otto", "nobody")

# What stands in rows of the filled site without being a text of a person.
KEPT_SENTENCES = {"It broke off.", "Press Retry.", "Rhine login"}

DRAWN_BY_NOBODY = (
    "api/documentation.js",  # a script; its one text is seen as Swagger builds its page
    "allauth/",  # what allauth would build pages of that we have not drawn ourselves: none today
)

Sent = dict[str, Any]
# (who, address, what it takes, what is sent): forms with faults, and what answers to a right one.
FORMS: list[tuple[str, str, dict[str, str], Sent]] = [
    ("", "account_login", {}, {}),
    ("", "account_login", {}, {"login": "ada@example.org", "password": "wrong"}),
    ("", "account_login", {}, {"login": "rita@example.org", "password": "letmein"}),
    ("", "account_reset_password", {}, {"email": "mia@example.org"}),
    ("", "account_reset_password", {}, {"email": "unknown@example.org"}),
    ("", "account_reset_password", {}, {"email": "no address"}),
    ("ada", "account_logout", {}, {}),
    ("ada", "account_change_password", {}, {"oldpassword": "x", "password1": "a"}),
    ("ada", "account_reauthenticate", {}, {"password": "wrong"}),
    ("ada", "mfa_activate_totp", {}, {"code": "000000"}),
    ("pending", "mfa_authenticate", {}, {"code": "000000"}),
    ("sam", "mfa_reauthenticate", {}, {"code": "000000"}),
    ("sam", "mfa_deactivate_totp", {}, {}),
    ("sam", "mfa_generate_recovery_codes", {}, {}),
    ("ada", "asset-new", {}, {}),
    ("ada", "asset-new", {}, {"latitude": "91", "longitude": "east", "year_built": "1"}),
    ("ada", "element-new", {"pk": "bridge"}, {}),
    ("ada", "inspection-new", {"pk": "bridge"}, {"held_on": "soon", "gsd_mm_per_px": "-1"}),
    ("ada", "inspection-new", {"pk": "bridge"}, {"kind": "walk", "held_on": "2025-06-01"}),
    ("ada", "inspection-scale", {"pk": "visit"}, {"gsd_mm_per_px": "1e9"}),
    ("ada", "inspection-distance", {"pk": "visit"}, {"distance_m": "0"}),
    ("emil", "photo-scale", {"pk": "photo"}, {"marker_mm": "5000"}),
    ("emil", "photo-two-points", {"pk": "photo"}, {"length_mm": "x"}),
    ("emil", "photo-retry", {"pk": "photo"}, {}),
    ("emil", "photo-review", {"pk": "photo"}, {}),
    ("ada", "member-invite", {}, {"email": "no address"}),
    ("ada", "invitation", {"token": "token_for_nora"}, {"password": "x"}),
    ("", "invitation", {"token": "token_for_nora"}, {"password": "x", "password_again": "y"}),
]


# The cards of the models, word for word as their files have them.
AS_FILED = "/api/v1/models/"


def our_models() -> list[Any]:
    return [one for name in ("assets", "portal") for one in apps.get_app_config(name).get_models()]


def entered() -> set[str]:
    """What people gave: the short texts of every row, but those of a list of ours."""
    found: set[str] = set()
    for model in our_models():
        names = [
            field.name
            for field in model._meta.get_fields()
            if isinstance(field, models.CharField | models.TextField) and not field.choices
        ]
        for row in model.objects.values_list(*names) if names else ():
            found |= {value for value in row if isinstance(value, str)}
    return found


def bare_of(answer: Any) -> list[str]:
    """The texts of an answer outside the brackets."""
    kind = answer.get("Content-Type", "")
    if answer.streaming:
        return []
    if kind.startswith("text/html"):
        return bare_in_page(answer.content.decode())
    if answer.request["PATH_INFO"].startswith(AS_FILED):
        return []
    if kind.startswith(("application/problem+json", "application/json")):
        return bare_in_json(answer.json())
    if kind.startswith("text/plain"):
        return [outside(answer.content.decode())[0]]
    return []


class Look:
    """Opens one thing after the other; keeps what was found and which templates were drawn."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self.opened = 0
        self.drawn: set[str] = set()

    def hear(self, sender: Any, **_kwargs: Any) -> None:
        """A template was drawn."""
        self.drawn.add(str(sender.name))

    @contextmanager
    def once(self, place: str) -> Iterator[list[str]]:
        """Collects bare texts of one place; the letters that are sent are read, too."""
        cache.clear()
        mail.outbox.clear()
        with transaction.atomic():
            texts: list[str] = []
            yield texts
            for letter in mail.outbox:
                texts += [outside(letter.subject)[0], outside(letter.body)[0]]
            suspect = unspoken(texts)
            for text in unspoken(suspect, entered() | KEPT_SENTENCES) if suspect else ():
                self.found.setdefault(text[:300], place)
            transaction.set_rollback(True)
        self.opened += 1

    def ask(self, client: Client, method: str, address: str, sent: Sent | None = None) -> None:
        """One request, and where it leads to."""
        as_json = address.startswith("/api/") and "file" not in (sent or {}) and method != "GET"
        more = {"content_type": API} if as_json else {}
        with self.once(f"{method} {address}") as texts:
            answer = getattr(client, method.lower())(address, sent, follow=True, **more)
            texts += bare_of(answer)


def client_of(session: str) -> Client:
    client = Client(raise_request_exception=False, SERVER_NAME="127.0.0.1")
    if session:
        client.cookies[django_settings.SESSION_COOKIE_NAME] = session
    return client


def filled_places(look: Look, settings: Any) -> None:
    """Every state of every page, and the forms."""
    with transaction.atomic():
        site = fill()
        things, sessions = site["things"], {"": "", **site["sessions"]}
        with pseudo_locale.spoken():
            for opening in PAGES:
                if "#" not in opening.address(things):
                    look.ask(client_of(sessions[opening.who]), "GET", opening.address(things))
            for who, name, takes, sent in FORMS:
                values = {key: things.get(value, value) for key, value in takes.items()}
                address = reverse(name, kwargs=values or None)
                look.ask(client_of(sessions[who]), "POST", address, sent)
            letters(look)
            second_factor(look)
            without_mail(look, sessions, things, settings)
            through_the_organisation(look, settings)
            what_no_address_shows(look)
        transaction.set_rollback(True)


def letters(look: Look) -> None:
    """What is sent where no page of the table sends it."""
    mia, sam = User.objects.get(email="mia@example.org"), User.objects.get(email="sam@example.org")
    ada = User.objects.get(email="ada@example.org")
    with look.once("another address"):
        change_email(old="mia@example.org", new="mia@example.com")
    with look.once("a second factor taken off"):
        reset_second_factor(person=sam, actor=None)
    with look.once("a link to a new password"):
        make_new_password_link(person=mia, actor=ada, site="https://hairline.example.org")


def second_factor(look: Look) -> None:
    """From setting it up to switching it off, the password asked for before."""
    ada, client = User.objects.get(email="ada@example.org"), client_of("")
    sign_in(client, ada)
    set_up = reverse("mfa_activate_totp")
    with look.once(set_up) as texts:
        sent = {"password": PASSWORD, "next": set_up}
        texts += bare_of(client.post(reverse("account_reauthenticate"), sent, follow=True))
        texts += bare_of(client.post(set_up, {"code": "000000"}))
        secret = client.get(set_up).context["form"].secret
        texts += bare_of(client.post(set_up, {"code": code_of(secret)}, follow=True))
        for name in ("mfa_view_recovery_codes", "mfa_generate_recovery_codes"):
            texts += bare_of(client.get(reverse(name)))
        for name in ("mfa_generate_recovery_codes", "mfa_deactivate_totp"):
            texts += bare_of(client.get(reverse(name)))
            texts += bare_of(client.post(reverse(name), follow=True))


def without_mail(look: Look, sessions: dict[str, str], things: Sent, settings: Any) -> None:
    """Links are shown instead of sent."""
    before = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    ada = client_of(sessions["ada"])
    invited = {"email": "otto@example.org", "role": "inspector", "organisation": things["rhine"]}
    look.ask(ada, "POST", reverse("member-invite"), invited)
    look.ask(ada, "POST", reverse("member-new-password", args=[things["ines"]]), {})
    look.ask(client_of(""), "GET", reverse("account_reset_password"))
    settings.EMAIL_BACKEND = before


def through_the_organisation(look: Look, settings: Any) -> None:
    """Signing in at a provider that refuses, and at one that does not answer."""
    settings.OIDC_SERVER_URL, settings.OIDC_CLIENT_ID = "https://login.example.invalid", "hairline"
    settings.OIDC_NAME = "Rhine login"
    look.ask(client_of(""), "GET", reverse("account_login"))
    look.ask(client_of(""), "GET", f"{reverse('openid-callback')}?error=access_denied")
    settings.OIDC_SERVER_URL = settings.OIDC_CLIENT_ID = ""


def what_no_address_shows(look: Look) -> None:
    """Where something of ours failed, nobody has a password, or a provider is in between."""
    with look.once("500") as texts:
        texts += bare_in_page(render_to_string("500.html"))
    with look.once("messages that follow a commit, which no test makes") as texts:
        for path in TEMPLATES.glob("*/messages/*.txt"):
            texts.append(outside(render_to_string(str(path.relative_to(TEMPLATES))))[0])
    with look.once("no password") as texts:
        mia = User.objects.get(email="mia@example.org")
        mia.set_unusable_password()
        mia.save()
        client = client_of("")
        client.force_login(mia)
        texts += bare_of(client.get(reverse("account_set_password")))
    with look.once("on the way to the provider") as texts:
        request = RequestFactory().get("/")
        request.user = AnonymousUser()
        context = {"address": "https://login.example.org/", "name": "Rhine login"}
        page = render_to_string("account/organisation_leave.html", context, request)
        texts += unspoken(bare_in_page(page), {"Rhine login"})


def addresses(look: Look, world: dict[str, Any]) -> None:  # noqa: F811
    """Every address by everybody, as the access table has it."""
    with pseudo_locale.spoken():
        for person in PEOPLE:
            client = Client(raise_request_exception=False)
            if person != "nobody":
                client.force_login(world["people"][person])
            for name, method, _statuses, arguments, sent in ROWS:
                if name == "metrics":
                    continue  # its lines are named by Prometheus and read by it
                things = {key: world.get(value, value) for key, value in arguments.items()}
                data = {
                    key: world.get(value, value) if isinstance(value, str) else value
                    for key, value in (sent or {}).items()
                }
                if data.get("file") == FORM:
                    data["file"] = factories.upload()
                look.ask(client, method, reverse(name, kwargs=things or None), data or None)


@pytest.mark.timeout(1200)  # a thousand pages on a busy machine
def test_no_text_of_any_page_is_left_out(
    request: pytest.FixtureRequest, db: None, settings: Any
) -> None:
    look = Look()
    template_rendered.connect(look.hear)
    try:
        filled_places(look, settings)
        addresses(look, request.getfixturevalue("world"))
    finally:
        template_rendered.disconnect(look.hear)
    assert not look.found, "\n" + "\n".join(
        f"{text!r} at {place}" for text, place in look.found.items()
    )
    ours = {p.relative_to(TEMPLATES).as_posix() for p in TEMPLATES.rglob("*") if p.is_file()}
    missed = {one for one in ours - look.drawn if not one.startswith(DRAWN_BY_NOBODY)}
    assert not missed, f"Open these somewhere, so that their texts are read: {sorted(missed)}"


def test_the_check_sees_what_is_left_out() -> None:
    page = """<html lang="en"><title>⟦Map⟧</title><p>⟦Read <a href="/x">this</a>⟧ and go</p>
      <img alt="A crack"><input type="submit" value="Save"><input value="Ahr bridge">
      <button aria-label="⟦Close⟧">×</button><kbd>Esc</kbd><code>make serve</code>
      <p lang="en">By its author</p><p>0.30 mm, Ahr bridge, a@b.example</p><br>
      <script>const text = "No";</script>
      <script type="application/json" id="words-x">{"a": "⟦Yes⟧", "b": {"1": "One"}}</script>
      <script type="application/json">{"text": "Drawn", "id": "abc", "x": ["2025"]}</script>"""
    found = unspoken(bare_in_page(page), {"Ahr bridge"})
    assert found == ["and go", "A crack", "Save", "One", "Drawn"]


def test_a_text_that_is_cut_off_is_found() -> None:
    assert bare_in_page("<p>⟦A long senten…</p><p>Bare</p>")[-1] == "1 brackets not closed"
