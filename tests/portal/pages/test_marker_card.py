"""A marker card is printed from the asset's page; its QR code opens where photos are sent."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sys

import pytest
from django.urls import reverse

from portal.machine_lock import machine_lock
from portal.print import kept_cards, marker_cards
from tests import factories
from tests.page_text import joined


def test_the_asset_page_leads_to_a_real_pdf(client, ines, bridge, pier):
    client.force_login(ines)
    asset_page = client.get(reverse("asset", args=[bridge.pk])).content.decode()
    form = reverse("marker-card", args=[bridge.pk])
    assert form in asset_page
    assert f'<option value="{pier.pk}">' in client.get(form).content.decode()

    answer = client.get(
        reverse("marker-card-pdf", args=[bridge.pk]),
        {"element": pier.pk, "size": "credit-card", "paper": "letter", "number": "2"},
    )
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert "br-0417-pier-2-east-face" in answer["Content-Disposition"]


@pytest.mark.usefixtures("_no_card_yet")
def test_the_qr_code_names_the_element_and_text_is_no_option(monkeypatch, client, ines, bridge):
    element = factories.make_element(bridge, name="--url=evil")
    ran, said = [], []

    def run(command, **options):
        ran.extend(command)
        said.append(json.loads(options["input"]))
        raise OSError("not today")

    monkeypatch.setattr(marker_cards.subprocess, "run", run)
    client.force_login(ines)
    answer = client.get(reverse("marker-card-pdf", args=[bridge.pk]), {"element": element.pk})
    assert answer.status_code == 302, "a failure leads back to the form, with a sentence"
    assert said[0]["url"] == f"http://testserver/assets/{bridge.pk}/send/?element={element.pk}"
    assert said[0]["element"] == "--url=evil"
    assert ran == [sys.executable, "-m", "assets.marker_cards"], "no text of people, no instrument"


@pytest.fixture
def _no_card_yet():
    shutil.rmtree(kept_cards.folder(), ignore_errors=True)
    yield
    shutil.rmtree(kept_cards.folder(), ignore_errors=True)


def test_the_code_opens_todays_visit_else_the_form(client, ines, bridge, pier):
    client.force_login(ines)
    send = reverse("asset-send", args=[bridge.pk])
    begin = client.get(send, {"element": pier.pk})
    assert begin["Location"] == (
        reverse("inspection-new", args=[bridge.pk]) + f"?element={pier.pk}"
    )
    form = client.get(begin["Location"]).content.decode()
    assert f'<option value="{pier.pk}" selected>' in joined(form)

    visit = factories.make_inspection(bridge, held_on=dt.datetime.now(dt.UTC).date())
    factories.make_inspection(bridge, held_on=dt.date(2020, 1, 1))
    bridge.time_zone = "UTC"
    bridge.save()
    here = client.get(send, {"element": pier.pk})
    assert here["Location"] == reverse("inspection", args=[visit.pk]) + f"?element={pier.pk}"
    shown = client.get(here["Location"]).content.decode()
    assert f'<option value="{pier.pk}" selected>' in joined(shown)


def test_an_element_of_another_asset_is_left_out(client, ines, bridge, organisation):
    stranger = factories.make_element(factories.make_asset(organisation))
    client.force_login(ines)
    answer = client.get(reverse("asset-send", args=[bridge.pk]), {"element": stranger.pk})
    assert "element" not in answer["Location"]


@pytest.mark.usefixtures("_no_card_yet")
def test_who_cannot_wait_is_told(client, ines, bridge, monkeypatch):
    monkeypatch.setattr(marker_cards, "WAIT_S", 0.1)
    client.force_login(ines)
    with machine_lock(kept_cards.folder() / "lock", within_s=1):
        answer = client.get(reverse("marker-card-pdf", args=[bridge.pk]))
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert "being drawn just now" in answer.content.decode()
