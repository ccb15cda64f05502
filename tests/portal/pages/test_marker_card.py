"""A marker card is printed from the asset's page; its QR code opens where photos are sent."""

from __future__ import annotations

import datetime as dt
import functools
import os
import shutil
import threading

import pytest
from django.urls import reverse

from assets.errors import DomainError
from portal import card_cache, marker_cards
from portal.machine_lock import machine_lock
from tests import factories
from tests.chaos.installation import children, command_line
from tests.threads import at_once

CARD = {"size": "a5", "paper": "a4", "number": 1, "url": "https://h.example/assets/1/send/"}


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
    ran = []

    def run(command, **options):
        ran.extend(command)
        raise OSError("not today")

    monkeypatch.setattr(marker_cards.subprocess, "run", run)
    client.force_login(ines)
    answer = client.get(reverse("marker-card-pdf", args=[bridge.pk]), {"element": element.pk})
    assert answer.status_code == 302, "a failure leads back to the form, with a sentence"
    assert f"--url=http://testserver/assets/{bridge.pk}/send/?element={element.pk}" in ran
    assert "--element=--url=evil" in ran


@pytest.mark.parametrize("wrong", [{"size": "a0"}, {"paper": "papyrus"}, {"number": 9}])
def test_a_card_that_there_is_not(wrong):
    with pytest.raises(DomainError) as refused:
        marker_cards.marker_card_pdf(**{**CARD, **wrong}, asset="A", element="")
    assert refused.value.code == "invalid"


def test_the_code_opens_todays_visit_else_the_form(client, ines, bridge, pier):
    client.force_login(ines)
    send = reverse("asset-send", args=[bridge.pk])
    begin = client.get(send, {"element": pier.pk})
    assert begin["Location"] == (
        reverse("inspection-new", args=[bridge.pk]) + f"?element={pier.pk}"
    )
    form = client.get(begin["Location"]).content.decode()
    assert f'<option value="{pier.pk}" selected>' in form

    visit = factories.make_inspection(bridge, held_on=dt.datetime.now(dt.UTC).date())
    factories.make_inspection(bridge, held_on=dt.date(2020, 1, 1))
    bridge.time_zone = "UTC"
    bridge.save()
    here = client.get(send, {"element": pier.pk})
    assert here["Location"] == reverse("inspection", args=[visit.pk]) + f"?element={pier.pk}"
    assert f'<option value="{pier.pk}" selected>' in client.get(here["Location"]).content.decode()


def test_an_element_of_another_asset_is_left_out(client, ines, bridge, organisation):
    stranger = factories.make_element(factories.make_asset(organisation))
    client.force_login(ines)
    answer = client.get(reverse("asset-send", args=[bridge.pk]), {"element": stranger.pk})
    assert "element" not in answer["Location"]


@pytest.fixture
def _no_card_yet():
    shutil.rmtree(card_cache.folder(), ignore_errors=True)
    yield
    shutil.rmtree(card_cache.folder(), ignore_errors=True)


def card(element: str = "") -> bytes:
    return marker_cards.marker_card_pdf(**CARD, asset="A", element=element)


@pytest.mark.usefixtures("_no_card_yet")
def test_a_card_is_drawn_once_and_another_one_anew():
    first = card()
    drawn = set(card_cache.folder().glob("*.pdf"))
    assert card() == first
    assert set(card_cache.folder().glob("*.pdf")) == drawn
    assert card("Pier 2") != first
    assert len(set(card_cache.folder().glob("*.pdf"))) == len(drawn) + 1 == 2


@pytest.mark.usefixtures("_no_card_yet")
def test_sixteen_at_once_are_drawn_one_at_a_time():
    most, over = [0], threading.Event()

    def count() -> None:
        while not over.wait(0.02):
            drawing = [pid for pid in children(os.getpid()) if "marker-card" in command_line(pid)]
            most[0] = max(most[0], len(drawing))

    def ask(number: int) -> str:
        try:
            return "drawn" if card(f"Pier {number}").startswith(b"%PDF-") else "no card"
        except DomainError as refused:
            return refused.code

    watcher = threading.Thread(target=count)
    watcher.start()
    try:
        told = at_once(*[functools.partial(ask, number) for number in range(16)])
    finally:
        over.set()
        watcher.join()
    assert most[0] == 1
    assert set(told) == {"drawn", "cards_busy"}
    assert told.count("drawn") == len(list(card_cache.folder().glob("*.pdf")))


@pytest.mark.usefixtures("_no_card_yet")
def test_who_cannot_wait_is_told(client, ines, bridge, monkeypatch):
    monkeypatch.setattr(marker_cards, "WAIT_S", 0.1)
    client.force_login(ines)
    with machine_lock(card_cache.folder() / "lock", within_s=1):
        answer = client.get(reverse("marker-card-pdf", args=[bridge.pk]))
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert "being drawn just now" in answer.content.decode()


@pytest.mark.usefixtures("_no_card_yet")
def test_old_cards_make_room(monkeypatch):
    monkeypatch.setattr(card_cache, "MOST_CARDS", 3)
    for number in range(5):
        card_cache.keep(f"{number}.pdf", b"%PDF-")
        os.utime(card_cache.folder() / f"{number}.pdf", (number, number))
    card_cache.keep("5.pdf", b"%PDF-")
    assert {path.name for path in card_cache.folder().glob("*")} == {"5.pdf", "4.pdf", "3.pdf"}
