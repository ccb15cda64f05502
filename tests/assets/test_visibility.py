"""Tenancy fails closed: what belongs to one organisation is shown to its members alone."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from assets.models import (
    Alert,
    Analysis,
    Asset,
    ClientKey,
    Defect,
    Element,
    Event,
    Inspection,
    Invitation,
    LedgerCheck,
    LedgerHead,
    LedgerPerson,
    Measurement,
    Membership,
    Organisation,
    Photo,
    Region,
    Secret,
    ViewFeatures,
)
from assets.models.scope import ScopedQuerySet
from assets.services.records import MeasuredRegion
from tests.factories import analyse, make_photo, make_user

pytestmark = pytest.mark.django_db

SCOPED = [
    Alert, Analysis, Asset, ClientKey, Defect, Element, Event, Inspection, Invitation, LedgerCheck,
    LedgerHead, LedgerPerson, Measurement, Membership, Organisation, Photo, Region, Secret,
    ViewFeatures,
]  # fmt: skip
# Belong to the installation or to a person, not to an organisation.
NOT_SCOPED = {"User", "WorkerHeartbeat"}


@pytest.fixture
def register(visit, alice):
    """At least one row of each table."""
    region = MeasuredRegion("spalling", [[0, 0], [9, 0], [9, 9]], 40.5, 0.8)
    analyse(make_photo(visit, by=alice), 0.4, regions=[region])
    Invitation.objects.create(
        organisation=visit.asset.organisation,
        email="nora@example.org",
        role="inspector",
        token_sha256="0" * 64,
        expires_at=timezone.now(),
    )
    Secret.objects.create(
        organisation=visit.asset.organisation, name="webhook.key", ciphertext=b"sealed", key_id="1"
    )
    ClientKey.objects.create(
        user=alice,
        organisation=visit.asset.organisation,
        key="key-of-the-visit",
        content_sha256="0" * 64,
        inspection=visit,
    )
    now = timezone.now()
    LedgerCheck.objects.create(
        organisation=visit.asset.organisation, night=now.date(), queued_at=now
    )
    Secret.objects.create(name="oidc.client_secret", ciphertext=b"sealed", key_id="1")


def test_every_table_is_scoped_or_named_here():
    tables = {model.__name__ for model in apps.get_app_config("assets").get_models()}

    assert tables == {model.__name__ for model in SCOPED} | NOT_SCOPED
    for model in SCOPED:
        assert isinstance(model.objects.all(), ScopedQuerySet)


@pytest.mark.parametrize("model", SCOPED, ids=lambda model: model.__name__)
def test_members_see_and_outsiders_do_not(
    model, register, alice, ines, emil, mia, ada, otto, other_organisation
):
    ours = set(model.objects.values_list("pk", flat=True))
    if model is Membership:
        ours = set(model.objects.exclude(user=otto).values_list("pk", flat=True))
    if model is Organisation:
        ours -= {other_organisation.pk}
    if model is Secret:  # those of the installation are shown to nobody
        ours = set(model.objects.filter(organisation__isnull=False).values_list("pk", flat=True))
    assert ours, "there must be something to see"

    for member in (alice, ines, emil, mia, ada):
        assert set(model.objects.visible_to(member).values_list("pk", flat=True)) == ours
    for stranger in (otto, make_user(), AnonymousUser(), None):
        seen = set(model.objects.visible_to(stranger).values_list("pk", flat=True))
        assert not seen & ours


@pytest.mark.parametrize("model", SCOPED, ids=lambda model: model.__name__)
def test_who_left_or_was_switched_off_sees_nothing(model, register, alice, mia, emil):
    alice.is_active = False
    alice.save()
    Membership.objects.filter(user=mia).delete()
    Membership.objects.filter(user=emil).update(deactivated_at=timezone.now())

    for person in (alice, mia, emil):
        assert not model.objects.visible_to(person).exists()


def test_a_member_of_two_organisations_sees_each_row_once(register, alice, other_organisation):
    Membership.objects.create(user=alice, organisation=other_organisation, role="manager")

    assert Asset.objects.visible_to(alice).count() == Asset.objects.count() == 1
    assert Organisation.objects.visible_to(alice).count() == 2
