"""Every entry about something of an asset says which asset that is."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from assets import services
from assets.findings import Finding
from assets.models import (
    Alert,
    Analysis,
    Asset,
    Defect,
    Element,
    Event,
    Inspection,
    Measurement,
    Photo,
)
from assets.services import queue
from assets.services.access_log import note_access
from assets.services.alerts import acknowledge
from assets.services.analysis import record_rejection
from assets.services.identity import identify, merge_defects
from assets.services.inspections import edit_inspection, open_inspection
from assets.services.ledger import OF_AN_ASSET, OF_NO_ASSET, Entry
from assets.services.portfolio import create_asset, create_element, edit_asset, edit_element
from assets.services.records import MatchProposal
from assets.services.review import settle_review
from assets.services.scale import set_photo_scale
from assets.services.visit_scale import set_inspection_scale
from assets.work import attempts
from tests.factories import analyse, hold, make_photo

pytestmark = pytest.mark.django_db

VERB = re.compile(r"[a-z]+\.[a-z_]+\Z")
# Put together from parts in the code.
COMPOSED = {"asset.edited", "element.edited", "access.original_downloaded"}
WAY_TO_ASSET = {
    "asset": (Asset, "pk"),
    "element": (Element, "asset_id"),
    "inspection": (Inspection, "asset_id"),
    "photo": (Photo, "inspection__asset_id"),
    "analysis": (Analysis, "photo__inspection__asset_id"),
    "measurement": (Measurement, "analysis__photo__inspection__asset_id"),
    "defect": (Defect, "asset_id"),
    "alert": (Alert, "asset_id"),
}


def written_verbs() -> set[str]:
    """The verbs in the code of the services, of subjects that belong to an asset."""
    found = set(COMPOSED)
    for path in Path(services.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                first = node.value.partition(".")[0]
                if VERB.match(node.value) and first in {*OF_AN_ASSET, "review", "scale"}:
                    found.add(node.value)
    return found


def fits_nowhere(photo: Photo) -> MatchProposal:
    photo.element.refresh_from_db(fields=["views_version"])
    return MatchProposal(basis=photo.element.views_version, registered=False)


def same_as(defect: Defect) -> MatchProposal:
    defect.element.refresh_from_db(fields=["views_version"])
    basis = defect.element.views_version
    return MatchProposal(basis=basis, registered=True, pairs={0: defect.pk})


def everything_happens(organisation, emil, mia) -> None:
    """One of every act that a ledger tells of."""
    place = {"kind": "dam", "code": "D-9", "name": "Dam", "latitude": 1.0, "longitude": 2.0}
    asset = create_asset(organisation=organisation, actor=emil, **place)
    edit_asset(asset=asset, actor=emil, name="Old dam")
    element = create_element(asset=asset, actor=emil, name="Monolith 7")
    edit_element(element=element, actor=emil, name="Monolith 8")
    visit = open_inspection(asset=asset, actor=emil, kind="walk", element=element)
    edit_inspection(inspection=visit, actor=emil, title="Second look")
    set_inspection_scale(inspection=visit, actor=emil, gsd_mm_per_px=0.5)

    first = make_photo(visit, by=emil)
    analyse(first, 0.1, at="2021-05-01T00:00:00")
    defect = Defect.objects.get()
    analyse(make_photo(visit), 1.2, at="2023-05-01T00:00:00", match=same_as(defect))
    acknowledge(alert=Alert.objects.get(rule="worsened"), actor=mia)
    straddling = make_photo(visit)
    analyse(straddling, 0.3, at="2022-05-01T00:00:00", match=fits_nowhere(straddling))
    Photo.objects.filter(needs_review=True).exclude(pk=straddling.pk).update(needs_review=False)
    straddling.refresh_from_db()
    settle_review(photo=straddling, actor=emil, reason="Looked at it.")
    line = Measurement.objects.get(defect=None)
    other = identify(sight=line, actor=emil, reason="Another crack.")
    line.refresh_from_db()
    identify(sight=line, defect=None, actor=emil, reason="No, a third one.")
    set_photo_scale(photo=straddling, actor=emil, gsd_mm_per_px=0.25)
    analyse(straddling, 0.9)
    second, third = Defect.objects.exclude(pk__in=[defect.pk, other.pk]).get(), defect
    merge_defects(defect=second, into=third, actor=emil, reason="One crack.")

    bad = make_photo(visit)
    record_rejection(claim=hold(bad), reasons=[Finding("disk_full")])
    broken = make_photo(visit)
    attempts.fail_attempt(hold(broken), Finding("disk_full"), final=True)
    broken.refresh_from_db()
    queue.retry_photo(photo=broken, actor=emil)
    note_access(
        emil, "access.original_downloaded", {"by": "browser"}, organisation=organisation, photo=bad
    )


def test_every_verb_of_the_services_names_the_asset(organisation, emil, mia):
    everything_happens(organisation, emil, mia)

    events = list(Event.objects.all())
    told = {event.verb for event in events}
    assert told >= written_verbs(), written_verbs() - told
    for event in events:
        model, path = WAY_TO_ASSET[event.subject_type]
        asset_id = model.objects.values_list(path, flat=True).get(pk=event.subject_id)
        assert event.asset_id == asset_id, event


def test_the_types_of_subjects_are_all_known():
    assert set(WAY_TO_ASSET) == OF_AN_ASSET
    assert not OF_AN_ASSET & OF_NO_ASSET


@pytest.mark.parametrize("subject", sorted(OF_AN_ASSET))
def test_an_entry_without_its_asset_is_refused(subject):
    with pytest.raises(ValueError, match="say which asset"):
        Entry("x.done", subject, 1)


@pytest.mark.parametrize("subject", sorted(OF_NO_ASSET))
def test_an_entry_of_no_asset_names_none(subject, alice):
    with pytest.raises(ValueError, match="belongs to no asset"):
        Entry("x.done", subject, 1, asset_id=1, about=alice)


def test_an_entry_about_a_person_says_whom():
    with pytest.raises(ValueError, match="whom it is about"):
        Entry("access.signed_in", "person", 0)
