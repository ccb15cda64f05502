"""Access rights at every address of the site: one row for each address, one column for each person.

Columns: nobody signed in, an owner of another organisation, then inspector, engineer, manager and
owner of the organisation that has the things asked for. What is not theirs is not found (404);
what their role may not do is refused (403). A new address without a row fails the last test.

To add a row: name of the address, method, six statuses, and where needed which of the world's
things the address takes (``pk="bridge"``) and what is sent (``{"into": "other_crack"}``): a text
that is the name of a thing in the world becomes its id.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.test import Client
from django.urls import reverse

from assets.models import (
    Alert,
    Defect,
    LedgerPerson,
    Measurement,
    Organisation,
    Photo,
    PhotoState,
    Region,
    User,
)
from assets.services.invitations import invite
from assets.services.members import remove_member
from portal.api.authentication import issue_token
from tests import factories
from tests.addresses import names

PEOPLE = ("nobody", "otto", "ines", "emil", "mia", "alice")
ASSET = {"kind": "dam", "code": "D-9", "name": "Dam", "latitude": 1, "longitude": 2}
PHOTO = {"pk": "photo"}
API, FORM = "application/json", "form"
INVITED = {"email": "somebody@example.org", "role": "inspector", "organisation": "organisation"}
NEW_ACCOUNT = {"password": "seven words nobody guesses"}
NEW_ACCOUNT["password_again"] = NEW_ACCOUNT["password"]

Row = tuple[str, str, str, dict[str, Any], dict[str, Any] | None]


def row(
    name: str,
    method: str,
    statuses: str,
    sent: dict[str, Any] | None = None,
    **arguments: Any,
) -> Row:
    return name, method, statuses, arguments, sent


OPEN = "200 200 200 200 200 200"
PAGE = "302 200 200 200 200 200"  # for everybody who is signed in; shows their own things only
ONE = "302 404 200 200 200 200"  # a page about one thing
LIST = "401 200 200 200 200 200"
READ = "401 404 200 200 200 200"

ROWS: list[Row] = [
    row("healthz", "GET", OPEN),
    row("readyz", "GET", OPEN),
    row("metrics", "GET", OPEN),  # the test itself speaks from this machine
    row("api-schema", "GET", OPEN),
    row("api-docs", "GET", OPEN),
    # The API.
    row("api:auth-token", "POST", "400 400 400 400 400 400", {}),
    row("api:auth-token", "DELETE", "401 401 401 401 401 401"),  # a session is no token
    row("api:map-tile", "GET", LIST, z=0, x=0, y=0),
    row("api:asset-list", "GET", LIST),
    row("api:asset-list", "POST", "401 201 403 201 403 201", ASSET),
    row("api:asset-detail", "GET", READ, pk="bridge"),
    row("api:asset-detail", "PATCH", "401 404 403 200 403 200", {"name": "X"}, pk="bridge"),
    row("api:asset-detail", "DELETE", "401 405 405 405 405 405", pk="bridge"),
    row("api:element-list", "GET", LIST),
    row(
        "api:element-list",
        "POST",
        "401 404 403 201 403 201",
        {"asset": "bridge", "name": "Deck"},
    ),
    row("api:element-detail", "GET", READ, pk="pier"),
    row("api:element-detail", "PATCH", "401 404 403 200 403 200", {"name": "X"}, pk="pier"),
    row("api:inspection-list", "GET", LIST),
    row(
        "api:inspection-list",
        "POST",
        "401 404 201 201 403 201",
        {"asset": "bridge", "kind": "walk"},
    ),
    row("api:inspection-detail", "GET", READ, pk="visit"),
    row("api:inspection-detail", "PATCH", "401 404 200 200 403 200", {"title": "X"}, pk="visit"),
    row("api:inspection-photos", "GET", READ, pk="visit"),
    row("api:inspection-photos", "POST", "401 404 201 201 403 201", {"file": FORM}, pk="visit"),
    row("api:photo-detail", "GET", READ, **PHOTO),
    row("api:photo-detail", "PATCH", "401 404 200 200 403 200", {"gsd_mm_per_px": 1}, **PHOTO),
    row("api:photo-mask", "GET", READ, **PHOTO),
    row("api:photo-retry", "POST", "401 404 200 200 403 200", {}, pk="failed"),
    row("api:photo-review", "POST", "401 404 403 200 403 403", {"reason": "x"}, pk="straddling"),
    row("api:defect-list", "GET", LIST),
    row("api:defect-detail", "GET", READ, pk="defect"),
    row("api:defect-history", "GET", READ, pk="defect"),
    row(
        "api:defect-merge",
        "POST",
        "401 404 403 200 403 403",
        {"into": "other_crack"},
        pk="defect",
    ),
    row(
        "api:measurement-decide",
        "POST",
        "401 404 403 200 403 403",
        {"defect": None},
        pk="undecided",
    ),
    row("api:region-decide", "POST", "401 404 403 200 403 403", {"defect": None}, pk="region"),
    row("api:model-list", "GET", LIST),
    row("api:news", "GET", LIST),
    row("api:alert-list", "GET", LIST),
    row("api:alert-detail", "GET", READ, pk="alert"),
    row("api:alert-acknowledge", "POST", "401 404 403 200 200 200", {"note": "x"}, pk="alert"),
    # Files: session or token, so a program gets a 401 instead of a sign-in page.
    row("photo-original", "GET", READ, **PHOTO),
    row("photo-thumbnail", "GET", READ, **PHOTO),
    row("photo-mask", "GET", READ, **PHOTO),
    row("photo-tile", "GET", READ, **PHOTO, z=0, x=0, y=0),
    # Pages.
    row("portfolio", "GET", PAGE),
    row("portfolio-list", "GET", PAGE),
    row("shell-banner", "GET", PAGE),
    row("asset", "GET", ONE, pk="bridge"),
    row("asset-card", "GET", ONE, pk="bridge"),
    row("asset-body", "GET", ONE, pk="bridge"),
    row("marker-card", "GET", ONE, pk="bridge"),
    # A number that there is not, so that nothing is drawn: back to the form.
    row("marker-card-pdf", "GET", "302 404 302 302 302 302", {"number": "none"}, pk="bridge"),
    row("asset-send", "GET", "302 404 302 302 403 302", pk="bridge"),
    row("asset-new", "GET", "302 200 403 200 403 200"),
    row("asset-edit", "GET", "302 404 403 200 403 200", pk="bridge"),
    row("asset-edit", "POST", "302 404 403 422 403 422", {"name": ""}, pk="bridge"),
    row("element-new", "GET", "302 404 403 200 403 200", pk="bridge"),
    row("element-edit", "GET", "302 404 403 200 403 200", pk="pier"),
    row(
        "defect", "GET", "302 404 302 302 302 302", pk="defect"
    ),  # to its place on the asset's page
    row("inspections", "GET", PAGE),
    row("capture", "GET", PAGE),
    row("inspection", "GET", ONE, pk="visit"),
    row("inspection-photos", "GET", ONE, pk="visit"),
    row("inspection-new", "GET", "302 404 200 200 403 200", pk="bridge"),
    row("inspection-new", "POST", "302 404 422 422 403 422", {"kind": ""}, pk="bridge"),
    row("inspection-edit", "GET", "302 404 200 200 403 200", pk="visit"),
    row("inspection-edit", "POST", "302 404 422 422 403 422", {"kind": ""}, pk="visit"),
    row(
        "inspection-scale",
        "POST",
        "302 404 302 302 403 302",
        {"gsd_mm_per_px": "1"},
        pk="visit",
    ),
    row("photo", "GET", ONE, **PHOTO),
    row("photo-scale", "POST", "302 404 302 302 403 302", {"gsd_mm_per_px": "1"}, **PHOTO),
    row("photo-two-points", "POST", "302 404 302 302 403 302", {"remove": "1"}, **PHOTO),
    row("photo-retry", "POST", "302 404 302 302 403 302", {}, pk="failed"),
    row("photo-review", "POST", "302 404 403 302 403 403", {"reason": "x"}, pk="straddling"),
    row("inspection-distance", "POST", "302 404 302 302 403 302", {"distance_m": "2"}, pk="visit"),
    row("inspection-scale-undo", "POST", "302 404 302 302 403 302", {}, pk="visit"),
    row("measurement-identify", "POST", "302 404 403 302 403 403", {}, pk="undecided"),
    row("region-identify", "POST", "302 404 403 302 403 403", {}, pk="region"),
    row(
        "defect-merge",
        "POST",
        "302 404 403 302 403 403",
        {"into": "other_crack"},
        pk="defect",
    ),
    row("alerts", "GET", PAGE),
    row("news", "GET", PAGE),
    row("alert-acknowledge", "POST", "302 404 403 302 302 302", {"note": "x"}, pk="alert"),
    row("members", "GET", PAGE),
    row("models", "GET", PAGE),
    row("planner", "GET", PAGE),
    row("planner-offline", "GET", OPEN),  # kept in the browser; shows no one's data
    row("planner-worker", "GET", OPEN),
    row("member-invite", "GET", "302 200 403 403 403 200"),
    # Of an owner's own organisation, whatever they say: only what one may edit is to choose from.
    row("member-invite", "POST", "302 302 403 403 403 302", INVITED),
    row("invitation-renew", "POST", "302 404 403 403 403 302", {}, pk="invitation"),
    row("invitation-withdraw", "POST", "302 404 403 403 403 302", {}, pk="invitation"),
    row("invitation", "GET", "200 403 403 403 403 403", token="token_for_nora"),
    row("invitation", "POST", "302 403 403 403 403 403", NEW_ACCOUNT, token="token_for_nora"),
    row("invitation", "GET", "200 200 403 403 403 403", token="token_for_otto"),
    row("invitation", "POST", "422 422 403 403 403 403", NEW_ACCOUNT, token="token_for_otto"),
    row("invitation", "GET", "404 404 404 404 404 404", token="of_nobody"),
    row("organisation-leave", "GET", "302 404 200 404 404 404", pk="membership"),  # one's own
    row("organisation-leave", "POST", "302 404 302 404 404 404", {}, pk="membership"),
    row("member-role", "POST", "302 404 403 403 403 302", {"role": "engineer"}, pk="membership"),
    row("member-remove", "GET", "302 404 403 403 403 200", pk="membership"),
    row("member-remove", "POST", "302 404 403 403 403 302", {}, pk="membership"),
    # A role is everybody's to see; the rest of the page is for keepers.
    row("member", "GET", ONE, pk="membership"),
    row("member-deactivate", "POST", "302 404 403 403 403 302", {}, pk="membership"),
    row("member-reactivate", "POST", "302 404 403 403 403 302", {}, pk="membership"),
    row("member-new-password", "POST", "302 404 403 403 403 302", {}, pk="membership"),
    row("member-second-factor", "GET", "302 404 403 403 403 200", pk="membership"),
    # 409: she has none that could be taken off.
    row("member-second-factor", "POST", "302 404 403 403 403 409", {}, pk="membership"),
    row("organisation", "GET", PAGE),
    row("organisation-second-factor", "POST", "302 404 403 403 403 302", {}, pk="organisation"),
    row("organisation-ledger-retry", "POST", "302 404 403 403 403 302", {}, pk="organisation"),
    row("ledger-names", "GET", "302 404 403 403 403 200", pk="organisation"),
    row("ledger-name-erase", "GET", "302 404 403 403 403 200", pk="organisation", key="left"),
    row("ledger-name-erase", "POST", "302 404 403 403 403 302", {}, pk="organisation", key="left"),
    row("account", "GET", PAGE),
    row("session-end", "POST", "302 404 404 404 404 404", {}, pk=999_999),
    row("session-end-others", "POST", "302 302 302 302 302 302", {}),
    row("token-revoke", "POST", "302 404 404 404 302 404", {}, pk="token"),  # the manager's own
    # Sign-in, by allauth.
    row("account_login", "GET", "200 302 302 302 302 302"),
    row("account_logout", "GET", "302 200 200 200 200 200"),
    row("account_signup", "GET", OPEN),  # says that it is closed
    # No provider is configured here, so there is no such way.
    row("openid-leave", "POST", "404 404 404 404 404 404"),
    row("openid-callback", "GET", "404 404 404 404 404 404"),
    row("account_inactive", "GET", OPEN),
    row("account_reauthenticate", "GET", PAGE),
    row("account_change_password", "GET", PAGE),
    row("account_set_password", "GET", "302 302 302 302 302 302"),  # they have one: change it
    row("account_reset_password", "GET", OPEN),
    row("account_reset_password_done", "GET", OPEN),
    row("account_reset_password_from_key", "GET", OPEN, uidb36="1", key="none"),
    row("account_reset_password_from_key_done", "GET", OPEN),
    row("mfa_index", "GET", PAGE),
    row("mfa_authenticate", "GET", "302 302 302 302 302 302"),
    row("mfa_reauthenticate", "GET", "302 302 302 302 302 302"),
    row("mfa_activate_totp", "GET", "302 302 302 302 302 302"),  # asks for the password first
    row("mfa_deactivate_totp", "GET", "302 404 404 404 404 404"),  # nobody has one yet
    row("mfa_view_recovery_codes", "GET", "302 404 404 404 404 404"),
    row("mfa_generate_recovery_codes", "GET", "302 302 302 302 302 302"),
    row("mfa_download_recovery_codes", "GET", "302 404 404 404 404 404"),
]


@pytest.fixture
def world(bridge, pier, visit, alice, ines, emil, mia, otto) -> dict[str, Any]:
    """One of everything, in Alice's organisation."""
    photo = factories.make_photo(visit)
    mask = default_storage.save("masks/m.png", ContentFile(b"mask"))
    factories.analyse(photo, 0.2, 0.4, mask=mask)
    photo.refresh_from_db()
    photo.thumbnail = default_storage.save("thumbnails/t.jpg", ContentFile(b"thumbnail"))
    default_storage.save("tiles/t/0/0/0.jpg", ContentFile(b"tile"))
    photo.tiles_folder, photo.tiles_max_zoom = "tiles/t", 0
    photo.save()
    nowhere = factories.match_now(visit, registered=False)
    factories.analyse(factories.make_photo(visit), 0.3, match=nowhere)
    failed = factories.make_photo(visit)
    Photo.objects.filter(pk=failed.pk).update(state=PhotoState.FAILED, attempts=3)
    defect, other_defect = Defect.objects.order_by("number")
    match = factories.match_now(visit)
    factories.analyse(factories.make_photo(visit), regions=[factories.make_region()], match=match)
    place = bridge.organisation
    to_nora, for_nora = invite(
        organisation=place, actor=alice, email="nora@example.org", role="inspector"
    )
    _, for_otto = invite(organisation=place, actor=alice, email=otto.email, role="inspector")
    return {
        "bridge": bridge.pk,
        "pier": pier.pk,
        "visit": visit.pk,
        "photo": photo.pk,
        "failed": failed.pk,
        "straddling": Photo.objects.get(needs_review=True).pk,
        "defect": defect.pk,
        "other_crack": other_defect.pk,
        "undecided": Measurement.objects.get(defect=None, analysis__is_current=True).pk,
        "region": Region.objects.get().pk,
        "alert": Alert.objects.filter(defect=defect).get().pk,
        "membership": ines.memberships.get().pk,
        "organisation": place.pk,
        "invitation": to_nora.pk,
        "left": _who_left(place, alice).pk,
        "token_for_nora": for_nora,
        "token_for_otto": for_otto,
        "token": issue_token(user=mia)[1].pk,
        "people": {"otto": otto, "ines": ines, "emil": emil, "mia": mia, "alice": alice},
    }


def _who_left(organisation: Organisation, keeper: User) -> LedgerPerson:
    gone = factories.make_member(organisation, "inspector", "gone@example.org")
    remove_member(membership=gone.memberships.get(), actor=keeper)
    return LedgerPerson.objects.get(organisation=organisation, user=gone)


def _ask(client: Client, method: str, address: str, sent: dict[str, Any] | None, world: Any) -> int:
    data = {
        key: world.get(value, value) if isinstance(value, str) else value
        for key, value in (sent or {}).items()
    }
    if data.get("file") == FORM:
        data["file"] = factories.upload()
    as_json = address.startswith("/api/") and "file" not in data and method != "GET"
    send = getattr(client, method.lower())
    answer = send(address, data, content_type=API) if as_json else send(address, data)
    if answer.streaming:
        b"".join(answer.streaming_content)
    if answer.status_code == 302 and not client.session.get("_auth_user_id"):
        signs_in = answer["Location"].startswith(("/accounts/", "/?"))
        assert signs_in, f"{address} sends nobody to {answer['Location']}"
    return answer.status_code


@pytest.mark.parametrize("person", PEOPLE)
def test_who_gets_what(person: str, world: dict[str, Any]) -> None:
    client = Client(raise_request_exception=False)
    if person != "nobody":
        client.force_login(world["people"][person])
    column, expected, got = PEOPLE.index(person), {}, {}
    for place, (name, method, statuses, arguments, sent) in enumerate(ROWS):
        things = {key: world.get(value, value) for key, value in arguments.items()}
        address = reverse(name, kwargs=things or None)
        cache.clear()
        with transaction.atomic():  # each row finds the world as it was
            got[place, name, method] = _ask(client, method, address, sent, world)
            transaction.set_rollback(True)
        expected[place, name, method] = int(statuses.split()[column])
    assert got == expected


def test_every_address_has_a_row() -> None:
    addresses, rows = names(), {name for name, *_rest in ROWS}
    assert addresses - rows == set(), "Say in ROWS who gets what at these addresses."
    assert rows - addresses == set(), "These addresses are gone."
