"""Fills the database of the tree that runs this with a portfolio and signed-in people.

Run as a program, with a tree of Hairline as working directory and ``PYTHONPATH``, so that the very
same portfolio lies in the installation of now and in that of before. Prints what clients need.

Usage: python register.py PEOPLE
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module

ASSETS = 60
WITH_CRACKS = 16
VISITS, CRACKS = 4, 3
CENTRE = (50.36, 7.6)  # latitude, longitude


def _fill(owner) -> list[int]:
    """Assets around one town, some of them with cracks that were seen on several visits."""
    from assets.models import Defect
    from tests import factories

    organisation = owner.memberships.get().organisation
    cracked = []
    for n in range(ASSETS):
        asset = factories.make_asset(
            organisation,
            name=f"Structure {n}",
            kind=("bridge", "dam", "tunnel", "building")[n % 4],
            latitude=CENTRE[0] + (n * 37 % ASSETS) / 100,
            longitude=CENTRE[1] + (n * 23 % ASSETS) / 80,
        )
        if n < WITH_CRACKS:
            cracked.append(asset)
    for asset in cracked:
        element = factories.make_element(asset)
        for visit in range(VISITS):
            walk = factories.make_inspection(asset, element=element)
            photo = factories.make_photo(walk, by=owner)
            widths = [0.1 + 0.07 * crack + 0.02 * visit for crack in range(CRACKS)]
            cracks = Defect.objects.filter(element=element).order_by("number")
            match = _match(element, cracks, registered=visit > 0)
            factories.analyse(photo, *widths, at=f"20{22 + visit}-05-20T10:00:00", match=match)
    return [asset.pk for asset in cracked]


def _match(element, cracks, *, registered: bool):
    """The lines are the element's cracks in their order; in the words of either tree."""
    from assets.models import Analysis
    from assets.services.records import MatchProposal

    if hasattr(element, "views_version"):
        element.refresh_from_db()
        basis = element.views_version
    else:
        basis = list(Analysis.objects.values_list("pk", flat=True))
    pairs = {ordinal: crack.pk for ordinal, crack in enumerate(cracks)}
    return MatchProposal(basis=basis, registered=registered, pairs=pairs)


def _session_of(user) -> str:
    """The key of a session of that person, as signing in makes one."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return session.session_key


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    import django

    from portal import first_run

    # A tree of before makes folder and key as its settings are imported.
    getattr(first_run, "prepare", lambda: None)()
    django.setup()
    from django.core.management import call_command

    from assets.models import Membership, Organisation, User

    call_command("migrate", verbosity=0, interactive=False)
    organisation = Organisation.objects.create(name="Rhine Bridges", slug="bench")
    people = [User.objects.create_user(f"person{n}@bench.example") for n in range(int(sys.argv[1]))]
    for person in people:
        Membership.objects.create(user=person, organisation=organisation, role="owner")
    print(json.dumps({"assets": _fill(people[0]), "sessions": [_session_of(p) for p in people]}))


if __name__ == "__main__":
    main()
