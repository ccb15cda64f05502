"""Older ledger entries get the name of their asset outside their seal."""

from __future__ import annotations

import datetime as dt

import pytest

from assets.models import Event, LedgerHead
from assets.selectors.news import news
from assets.services import seals
from assets.services.ledger import broken_links
from tests.factories import make_member
from tests.migrations import database_before

AT = dt.datetime(2025, 5, 20, 10, tzinfo=dt.UTC)


@pytest.mark.django_db(transaction=True)
def test_entries_of_before_name_their_asset_and_keep_their_seal(tmp_path):
    with database_before(tmp_path) as migrate:
        old = migrate("0013_areas")
        rhine = old("Organisation").create(name="Rhine", slug="rhine")
        other = old("Organisation").create(name="Other", slug="other")
        place = {"kind": "bridge", "latitude": 50.9, "longitude": 6.9, "map_cell": 1}
        first = old("Asset").create(organisation=rhine, code="BR-1", name="First", **place)
        asset = old("Asset").create(organisation=rhine, code="BR-2", name="Second", **place)
        part = old("Element").create(asset=asset, name="Whole", is_whole=True)
        visit = old("Inspection").create(asset=asset, kind="walk", held_on=AT.date())
        photo = old("Photo").create(
            inspection=visit, element=part, organisation=rhine, format="jpeg", size_bytes=1,
            original_name="a.jpg", sha256="a" * 64, state="done", captured_at=AT, queued_at=AT,
        )  # fmt: skip
        analysis = old("Analysis").create(
            photo=photo, attempt=1, work="analyse", model_name="m", model_sha256="0" * 64,
            model_runtime="onnx-cpu", threshold=0.5, rule_set="aashto_mbei_rc", image_width_px=9,
            image_height_px=9, quality={}, crack_density=0.0, crack_density_unit="px/Mpx",
        )  # fmt: skip
        defect = old("Defect").create(
            asset=asset, element=part, number=1, severity="a", level=0, first_seen_at=AT,
            last_seen_at=AT,
        )  # fmt: skip
        told = [
            ("asset.created", "asset", first.pk),
            ("element.created", "element", part.pk),
            ("inspection.opened", "inspection", visit.pk),
            ("photo.stored", "photo", photo.pk),
            ("analysis.stored", "analysis", analysis.pk),
            ("crack.first_seen", "crack", defect.pk),
            ("defect.changed", "defect", defect.pk),
            ("member.joined", "membership", asset.pk),
            ("photo.stored", "photo", 999_999),
        ]
        named = [first.pk] + 6 * [asset.pk] + [None, None]
        entries, previous = [], seals.GENESIS
        for seq, (verb, kind, pk) in enumerate(told, 1):
            entry = Event(
                organisation_id=rhine.pk, seq=seq, at=AT, actor_label="a@example.org", verb=verb,
                subject_type=kind, subject_id=pk, after={"n": seq}, prev_hash=previous,
            )  # fmt: skip
            entry.hash = previous = seals.seal(entry)
            entries.append(entry)
        # What is sealed with its asset, here none, and another organisation's claim to a row.
        sealed = Event(
            organisation_id=rhine.pk, seq=10, at=AT, verb="asset.edited", subject_type="asset",
            subject_id=asset.pk, seal_version=1, prev_hash=previous,
            facts_sha256=seals.facts_digest(before=None, after=None, reason="", salt=""),
        )  # fmt: skip
        sealed.hash = seals.seal(sealed)
        foreign = Event(
            organisation_id=other.pk, seq=1, at=AT, verb="photo.stored", subject_type="photo",
            subject_id=photo.pk, prev_hash=seals.GENESIS, actor_label="a@example.org",
        )  # fmt: skip
        foreign.hash = seals.seal(foreign)
        Event.objects.bulk_create([*entries, sealed, foreign])
        before = list(Event.objects.order_by("pk").values())

        migrate("0014_entries_of_before_name_their_asset")

        mine = Event.objects.filter(organisation=rhine.pk).order_by("seq")
        assert list(mine.values_list("asset_id", flat=True)) == [*named, None]
        assert Event.objects.get(organisation=other.pk).asset_id is None
        after = list(Event.objects.order_by("pk").values())
        for was, now in zip(before, after, strict=True):
            assert {**was, "asset_id": None} == {**now, "asset_id": None}
        assert list(broken_links(rhine.pk)) == []
        assert list(broken_links(other.pk)) == []


@pytest.mark.django_db
def test_news_tells_of_an_entry_of_before_once_it_names_its_asset(organisation, bridge):
    """Without its asset the same entry makes everything new."""
    reader = make_member(organisation, "inspector", "reader@example.org")
    cursor = f"{organisation.pk}.0"
    entry = Event(
        organisation=organisation, seq=1, at=AT, actor_label="a@example.org",
        verb="asset.edited", subject_type="asset", subject_id=bridge.pk, prev_hash=seals.GENESIS,
    )  # fmt: skip
    entry.hash = seals.seal(entry)
    entry.save()
    LedgerHead.objects.create(organisation=organisation, seq=1, news_seq=1, hash=entry.hash)
    assert news(reader, cursor).everything

    Event.objects.filter(pk=entry.pk).update(asset_id=bridge.pk)

    found = news(reader, cursor)
    assert (found.everything, [one.id for one in found.assets]) == (False, [bridge.pk])
    assert found.assets[0].whole
