"""Numbers that a person sees count their own organisation only."""

from __future__ import annotations

from portal.pages.shell import Shell
from tests import factories


def test_what_waits_is_counted_within_ones_own_organisation(client, visit, mia, other_organisation):
    theirs = factories.make_inspection(factories.make_asset(other_organisation))
    for _ in range(3):
        factories.make_photo(theirs)
    mine = factories.make_photo(visit)
    assert Shell(mia).banner.waiting == 1
    client.force_login(mia)
    body = client.get(f"/api/v1/photos/{mine.pk}/").json()
    assert body["queue_position"] == 1
    assert "1 photo is safe and waits in line" in client.get("/").content.decode()
