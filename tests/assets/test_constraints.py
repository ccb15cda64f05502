"""Each constraint of the database has a sentence, and what the database refuses is told by it."""

from __future__ import annotations

import copy
from collections import defaultdict
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from assets.constraints import GONE, OTHER, RULES, constraints, refusal, rule_of, violated
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
    Measurement,
    Membership,
    Organisation,
    Photo,
    Secret,
    User,
    WorkerHeartbeat,
)
from tests.factories import analyse, make_photo

pytestmark = pytest.mark.django_db


def test_every_constraint_has_its_sentence_and_remedy():
    """A new constraint needs one entry in ``assets.constraints.RULES``."""
    assert set(RULES) <= set(constraints())
    for name in constraints():
        rule = rule_of(name)
        assert rule, f"{name} has no sentence"
        assert str(rule.sentence).endswith((".", "!")) and len(str(rule.remedy)) > 10, name


def test_sqlite_can_tell_the_unique_ones_apart():
    """It names a unique constraint by its columns alone."""
    by_columns = defaultdict(set)
    for model in apps.get_app_config("assets").get_models():
        for constraint in model._meta.constraints:
            if isinstance(constraint, models.UniqueConstraint) and constraint.fields:
                by_columns[(model, frozenset(constraint.fields))].add(constraint.name)
    assert all(len(names) == 1 for names in by_columns.values())


@pytest.fixture
def register(visit: Inspection, alice: User) -> None:
    """At least one row of each table that has a constraint."""
    analyse(make_photo(visit, by=alice), 0.4)
    organisation = visit.asset.organisation
    Invitation.objects.create(
        organisation=organisation, email="nora@example.org", role="inspector",
        token_sha256="0" * 64, expires_at=timezone.now(),
    )  # fmt: skip
    for owner in (organisation, None):
        Secret.objects.create(organisation=owner, name="a.key", ciphertext=b"sealed", key_id="1")
    ClientKey.objects.create(
        user=alice, organisation=organisation, key="key-of-visit", content_sha256="0" * 64,
        inspection=visit,
    )  # fmt: skip
    WorkerHeartbeat.objects.create(
        name="w1", device="cpu", started_at=timezone.now(), seen_at=timezone.now()
    )


VALUES: dict[str, tuple[Any, dict[str, Any]]] = {
    "alert_resolved_after_opened": (Alert, {"resolved_at": "2001-01-01T00:00Z"}),
    "analysis_scale_above_zero": (Analysis, {"gsd_mm_per_px": 0}),
    "asset_latitude_in_range": (Asset, {"latitude": 91}),
    "asset_longitude_in_range": (Asset, {"longitude": -181}),
    "asset_worst_level_in_range": (Asset, {"worst_level": 5}),
    "client_key_stands_for_one_thing": (ClientKey, {"inspection": None}),
    "defect_merged_names_its_target": (Defect, {"state": "merged"}),
    "defect_seen_last_after_first": (Defect, {"last_seen_at": "2001-01-01T00:00Z"}),
    "defect_width_not_negative": (Defect, {"width_mm": -1}),
    "inspection_distance_above_zero": (Inspection, {"distance_m": 0}),
    "inspection_scale_above_zero": (Inspection, {"gsd_mm_per_px": -1}),
    "invited_role_is_known": (Invitation, {"role": "king"}),
    "measurement_confidence_is_a_share": (Measurement, {"confidence": 1.1}),
    "measurement_width_mm_not_negative": (Measurement, {"width_mm_p95": -1}),
    "measurement_width_px_not_negative": (Measurement, {"width_px_p95": -1}),
    "photo_distance_above_zero": (Photo, {"distance_m": 0}),
    "photo_in_work_has_a_lease": (Photo, {"state": "processing", "lease_until": None}),
    "photo_latitude_in_range": (Photo, {"latitude": 91}),
    "photo_longitude_in_range": (Photo, {"longitude": 181}),
    "photo_marker_above_zero": (Photo, {"marker_mm": 0}),
    "photo_scale_above_zero": (Photo, {"gsd_mm_per_px": 0}),
    "photo_state_is_known": (Photo, {"state": "lost"}),
    "photo_two_points_have_a_length": (Photo, {"two_points_px": [[0, 0], [1, 1]]}),
    "role_is_known": (Membership, {"role": "king"}),
}


def refused(call: Any) -> IntegrityError:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        call()
    return caught.value


@pytest.mark.parametrize("name", VALUES)
def test_a_wrong_value_is_told(register, name):
    model, values = VALUES[name]
    error = refused(lambda: model.objects.update(**values))

    assert violated(error) == name
    said = refusal(error)
    assert (said.code, said.field) == ("invalid", rule_of(name).field)
    assert (str(said), said.hint) == (str(rule_of(name).sentence), str(rule_of(name).remedy))


# Model, what differs from the row that is there, and the constraint that the copy breaks.
COPIES: dict[str, tuple[Any, dict[str, Any]]] = {
    "asset_code_once_an_organisation": (Asset, {}),
    "assets_invitation.token_sha256": (Invitation, {"email": "other@example.org"}),
    "assets_organisation.slug": (Organisation, {}),
    "assets_workerheartbeat.name": (WorkerHeartbeat, {}),
    "client_key_once_a_person": (ClientKey, {}),
    "defect_number_once_an_asset": (Defect, {}),
    "element_name_once_an_asset": (Element, {"is_whole": False}),
    "event_number_once_an_organisation": (Event, {}),
    "measurement_ordinal_once": (Measurement, {}),
    "one_analysis_an_attempt": (Analysis, {"is_current": False}),
    "one_current_analysis_a_photo": (Analysis, {"attempt": 99}),
    "one_open_alert_a_defect_and_rule": (Alert, {}),
    "one_open_invitation_an_address": (Invitation, {"token_sha256": "1" * 64}),
    "one_role_a_person_and_organisation": (Membership, {}),
    "one_whole_element_an_asset": (Element, {"name": "Everything"}),
    "photo_once_an_inspection_by_content": (Photo, {}),
    "secret_name_once_an_organisation": (Secret, {}),
    "user_email_once_whatever_its_case": (User, {"email": "Alice@example.org"}),
    "assets_user.email": (User, {}),
}


@pytest.mark.parametrize("name", COPIES)
def test_what_is_there_already_is_told(register, name):
    model, differing = COPIES[name]
    rows = model.objects.filter(is_whole=True) if model is Element else model.objects.all()
    rows = rows.filter(organisation__isnull=False) if model is Secret else rows
    twin = copy.copy(rows.get(email="alice@example.org") if model is User else rows.first())
    twin.pk, twin._state.adding = None, True
    for field, value in differing.items():
        setattr(twin, field, value)
    error = refused(twin.save)

    # An address of the same case breaks both rules on addresses; each database names one.
    told = {"user_email_once_whatever_its_case", "assets_user.email"}
    assert violated(error) in (told if name == "assets_user.email" else {name})
    said = refusal(error)
    assert (said.code, said.field) == ("conflict", rule_of(name).field)
    assert str(said) == str(rule_of(name).sentence)


def test_the_secrets_of_the_installation(register):
    error = refused(lambda: Secret.objects.create(name="a.key", ciphertext=b"sealed", key_id="1"))
    assert violated(error) == "secret_name_once_for_the_installation"


def test_what_has_no_name_is_told_in_general(register, visit):
    assert str(refusal(refused(visit.delete))) == str(GONE.sentence)  # its photos protect it
    error = refused(lambda: Asset.objects.update(name=None))
    assert (violated(error), str(refusal(error))) == ("", str(OTHER.sentence))


@pytest.mark.django_db(transaction=True)
def test_a_row_that_points_to_what_is_gone(bridge):
    error = refused(lambda: Element.objects.create(asset_id=bridge.pk + 1000, name="Deck"))
    assert str(refusal(error)) == str(GONE.sentence)
    assert connection.vendor in ("sqlite", "postgresql")
