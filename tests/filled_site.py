"""Fills a new installation with one of everything, for tests that only look at pages.

``python -m tests.filled_site`` migrates the database that the environment names, fills it and
prints JSON: ``things`` (name -> what an address takes) and ``sessions`` (person -> session key).
A process of its own, because Playwright and the ORM do not share a thread.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.files.base import ContentFile  # noqa: E402
from django.core.files.storage import default_storage  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from assets.findings import Finding  # noqa: E402
from assets.models import (  # noqa: E402
    Defect,
    LedgerCheck,
    LedgerPerson,
    Organisation,
    Photo,
    PhotoState,
    Role,
    User,
)
from assets.services.invitations import invite  # noqa: E402
from assets.services.members import remove_member  # noqa: E402
from portal.api.authentication import issue_token  # noqa: E402
from portal.first_run import prepare  # noqa: E402
from portal.sign_in.links import make_new_password_link  # noqa: E402
from tests import factories, sign_in  # noqa: E402

# Ada keeps both organisations, one of which has a broken ledger; Emil engineers, Ines inspects and
# Mia manages in the filled one. Olga's organisation has nothing yet and Nils belongs nowhere. Sam
# has a second factor, Rita must set one up first. `pending` has given the password, not the code.
RHINE = "Rhine Bridges"


def fill() -> dict[str, Any]:
    """Makes all of it; what the addresses take and who is signed in by which session."""
    prepare()
    call_command("migrate", verbosity=0)
    rhine = factories.make_organisation(RHINE)
    people = _people(rhine)
    things = {**_structures(rhine, people), **_members(rhine, people)}
    _ledgers(rhine)
    sessions = {name: _session(user) for name, user in people.items() if name != "sam"}
    secret = sign_in.set_second_factor(people["sam"])
    RecoveryCodes.activate(people["sam"])
    sessions["sam"] = _session(people["sam"], secret=secret)
    sessions["pending"] = _session(people["sam"])
    things["asset_of_others"] = factories.make_asset(factories.make_organisation()).pk
    return {"things": things, "sessions": sessions}


def _people(rhine: Organisation) -> dict[str, User]:
    works, empty, mill, strict = (
        factories.make_organisation(name)
        for name in ("City Works", "New Owner", "Mill Dams", "Strict Tunnels")
    )
    Organisation.objects.filter(pk=strict.pk).update(second_factor_required=True)
    people = {
        "ada": factories.make_member(rhine, Role.ADMINISTRATOR, "ada@example.org", "Ada Admin"),
        "emil": factories.make_member(rhine, Role.ENGINEER, "emil@example.org", "Emil Engineer"),
        "ines": factories.make_member(rhine, Role.INSPECTOR, "ines@example.org", "Ines Inspector"),
        "mia": factories.make_member(rhine, Role.MANAGER, "mia@example.org", "Mia Manager"),
        "olga": factories.make_member(empty, Role.OWNER, "olga@example.org", "Olga Owner"),
        "sam": factories.make_member(mill, Role.OWNER, "sam@example.org"),
        "rita": factories.make_member(strict, Role.OWNER, "rita@example.org", "Rita Required"),
        "nils": factories.make_user("nils@example.org", name="Nils Nowhere"),
    }
    works.memberships.create(user=people["ada"], role=Role.OWNER)
    issue_token(user=people["ada"], label="Nightly export")
    return people


def _structures(rhine: Organisation, people: dict[str, User]) -> dict[str, Any]:
    """A bridge with two visits and photos in every state, a wall with a crack, a dam without."""
    bridge = factories.make_asset(
        rhine, code="BR-0417", name="Ahr bridge", material="reinforced concrete", year_built=1968
    )
    wall = factories.make_asset(
        rhine, code="RW-0007", name="Cape wall", kind="retaining_wall", latitude=-33.9,
        longitude=18.4,
    )  # fmt: skip
    dam = factories.make_asset(
        rhine, code="DM-0031", name="Sennard dam", kind="dam", latitude=46.6, longitude=8.6
    )
    pier = factories.make_element(bridge)
    before = factories.make_inspection(bridge, element=pier, held_on=dt.date(2023, 5, 2))
    visit = factories.make_inspection(
        bridge, element=pier, held_on=dt.date(2025, 5, 20), created_by=people["ines"]
    )
    ungraded = factories.make_inspection(wall)
    empty = factories.make_inspection(dam)

    first = factories.make_photo(before, by=people["ines"])
    factories.analyse(
        first, 0.21, 0.28, regions=[factories.make_region(120.0)], at="2023-05-02T09:00:00"
    )
    cracks = {d.number: d for d in Defect.objects.filter(asset=bridge, kind="crack")}
    photo = factories.make_photo(visit, by=people["ines"])
    pairs = {place: cracks[number].pk for place, number in enumerate(sorted(cracks))}
    mask = default_storage.save("masks/m.png", ContentFile(factories.picture_bytes(kind="PNG")))
    match = factories.match_now(
        visit,
        pairs=pairs,
        area_pairs={0: Defect.objects.get(asset=bridge, kind="spalling").pk},
    )
    factories.analyse(
        photo, 0.42, 0.31, match=match, regions=[factories.make_region(600.0)], mask=mask,
        at="2025-05-20T10:00:00",
    )  # fmt: skip
    _show(first, photo)
    nowhere = factories.match_now(visit, registered=False)
    unmatched = factories.make_photo(visit)
    factories.analyse(unmatched, 0.3, match=nowhere, at="2025-05-20T10:05:00")
    clear = factories.make_photo(visit)
    factories.analyse(clear, at="2025-05-20T10:06:00")
    without_scale = factories.make_photo(ungraded)
    factories.analyse(without_scale, None, None, at="2025-05-20T10:07:00")
    _show(unmatched, clear, without_scale)
    queued = factories.make_photo(visit)
    failed, rejected, working = (factories.make_photo(visit) for _ in range(3))
    lost = Finding("worker_lost", {"attempts": 3})
    _state(failed, PhotoState.FAILED, lost, attempts=3)
    dark = Finding("too_dark", {"case": "black", "black_share": 0.93})
    _state(rejected, PhotoState.REJECTED, dark)
    factories.hold(working)
    return {
        "bridge": bridge.pk, "wall": wall.pk, "dam": dam.pk, "pier": pier.pk, "visit": visit.pk,
        "empty_visit": empty.pk, "photo": photo.pk, "unmatched": unmatched.pk, "clear": clear.pk,
        "without_scale": without_scale.pk, "queued": queued.pk, "failed": failed.pk,
        "rejected": rejected.pk, "crack": cracks[min(cracks)].pk,
        "crack_without_scale": Defect.objects.filter(asset=wall)[0].pk,
        "spalling": Defect.objects.get(asset=bridge, kind="spalling").pk,
    }  # fmt: skip


def _show(*photos: Photo) -> None:
    """Thumbnail and the one tile that so small a picture has."""
    for photo in photos:
        folder = f"tiles/{photo.pk}"
        picture = factories.picture_bytes(size=(256, 256), seed=photo.pk)
        default_storage.save(f"{folder}/0/0/0.jpg", ContentFile(picture))
        thumbnail = default_storage.save(f"thumbnails/{photo.pk}.jpg", ContentFile(picture))
        Photo.objects.filter(pk=photo.pk).update(
            thumbnail=thumbnail, tiles_folder=folder, tiles_max_zoom=0, width_px=160, height_px=140
        )


def _state(photo: Photo, state: str, why: Finding, **values: Any) -> None:
    reasons = [why.as_stored()]
    Photo.objects.filter(pk=photo.pk).update(state=state, reasons=reasons, **values)


def _members(rhine: Organisation, people: dict[str, User]) -> dict[str, Any]:
    """Invitations, memberships, and what stands in links."""
    ada = people["ada"]
    asked, for_nora = invite(
        organisation=rhine, actor=ada, email="nora@example.org", role="inspector"
    )
    _, for_nils = invite(organisation=rhine, actor=ada, email="nils@example.org", role="engineer")
    late, _ = invite(organisation=rhine, actor=ada, email="late@example.org", role="manager")
    type(late).objects.filter(pk=late.pk).update(expires_at=timezone.now())
    link, _ = make_new_password_link(person=people["mia"], actor=None, site="")
    gone = factories.make_member(rhine, Role.INSPECTOR, "gone@example.org", "Gunda Gone")
    remove_member(membership=gone.memberships.get(), actor=ada)
    uid, _, key = link.rstrip("/").rpartition("/")[2].partition("-")
    return {
        "invitation": asked.pk,
        "token_for_nora": for_nora,
        "token_for_nils": for_nils,
        "ines": people["ines"].memberships.get().pk,
        "ada_here": ada.memberships.get(organisation=rhine).pk,
        "sam_here": people["sam"].memberships.get().pk,
        "rhine": rhine.pk,
        "who_left": str(LedgerPerson.objects.get(organisation=rhine, user=gone).pk),
        "uid": uid,
        "key": key,
    }


def _ledgers(rhine: Organisation) -> None:
    """One that fits, one that does not, one whose check failed."""
    for name, values in (
        (RHINE, {"state": "done", "entries": 4711, "head_hash": "ab" * 32}),
        ("City Works", {"state": "done", "entries": 12, "head_hash": "cd" * 32, "fault_count": 2}),
        ("Mill Dams", {"state": "failed", "attempts": 3, "checked_at": None}),
    ):
        faults = [
            Finding("ledger_entry_changed", {"entry": n, "case": "seal"}).as_stored()
            for n in range(values.get("fault_count", 0))
        ]
        reasons = [{"code": "", "sentence": "It broke off.", "remedy": "Press Retry."}]
        LedgerCheck.objects.create(
            organisation=Organisation.objects.get(name=name),
            night=dt.date(2026, 5, 20),
            queued_at=timezone.now(),
            reasons=reasons if values["state"] == "failed" else [],
            faults=faults,
            **{"checked_at": timezone.now(), **values},
        )


def _session(user: User, *, secret: str = "") -> str:
    """The key of a session that began at the sign-in page and has just said once more who it is.

    Pages that change a second factor ask for that.
    """
    client = Client(headers={"User-Agent": sign_in.FIREFOX}, SERVER_NAME="127.0.0.1")
    if secret:
        sign_in.sign_in(client, user, code=sign_in.code_of(secret))
        again = {"code": sign_in.code_of(secret, steps=1)}  # a code works once
        client.post("/accounts/2fa/reauthenticate/", again)
    else:
        sign_in.sign_in(client, user)
        client.post("/accounts/reauthenticate/", {"password": sign_in.PASSWORD})
    return client.cookies[settings.SESSION_COOKIE_NAME].value


if __name__ == "__main__":
    json.dump(fill(), sys.stdout)
