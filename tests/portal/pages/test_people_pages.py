"""Visits, members, account, sign-in and the frame around them."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from assets.models import (
    Asset,
    Element,
    Inspection,
    Membership,
    Organisation,
    Photo,
    PhotoWork,
    Role,
    User,
    WorkerHeartbeat,
)
from portal.models import ApiToken
from tests.factories import analyse, make_member, make_photo
from tests.page_text import joined


def test_opening_a_visit_leads_to_its_photos(
    client: Client, ines: User, bridge: Asset, pier: Element
) -> None:
    client.force_login(ines)
    visit = {"kind": "walk", "held_on": "2026-05-20", "element": pier.pk, "gsd_mm_per_px": "0,25"}
    answer = client.post(f"/assets/{bridge.pk}/inspections/new/", visit)
    made = Inspection.objects.get()
    assert answer["Location"] == f"/inspections/{made.pk}/"
    assert (made.gsd_mm_per_px, made.element, made.created_by) == (0.25, pier, ines)


def test_a_scale_that_makes_no_sense_is_refused(client: Client, ines: User, bridge: Asset) -> None:
    client.force_login(ines)
    for scale in ("-1", "0", "card"):
        wrong = {"kind": "walk", "held_on": "2026-05-20", "gsd_mm_per_px": scale}
        answer = client.post(f"/assets/{bridge.pk}/inspections/new/", wrong)
        assert answer.status_code == 422
        assert f'value="{scale}"' in answer.content.decode()
    assert not Inspection.objects.exists()


def test_another_scale_measures_again(client: Client, ines: User, visit: Inspection) -> None:
    photo = make_photo(visit)
    analyse(photo, None)
    client.force_login(ines)
    form = {"kind": "walk", "held_on": visit.held_on.isoformat(), "element": visit.element_id}
    client.post(f"/inspections/{visit.pk}/edit/", {**form, "gsd_mm_per_px": "0.5"})
    photo.refresh_from_db()
    assert photo.work == PhotoWork.MEASURE
    assert Photo.objects.filter(state="queued").exists()


def test_visits_are_listed_with_what_needs_somebody(
    client: Client, ines: User, visit: Inspection
) -> None:
    make_photo(visit)
    client.force_login(ines)
    html = client.get("/inspections/").content.decode()
    assert "1 working" in html
    assert "Ahr bridge" in html
    assert "No inspection for" in client.get("/inspections/?search=nothing").content.decode()
    capture = client.get("/capture/").content.decode()
    assert f"/inspections/{visit.pk}/" in capture
    assert f"/assets/{visit.asset_id}/inspections/new/" in capture


def test_a_manager_is_offered_nothing_to_capture(
    client: Client, mia: User, visit: Inspection
) -> None:
    client.force_login(mia)
    assert 'href="/capture/"' not in client.get("/").content.decode()
    assert f"/inspections/{visit.pk}/" not in client.get("/capture/").content.decode()


def test_roles_change_and_the_last_keeper_stays(
    client: Client, ada: User, organisation: Organisation
) -> None:
    ines = make_member(organisation, Role.INSPECTOR)
    client.force_login(ada)
    mine, hers = (Membership.objects.get(user=user) for user in (ada, ines))
    client.post(f"/members/{hers.pk}/role/", {"role": "engineer"})
    hers.refresh_from_db()
    assert hers.role == Role.ENGINEER
    answer = client.post(f"/members/{mine.pk}/role/", {"role": "inspector"}, follow=True)
    assert "Nobody else could change the members" in answer.content.decode()
    asked = client.get(f"/members/{hers.pk}/remove/").content.decode()
    assert "lose sight of its assets" in asked
    client.post(f"/members/{hers.pk}/remove/")
    assert not Membership.objects.filter(pk=hers.pk).exists()


def test_members_are_changed_only_by_who_may(client: Client, ines: User, otto: User) -> None:
    hers = Membership.objects.get(user=ines)
    client.force_login(ines)
    html = client.get("/members/").content.decode()
    assert "Remove" not in html
    assert client.get("/members/invite/").status_code == 403
    assert client.post(f"/members/{hers.pk}/role/", {"role": "owner"}).status_code == 403
    client.force_login(otto)
    assert client.post(f"/members/{hers.pk}/role/", {"role": "owner"}).status_code == 404
    assert "ines@example.org" not in client.get("/members/").content.decode()


def test_account_keeps_the_name_and_revokes_tokens(client: Client, ines: User, alice: User) -> None:
    until = timezone.now() + dt.timedelta(days=30)
    mine, theirs = (
        ApiToken.objects.create(user=u, prefix="hl_", key_sha256=u.email, expires_at=until)
        for u in (ines, alice)
    )
    client.force_login(ines)
    client.post("/account/", {"name": "Ines I."})
    ines.refresh_from_db()
    assert ines.name == "Ines I."
    assert client.post(f"/account/tokens/{theirs.pk}/revoke/").status_code == 404
    client.post(f"/account/tokens/{mine.pk}/revoke/")
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert mine.revoked_at is not None
    assert theirs.revoked_at is None


@pytest.mark.parametrize(
    "path", ["/", "/assets/new/", "/inspections/", "/members/", "/account/", "/capture/"]
)
def test_strangers_are_sent_to_sign_in_and_back(client: Client, db: None, path: str) -> None:
    assert client.get(path)["Location"].startswith(f"/accounts/login/?next={path}")


def test_a_piece_asked_for_after_the_session_ended_moves_the_whole_page(
    client: Client, db: None
) -> None:
    here = {"HX-Request": "true", "HX-Current-URL": "http://testserver/assets/3/?defect=4"}
    answer = client.get("/portfolio/list/", headers=here)
    assert answer.status_code == 401
    assert answer["HX-Redirect"] == "/accounts/login/?next=%2Fassets%2F3%2F%3Fdefect%3D4"


def test_sign_in_page_and_refusal(client: Client, ines: User) -> None:
    html = client.get("/accounts/login/").content.decode()
    assert "Sign in" in html
    assert "sign up" not in html.lower()
    wrong = client.post("/accounts/login/", {"login": ines.email, "password": "wrong"})
    assert "You are not signed in" in wrong.content.decode()
    right = client.post("/accounts/login/", {"login": ines.email, "password": "letmein"})
    assert right["Location"] == "/"


@pytest.mark.parametrize(
    "path",
    ["/accounts/password/reset/", "/accounts/signup/", "/accounts/inactive/"],
)
def test_pages_before_sign_in_wear_our_look(client: Client, db: None, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert 'class="signin"' in answer.content.decode()


@pytest.mark.parametrize(
    "path", ["/accounts/password/change/", "/accounts/logout/", "/accounts/2fa/"]
)
def test_pages_of_the_account_wear_our_look(client: Client, ines: User, path: str) -> None:
    client.post("/accounts/login/", {"login": ines.email, "password": "letmein"})
    answer = client.get(path, follow=True)
    assert answer.status_code == 200
    assert 'class="rail"' in answer.content.decode()


def test_errors_are_pages_of_ours(client: Client, ines: User) -> None:
    assert "There is nothing at this address." in client.get("/nothing/").content.decode()
    client.force_login(ines)
    page = client.get("/nothing/")
    assert page.status_code == 404
    assert 'class="rail"' in page.content.decode()
    refused = client.get("/assets/new/")
    assert refused.status_code == 403
    assert "Your role may look at assets" in refused.content.decode()


def test_banner_says_that_no_worker_runs_and_goes_when_one_does(
    client: Client, ines: User, visit: Inspection
) -> None:
    make_photo(visit)
    client.force_login(ines)
    html = client.get("/shell/banner/").content.decode()
    assert "No analysis worker is running." in html
    assert "1 photo is safe and waits in line." in html
    now = timezone.now()
    beat = WorkerHeartbeat.objects.create(name="w", device="CPU", started_at=now, seen_at=now)
    assert client.get("/shell/banner/").content.decode().strip() == ""
    beat.seen_at = now - dt.timedelta(minutes=3)
    beat.save()
    assert "No analysis worker for 3" in client.get("/shell/banner/").content.decode()


def test_the_last_keeper_is_shown_the_way_back_alone(client: Client, ada: User) -> None:
    mine = Membership.objects.get(user=ada)
    leave = f"/account/organisations/{mine.pk}/leave/"
    client.force_login(ada)
    assert ">Stay</a>" in client.get(leave).text
    refused = client.post(leave)
    assert refused.status_code == 409
    assert "Nobody else could change the members" in refused.text
    assert 'href="/members/">To the members' in refused.text
    assert 'method="post"' not in refused.text.split("<main")[1]


def test_who_requires_a_second_factor_sets_up_their_own_first(client: Client, ada: User) -> None:
    client.force_login(ada)
    assert "Second factor for all" in client.get("/members/").text
    page = client.get("/organisation/").text
    assert 'href="/accounts/2fa/totp/activate/?next=/organisation/"' in page
    assert "Require a second factor</button>" not in joined(page)
