"""Creates the demo's organisations, people, structures and visits; keeps what exists."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from assets.models import Asset, Element, Inspection, Organisation, Role, User
from assets.services.inspections import open_inspection
from assets.services.members import create_organisation, enrol
from assets.services.portfolio import create_asset, create_element
from portal.demo.pictures import PlannedPhoto, plan_photos
from portal.demo.portfolio import (
    ORGANISATION,
    ORGANISATION_SLUG,
    OTHER_ORGANISATION,
    OTHER_SLUG,
    OTHER_STRUCTURE,
    STRUCTURES,
    Structure,
)

# (address, name, role); the last one belongs to the other organisation.
ACCOUNTS = (
    ("owner@demo.example", "Olivia Owner", Role("owner")),
    ("inspector@demo.example", "Ivan Inspector", Role("inspector")),
    ("engineer@demo.example", "Esra Engineer", Role("engineer")),
    ("manager@demo.example", "Mei Manager", Role("manager")),
)
OUTSIDER = ("outsider@demo.example", "Otto Outsider", Role("owner"))
INSPECTOR = "inspector@demo.example"


@dataclass(frozen=True, slots=True)
class DemoOrganisation:
    """The demo as it stands.

    Attributes:
        password: of all accounts where it was set just now; None where it stays what it was.
        is_new: whether this call made it.
    """

    organisation: Organisation
    photos: tuple[PlannedPhoto, ...]
    password: str | None
    is_new: bool


def ensure_demo(*, password: str = "") -> DemoOrganisation:
    """The demo organisation, made or completed; a second call changes nothing.

    Its history leads up to the day on which it was made.

    Args:
        password: for all accounts; empty = a random one for new accounts, others keep theirs.
    """
    found = Organisation.objects.filter(slug=ORGANISATION_SLUG).first()
    organisation = found or create_organisation(name=ORGANISATION, slug=ORGANISATION_SLUG)
    other = Organisation.objects.filter(slug=OTHER_SLUG).first() or create_organisation(
        name=OTHER_ORGANISATION, slug=OTHER_SLUG
    )
    given = _ensure_accounts(organisation, other, password)
    owner = User.objects.get(email=ACCOUNTS[0][0])
    for structure in STRUCTURES:
        _ensure_structure(organisation, structure, owner)
    _ensure_structure(other, OTHER_STRUCTURE, User.objects.get(email=OUTSIDER[0]))
    photos = tuple(plan_photos(organisation.created_at.date()))
    _ensure_visits(organisation, photos)
    return DemoOrganisation(organisation, photos, given, is_new=found is None)


def _ensure_accounts(organisation: Organisation, other: Organisation, wanted: str) -> str | None:
    """The password where it was set, else None."""
    random = secrets.token_urlsafe(9)
    was_set = False
    members = [(organisation, account) for account in ACCOUNTS] + [(other, OUTSIDER)]
    for place, (email, name, role) in members:
        user = User.objects.filter(email=email).first()
        if user is None:
            membership, _ = enrol(organisation=place, email=email, name=name, role=role)
            user = membership.user
            user.set_password(wanted or random)
            user.save(update_fields=["password"])
            was_set = True
        elif wanted and not user.check_password(wanted):
            user.set_password(wanted)
            user.save(update_fields=["password"])
            was_set = True
    return (wanted or random) if was_set else None


def _ensure_structure(organisation: Organisation, structure: Structure, actor: User) -> None:
    asset = Asset.objects.filter(organisation=organisation, code=structure.code).first()
    if asset is None:
        asset = create_asset(
            organisation=organisation,
            actor=actor,
            kind=structure.kind,
            code=structure.code,
            name=structure.name,
            latitude=structure.latitude,
            longitude=structure.longitude,
            year_built=structure.year_built,
            material=structure.material,
            time_zone=structure.time_zone,
            note=structure.note,
        )
    known = set(Element.objects.filter(asset=asset).values_list("name", flat=True))
    for name, number in structure.elements:
        if name not in known:
            create_element(asset=asset, actor=actor, name=name, aashto_number=number)


def _ensure_visits(organisation: Organisation, photos: Iterable[PlannedPhoto]) -> None:
    inspector = User.objects.get(email=INSPECTOR)
    assets = {asset.code: asset for asset in Asset.objects.filter(organisation=organisation)}
    known = set(
        Inspection.objects.filter(asset__organisation=organisation).values_list(
            "asset__code", "held_on"
        )
    )
    for photo in photos:
        if (photo.code, photo.held_on) not in known:
            known.add((photo.code, photo.held_on))
            open_inspection(
                asset=assets[photo.code],
                actor=inspector,
                kind=photo.kind,
                held_on=photo.held_on,
            )
