"""Marker cards to print: each drawn once, one at a time, without the instrument."""

from __future__ import annotations

import functools
import os
import shutil
import threading

import pytest

from assets.errors import DomainError
from portal.print import kept_cards, marker_cards
from tests.chaos.installation import children, command_line
from tests.threads import at_once

CARD = {"size": "a5", "paper": "a4", "number": 1, "url": "https://h.example/assets/1/send/"}


@pytest.fixture
def _no_card_yet():
    shutil.rmtree(kept_cards.folder(), ignore_errors=True)
    yield
    shutil.rmtree(kept_cards.folder(), ignore_errors=True)


def card(element: str = "") -> bytes:
    return marker_cards.marker_card_pdf(**CARD, asset="A", element=element)


@pytest.mark.parametrize("wrong", [{"size": "a0"}, {"paper": "papyrus"}, {"number": 9}])
def test_a_card_that_there_is_not(wrong):
    with pytest.raises(DomainError) as refused:
        marker_cards.marker_card_pdf(**{**CARD, **wrong}, asset="A", element="")
    assert refused.value.code == "invalid"


@pytest.mark.usefixtures("_no_card_yet")
def test_a_card_is_drawn_once_and_another_one_anew():
    first = card()
    drawn = set(kept_cards.folder().glob("*.pdf"))
    assert card() == first
    assert set(kept_cards.folder().glob("*.pdf")) == drawn
    assert card("Pier 2") != first
    assert len(set(kept_cards.folder().glob("*.pdf"))) == len(drawn) + 1 == 2


@pytest.mark.usefixtures("_no_card_yet")
def test_sixteen_at_once_are_drawn_one_at_a_time():
    most, over = [0], threading.Event()

    def count() -> None:
        while not over.wait(0.02):
            drawing = [
                pid for pid in children(os.getpid()) if "assets.marker_cards" in command_line(pid)
            ]
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
    assert told.count("drawn") == len(list(kept_cards.folder().glob("*.pdf")))


@pytest.mark.usefixtures("_no_card_yet")
def test_old_cards_make_room(monkeypatch):
    monkeypatch.setattr(kept_cards, "MOST_CARDS", 3)
    for number in range(5):
        kept_cards.keep(f"{number}.pdf", b"%PDF-")
        os.utime(kept_cards.folder() / f"{number}.pdf", (number, number))
    kept_cards.keep("5.pdf", b"%PDF-")
    assert {path.name for path in kept_cards.folder().glob("*")} == {"5.pdf", "4.pdf", "3.pdf"}
