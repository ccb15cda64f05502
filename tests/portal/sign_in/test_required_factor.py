"""A required second factor: nothing opens without one, and nobody is stuck."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver, reverse
from django.urls.converters import IntConverter, UUIDConverter

from assets.models import Asset, Inspection, Membership, Organisation, User
from portal.api.authentication import issue_token
from portal.second_factor_door import OPEN, PUBLIC
from tests import factories
from tests.sign_in import code_of, entries, is_in, set_second_factor, sign_in

SET_UP = "/accounts/2fa/totp/activate/"


@pytest.fixture
def strict(organisation: Organisation) -> Organisation:
    """The organisation, which requires a second factor."""
    Organisation.objects.filter(pk=organisation.pk).update(second_factor_required=True)
    organisation.refresh_from_db()
    return organisation


def then(address: str) -> str:
    """The page that sets up, which leads to ``address`` afterwards."""
    return f"{SET_UP}?next={quote(address, safe='')}"


def require_it(client: Client, place: Organisation, required: str = "1") -> Any:
    sent = {"required": required}
    return client.post(f"/organisation/{place.pk}/second-factor/", sent, follow=True)


def test_a_keeper_who_has_one_requires_it(
    desk: Client, alice: User, organisation: Organisation
) -> None:
    desk.force_login(alice)
    refused = require_it(desk, organisation)
    assert "You have no second factor yourself." in refused.text
    organisation.refresh_from_db()
    assert not organisation.second_factor_required
    set_second_factor(alice)
    desk.force_login(alice)
    assert "needs a second factor from now on" in require_it(desk, organisation).text
    require_it(desk, organisation)  # twice is once
    organisation.refresh_from_db()
    assert organisation.second_factor_required
    assert "need no second factor any more" in require_it(desk, organisation, "0").text
    made = entries(organisation, "organisation.second_factor_required")
    assert [(one.before, one.after, one.actor) for one in made] == [
        ({"required": False}, {"required": True}, alice),
        ({"required": True}, {"required": False}, alice),
    ]


@pytest.mark.parametrize(("person", "status"), [("emil", 403), ("otto", 404)])
def test_nobody_else_requires_it(
    desk: Client, request: pytest.FixtureRequest, organisation: Organisation, person: str, status
) -> None:
    user = request.getfixturevalue(person)
    set_second_factor(user)
    desk.force_login(user)
    assert require_it(desk, organisation).status_code == status
    organisation.refresh_from_db()
    assert not organisation.second_factor_required


def _all_addresses(bridge: Asset, visit: Inspection, photo: Any, membership: Membership) -> list:
    """Each address of the site that is not named as open, with things that exist."""
    things = {
        "inspection": visit.pk, "photo": photo.pk, "asset": bridge.pk, "member": membership.pk,
        "organisation": membership.organisation_id,
    }  # fmt: skip
    found = []

    def walk(patterns: Any, prefix: str, outer: dict[str, Any]) -> None:
        for pattern in patterns:
            converters = {**outer, **pattern.pattern.converters}
            if not isinstance(pattern, URLPattern):
                inner = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
                walk(pattern.url_patterns, inner, converters)
                continue
            name = f"{prefix}{pattern.name}"
            if name in OPEN or name in PUBLIC:
                continue
            word = name.removeprefix("api:").split("-")[0]
            given = {
                key: things.get(word, bridge.pk)
                if isinstance(kind, IntConverter)
                else uuid4()
                if isinstance(kind, UUIDConverter)
                else "none"
                for key, kind in converters.items()
            }
            found.append((name, reverse(name, kwargs=given or None)))

    walk(get_resolver().url_patterns, "", {})
    return found


def test_every_address_is_closed_but_those_that_are_named(
    desk: Client, strict: Organisation, ines: User, bridge: Asset, visit: Inspection
) -> None:
    photo = factories.make_photo(visit)
    sign_in(desk, ines)
    addresses = _all_addresses(bridge, visit, photo, ines.memberships.get())
    assert len(addresses) > 60
    for name, address in addresses:
        for send in (desk.get, desk.post):
            answer = send(address)
            if address.startswith("/api/"):
                assert answer.status_code == 403, name
                assert answer.json()["code"] == "second_factor_needed", name
                assert answer["Content-Type"] == "application/problem+json"
            else:
                to = then(address) if send == desk.get else SET_UP
                assert (answer.status_code, answer.headers.get("Location")) == (302, to), name


def test_a_piece_asked_for_by_htmx_moves_the_whole_page(
    desk: Client, strict: Organisation, ines: User
) -> None:
    sign_in(desk, ines)
    page = {"HX-Request": "true", "HX-Current-URL": "http://testserver/assets/3/?defect=4"}
    answer = desk.get("/shell/banner/", headers=page)
    assert (answer.status_code, answer["HX-Redirect"]) == (403, then("/assets/3/?defect=4"))


def test_the_set_up_page_shows_nothing_else_and_opens_everything(
    desk: Client, strict: Organisation, ines: User, bridge: Asset
) -> None:
    sign_in(desk, ines)
    assert desk.get("/", follow=True).redirect_chain[0] == (then("/"), 302)
    again = {"password": "letmein", "next": SET_UP}
    assert desk.post("/accounts/reauthenticate/", again)["Location"] == SET_UP
    page = desk.get(SET_UP)
    assert f"{strict.name} requires a second factor." in page.text
    assert "Sign out" in page.text
    assert 'class="rail"' not in page.text
    assert "shell/banner" not in page.text
    code = code_of(page.context["form"].secret)
    done = desk.post(SET_UP, {"code": code}, follow=True)
    assert done.status_code == 200
    assert desk.get(f"/assets/{bridge.pk}/").status_code == 200  # without signing in again
    assert desk.get("/api/v1/assets/").status_code == 200


def test_what_stays_open(desk: Client, strict: Organisation, ines: User) -> None:
    sign_in(desk, ines)
    assert desk.get("/accounts/logout/").status_code == 200
    assert desk.get("/accounts/password/change/").status_code == 200
    assert desk.get("/static/css/hairline.css").status_code == 200
    assert desk.get("/healthz").status_code == 200
    membership = ines.memberships.get()
    assert desk.get(reverse("organisation-leave", args=[membership.pk])).status_code == 200
    assert desk.post("/accounts/logout/").status_code == 302
    assert desk.get("/accounts/login/").status_code == 200


def test_leaving_opens_the_other_organisation(
    desk: Client, strict: Organisation, nora: User, other_organisation: Organisation
) -> None:
    theirs = factories.make_asset(other_organisation)
    sign_in(desk, nora)
    assert desk.get(f"/assets/{theirs.pk}/")["Location"] == then(f"/assets/{theirs.pk}/")
    strict_one = Membership.objects.get(user=nora, organisation=strict)
    desk.post(reverse("organisation-leave", args=[strict_one.pk]))
    assert desk.get(f"/assets/{theirs.pk}/").status_code == 200


def test_tokens_do_nothing_and_none_is_made(
    desk: Client, strict: Organisation, ines: User, alice: User, visit: Inspection
) -> None:
    photo = factories.make_photo(visit)
    key, _token = issue_token(user=ines)
    program = Client()
    by_token = {"HTTP_AUTHORIZATION": f"Token {key}"}
    for address in ("/api/v1/assets/", f"/photos/{photo.pk}/original"):
        answer = program.get(address, **by_token)
        assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_needed")
        assert answer.json()["hint"]
    sent = {"username": ines.email, "password": "letmein"}
    refused = program.post("/api/v1/auth/token/", sent)
    assert (refused.status_code, refused.json()["code"]) == (403, "second_factor_needed")
    wrong = program.post("/api/v1/auth/token/", {**sent, "password": "wrong"})
    assert wrong.json()["code"] == "wrong_credentials"  # a stranger learns nothing of it
    secret = set_second_factor(ines)
    refused = program.get("/api/v1/assets/", **by_token)
    assert refused.status_code == 401  # it was made without the factor
    made = program.post("/api/v1/auth/token/", {**sent, "code": code_of(secret)})
    assert made.status_code == 200
    by_token = {"HTTP_AUTHORIZATION": f"Token {made.json()['token']}"}
    assert program.get("/api/v1/assets/", **by_token).status_code == 200


def test_a_token_without_the_factor_can_be_given_back(
    strict: Organisation, ines: User, alice: User
) -> None:
    key, token = issue_token(user=ines)
    program = Client(headers={"Authorization": f"Token {key}"})
    assert program.get("/api/v1/assets/").status_code == 403
    assert program.delete("/api/v1/auth/token/").status_code == 204
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert program.get("/api/v1/assets/").status_code == 401
    assert len(entries(strict, "access.token_revoked")) == 1


def test_recovery_codes_alone_are_no_second_factor(
    desk: Client, strict: Organisation, ines: User
) -> None:
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    RecoveryCodes.activate(ines)
    sign_in(desk, ines)
    assert desk.get("/")["Location"] == then("/")


def test_it_cannot_be_switched_off_while_it_is_required(
    desk: Client, strict: Organisation, ines: User
) -> None:
    secret = set_second_factor(ines)
    sign_in(desk, ines, code=code_of(secret))
    desk.post("/accounts/2fa/reauthenticate/", {"code": code_of(secret, steps=1)})
    answer = desk.post("/accounts/2fa/totp/deactivate/")
    assert "requires a second factor, so it cannot be switched off" in answer.text
    assert is_in(desk)


def test_a_membership_that_is_switched_off_requires_nothing(
    desk: Client, strict: Organisation, nora: User
) -> None:
    from django.utils import timezone

    strict_one = Membership.objects.filter(user=nora, organisation=strict)
    strict_one.update(deactivated_at=timezone.now())
    sign_in(desk, nora)
    assert is_in(desk)


def test_where_nobody_requires_it_the_door_costs_no_query(
    desk: Client, ines: User, settings: Any
) -> None:
    sign_in(desk, ines)

    def asked(client: Client) -> list[str]:
        client.get("/members/")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/members/").status_code == 200
        return [query["sql"] for query in queries]

    with_door = asked(desk)
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if "SecondFactorDoor" not in one]
    without = Client()
    without.cookies = desk.cookies
    assert len(with_door) == len(asked(without))


def test_a_token_costs_no_query_more(ines: User, django_assert_num_queries: Any) -> None:
    key, _token = issue_token(user=ines)
    program = Client(headers={"Authorization": f"Token {key}"})
    program.get("/api/v1/models/")
    with django_assert_num_queries(1):
        assert program.get("/api/v1/models/").status_code == 200


def test_the_page_counts_who_has_one(desk: Client, alice: User, ines: User, organisation) -> None:
    set_second_factor(ines)
    desk.force_login(alice)
    assert "1 of 2 members have set one up." in desk.get("/organisation/").text
    desk.force_login(ines)
    assert "Require a second factor" not in desk.get("/organisation/").text
