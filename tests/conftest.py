"""Fixtures for all tests: people, organisations, services.

Alice owns the structures, Ines inspects them, Emil engineers, Mia manages, Ada administers; all in
one organisation. Otto is an owner elsewhere and must see nothing of theirs.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from assets.findings import Finding
from assets.findings.checking import check
from assets.models import Asset, Element, Inspection, Organisation, Role, User
from portal.first_run import prepare
from tests import factories

# Whatever a test makes the product find out is looked up in the catalogue as it is made.
Finding.checked_by = check


def pytest_configure() -> None:
    """A test run is an installation, too: its data folder, and its queue."""
    prepare()


@pytest.fixture(autouse=True)
def _media_of_its_own(settings: object, tmp_path: Path) -> None:
    """Stored photos go into the test's own folder."""
    settings.MEDIA_ROOT = tmp_path / "media"  # type: ignore[attr-defined]


@pytest.fixture
def organisation(db: None) -> Organisation:
    return factories.make_organisation("Rhine Bridges")


@pytest.fixture
def other_organisation(db: None) -> Organisation:
    return factories.make_organisation("Somebody Else")


@pytest.fixture
def alice(organisation: Organisation) -> User:
    return factories.make_member(organisation, Role.OWNER, "alice@example.org", "Alice Owner")


@pytest.fixture
def ines(organisation: Organisation) -> User:
    return factories.make_member(organisation, Role.INSPECTOR, "ines@example.org", "Ines Inspector")


@pytest.fixture
def emil(organisation: Organisation) -> User:
    return factories.make_member(organisation, Role.ENGINEER, "emil@example.org", "Emil Engineer")


@pytest.fixture
def mia(organisation: Organisation) -> User:
    return factories.make_member(organisation, Role.MANAGER, "mia@example.org", "Mia Manager")


@pytest.fixture
def ada(organisation: Organisation) -> User:
    return factories.make_member(
        organisation, Role.ADMINISTRATOR, "ada@example.org", "Ada Administrator"
    )


@pytest.fixture
def otto(other_organisation: Organisation) -> User:
    return factories.make_member(
        other_organisation, Role.OWNER, "otto@example.org", "Otto Outsider"
    )


@pytest.fixture
def bridge(organisation: Organisation) -> Asset:
    return factories.make_asset(organisation, code="BR-0417", name="Ahr bridge")


@pytest.fixture
def pier(bridge: Asset) -> Element:
    return factories.make_element(bridge)


@pytest.fixture
def visit(bridge: Asset, pier: Element) -> Inspection:
    """A walk along the pier."""
    return factories.make_inspection(bridge, element=pier)


@pytest.fixture
def rings() -> Callable[[], list[int]]:
    """Reads the embedded broker's folder: ids of the photos rung for since the test began."""
    folder = Path(django_settings.QUEUE_FOLDER) / "messages"
    for left_over in folder.glob("*.msg"):
        left_over.unlink()

    def read() -> list[int]:
        found = []
        for path in sorted(folder.glob("*.msg")):
            message = json.loads(path.read_bytes())
            body = json.loads(b64decode(message["body"]))
            found += body[0]
        return found

    return read


def pytest_itemcollected(item: pytest.Item) -> None:
    """Marks what has imported torch: ``-m "not torch"`` leaves it out where torch is installed."""
    if "torch" in vars(item.getparent(pytest.Module).obj):
        item.add_marker("torch")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order in which parallel processes take files, and a single one runs them.

    Files of long tests come first, so that none of them begins when the others have ended. Browser
    tests come last: Playwright keeps an event loop that others cannot share.
    """
    long_files = {item.path for item in items if item.get_closest_marker("long")}

    def place(item: pytest.Item) -> tuple[bool, bool]:
        return item.get_closest_marker("browser") is not None, item.path not in long_files

    items.sort(key=place)
