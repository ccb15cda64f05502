"""A ledger that does not fit is seen by its keepers, on every page and where machines look."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from assets.findings import Finding
from assets.models import LedgerCheck, Organisation, User
from portal import health

pytestmark = pytest.mark.django_db

CHECKED = dt.datetime(2026, 5, 20, 2, 3, tzinfo=dt.UTC)


def checked(organisation: Organisation, *, night: int = 20, **values: object) -> LedgerCheck:
    done = {"state": "done", "entries": 4711, "head_hash": "ab" * 32, "checked_at": CHECKED}
    return LedgerCheck.objects.create(
        organisation=organisation,
        night=dt.date(2026, 5, night),
        queued_at=timezone.now(),
        **{**done, **values},
    )


@pytest.fixture
def broken(organisation: Organisation) -> LedgerCheck:
    changed = [Finding("ledger_entry_changed", {"entry": n, "case": "seal"}) for n in (2, 3)]
    faults = [fault.as_stored() for fault in changed]
    return checked(organisation, fault_count=2, faults=faults)


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health._Kept, "body", {})
    monkeypatch.setattr(health._Kept, "until_s", 0.0)


def page(client: Client, user: User, address: str = "/organisation/") -> str:
    client.force_login(user)
    return client.get(address).content.decode()


def test_a_ledger_that_fits_says_when_it_was_read(client, alice, organisation):
    checked(organisation)
    html = page(client, alice)
    assert "20 May 2026, 02:03: 4711 entries" in html
    assert "abababababababab" in html
    assert "does not fit" not in html


def test_what_does_not_fit_is_named_to_keepers(client, alice, ada, broken):
    for keeper in (alice, ada):
        html = page(client, keeper)
        assert "2 entries of the ledger do not fit." in html
        assert "Entry 2 was changed after it was sealed." in html


def test_every_page_of_a_keeper_says_so_and_no_other(client, alice, ines, otto, broken):
    sentence = "The ledger of Rhine Bridges does not fit together."
    assert sentence in page(client, alice, "/shell/banner/")
    for other in (ines, otto):
        assert sentence not in page(client, other, "/shell/banner/")
        assert "Entry 2 was changed" not in page(client, other)


def test_once_it_fits_again_the_banner_goes(client, alice, organisation, broken):
    checked(organisation, night=21)
    assert "does not fit" not in page(client, alice, "/shell/banner/")


def test_a_check_that_failed_can_be_retried(client, alice, organisation):
    failed = checked(
        organisation, state="failed", attempts=3,
        reasons=[{"code": "", "sentence": "It broke off.", "remedy": "Press Retry."}],
        checked_at=None,
    )  # fmt: skip
    address = f"/organisation/{organisation.pk}/ledger/retry/"
    html = page(client, alice)
    assert "It broke off." in html
    assert address in html
    assert "is read again" in client.post(address, follow=True).content.decode()
    failed.refresh_from_db()
    assert (failed.state, failed.attempts, failed.priority) == ("queued", 0, 0)
    assert "Only a check that failed" in client.post(address, follow=True).content.decode()


def test_machines_are_told_without_names(client, broken):
    body = client.get("/readyz").json()
    assert "The ledger of 1 organisation does not fit" in body["warnings"]["ledger"]
    assert "Rhine" not in str(body)


def test_the_doctor_names_it(broken):
    output = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("doctor", stdout=output)
    assert "mend  ledgers: The ledger of Rhine Bridges does not fit" in output.getvalue()
