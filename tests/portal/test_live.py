"""The live socket: who may listen, what is said, how soon."""

import asyncio
import json
import time

import pytest
import websockets
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction

from assets.models import Membership, Organisation, User
from assets.services.ledger import Entry, append_event
from portal import ledger_watch
from portal.asgi import application
from tests.processes import running_site
from tests.services import REDIS_URL, need

pytestmark = pytest.mark.django_db(transaction=True)

ORIGIN = (b"origin", b"http://localhost:8000")


def member(email: str, *organisations: Organisation) -> User:
    user = User.objects.create_user(email, "a long password")
    for organisation in organisations:
        Membership.objects.create(user=user, organisation=organisation, role="inspector")
    return user


def cookie_of(user: User) -> str:
    """What a browser holds after this person has signed in."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def require_factor(organisation: Organisation) -> None:
    Organisation.objects.filter(pk=organisation.pk).update(second_factor_required=True)


def write_entry(organisation: Organisation) -> float:
    """Commits one entry; returns when it was committed."""
    with transaction.atomic():
        append_event(organisation=organisation, entry=Entry("alert.opened", "alert", 1, asset_id=1))
    return time.monotonic()


class Socket(ApplicationCommunicator):
    """A page's end of the socket. (``channels.testing`` needs daphne, which nothing else does.)"""

    def __init__(self, cookie="", origin=ORIGIN, path="/ws/live/"):
        headers = [(b"cookie", cookie.encode()), (b"host", b"localhost:8000")]
        headers += [origin] if origin else []
        scope = {"type": "websocket", "path": path, "query_string": b"", "headers": headers}
        super().__init__(application, scope)

    async def connect(self) -> bool:
        await self.send_input({"type": "websocket.connect"})
        return (await self.receive_output(5))["type"] == "websocket.accept"

    async def hear(self) -> dict:
        return json.loads((await self.receive_output(2))["text"])

    async def leave(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(2)


@pytest.fixture
def dam_owner():
    return Organisation.objects.create(name="Dams", slug="dams")


@pytest.fixture
def road_owner():
    return Organisation.objects.create(name="Roads", slug="roads")


async def test_anonymous_is_refused_before_accept():
    assert not await Socket().connect()


@pytest.mark.parametrize("origin", [None, (b"origin", b"https://elsewhere.example")])
async def test_a_foreign_or_missing_origin_is_refused(origin, dam_owner):
    user = await sync_to_async(member)("ida@dams.example", dam_owner)
    cookie = await sync_to_async(cookie_of)(user)
    assert not await Socket(cookie, origin=origin).connect()


async def test_another_address_is_refused(dam_owner):
    user = await sync_to_async(member)("ida@dams.example", dam_owner)
    cookie = await sync_to_async(cookie_of)(user)
    assert not await Socket(cookie, path="/ws/other/").connect()


async def test_a_member_hears_numbers_and_nothing_else(dam_owner, road_owner):
    user = await sync_to_async(member)("ida@dams.example", dam_owner)
    page = Socket(await sync_to_async(cookie_of)(user))
    assert await page.connect()
    assert await page.hear() == {"seq": 0}
    await sync_to_async(write_entry)(dam_owner)
    assert await page.hear() == {"seq": 1}
    await sync_to_async(write_entry)(road_owner)
    assert await page.receive_nothing(1.2)
    await page.leave()


async def test_a_lost_membership_closes_with_4403(dam_owner):
    user = await sync_to_async(member)("ida@dams.example", dam_owner)
    page = Socket(await sync_to_async(cookie_of)(user))
    await page.connect()
    await page.hear()
    await sync_to_async(user.memberships.all().delete)()
    closing = await page.receive_output(2)
    assert (closing["type"], closing["code"]) == ("websocket.close", 4403)
    await page.leave()


async def test_an_ended_session_closes_with_4401(dam_owner, monkeypatch):
    monkeypatch.setattr(ledger_watch, "SESSIONS_CHECKED_EVERY_S", 0.2)
    user = await sync_to_async(member)("ida@dams.example", dam_owner)
    cookie = await sync_to_async(cookie_of)(user)
    page = Socket(cookie)
    await page.connect()
    await page.hear()
    await sync_to_async(SessionStore(cookie.split("=")[1]).delete)()
    closing = await page.receive_output(2)
    assert (closing["type"], closing["code"]) == ("websocket.close", 4401)
    await page.leave()


def test_a_new_password_ends_the_session(dam_owner):
    user = member("ida@dams.example", dam_owner)
    key = cookie_of(user).split("=")[1]
    assert ledger_watch.why_closed(user.pk, key) is None
    user.set_password("another long password")
    user.save()
    assert ledger_watch.why_closed(user.pk, key) == 4401


async def test_who_lacks_a_required_factor_hears_nothing(dam_owner):
    user = await sync_to_async(member)("ida@dams.example", dam_owner)
    cookie = await sync_to_async(cookie_of)(user)
    await sync_to_async(require_factor)(dam_owner)
    page = Socket(cookie)
    assert await page.connect()
    closing = await page.receive_output(2)
    assert (closing["type"], closing["code"]) == ("websocket.close", 4403)
    await page.leave()


async def test_a_factor_that_becomes_required_closes_with_4403(dam_owner, monkeypatch):
    monkeypatch.setattr(ledger_watch, "SESSIONS_CHECKED_EVERY_S", 0.2)
    user = await sync_to_async(member)("ida@dams.example", dam_owner)
    page = Socket(await sync_to_async(cookie_of)(user))
    await page.connect()
    await page.hear()
    await sync_to_async(require_factor)(dam_owner)
    closing = await page.receive_output(2)
    assert (closing["type"], closing["code"]) == ("websocket.close", 4403)
    await page.leave()


def test_all_sockets_of_a_process_cost_one_query(dam_owner, road_owner, django_assert_num_queries):
    people = [member(f"p{n}@dams.example", dam_owner) for n in range(5)]
    both = member("both@roads.example", dam_owner, road_owner)
    write_entry(dam_owner)
    write_entry(road_owner)
    with django_assert_num_queries(1):
        numbers = ledger_watch.newest_numbers({user.pk for user in [*people, both]})
    assert numbers == {**{user.pk: 1 for user in people}, both.pk: 2}


def test_with_a_real_server(dam_owner, road_owner):
    """Own events within a second of their commit, others' never, strangers not at all."""
    ida, rob = member("ida@dams.example", dam_owner), member("rob@roads.example", road_owner)
    cookies = {user: cookie_of(user) for user in (ida, rob)}
    with running_site() as site:
        asyncio.run(_talk(site, cookies[ida], cookies[rob], dam_owner))


async def _talk(site, idas_cookie, robs_cookie, dam_owner):
    address = f"ws://127.0.0.1:{site.port}/ws/live/"

    def connect(cookie, origin=site.base):
        return websockets.connect(address, origin=origin, additional_headers={"Cookie": cookie})

    for cookie, origin in (("", site.base), (idas_cookie, "https://elsewhere.example")):
        with pytest.raises(websockets.InvalidStatus) as refused:
            await connect(cookie, origin)
        assert refused.value.response.status_code == 403

    async with connect(idas_cookie) as ida, connect(robs_cookie) as rob:
        before = json.loads(await ida.recv())["seq"]
        await rob.recv()
        delays = []
        for number in range(1, 4):
            await asyncio.sleep(0.17 * number)
            committed = await sync_to_async(write_entry)(dam_owner)
            heard = json.loads(await asyncio.wait_for(ida.recv(), 3))
            delays.append(time.monotonic() - committed)
            assert heard == {"seq": before + number}
        assert max(delays) < 1.0
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(rob.recv(), 1.2)


@pytest.mark.services
def test_with_redis_a_page_need_not_wait_for_the_next_round(dam_owner, settings):
    address = need(REDIS_URL)
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [address]},
        }
    }
    cookie = cookie_of(member("ida@dams.example", dam_owner))
    broker = {"REDIS_URL": address, "BROKER_URL": "filesystem://localhost"}
    with running_site(LIVE_POLL_S="20", **broker) as site:
        asyncio.run(_hear_at_once(site, cookie, dam_owner))


async def _hear_at_once(site, cookie, organisation):
    address, headers = f"ws://127.0.0.1:{site.port}/ws/live/", {"Cookie": cookie}
    async with websockets.connect(address, origin=site.base, additional_headers=headers) as page:
        before = json.loads(await page.recv())["seq"]
        await asyncio.sleep(1)  # the site's process has joined the group by then
        await sync_to_async(write_entry)(organisation)
        assert json.loads(await asyncio.wait_for(page.recv(), 5)) == {"seq": before + 1}
