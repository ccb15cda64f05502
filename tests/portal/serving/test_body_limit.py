"""Bodies that are too large, or a stranger's, are refused before anything is written to disk."""

import asyncio
import errno
import http.client
import json
import socket

import pytest

from portal.api.authentication import issue_token
from portal.serving.body_limit import FORM_OVERHEAD_BYTES, SMALL_BYTES, BodyLimit
from portal.serving.upload_places import UploadPlaces
from tests.portal.test_live import cookie_of
from tests.processes import running_site

LIMIT = 1000
TOO_MUCH = LIMIT + FORM_OVERHEAD_BYTES + 1
MEGABYTE = 1_000_000


def http_scope(path="/api/v1/photos/", length=None):
    headers = [] if length is None else [(b"content-length", str(length).encode())]
    return {"type": "http", "path": path, "headers": headers}


async def known(scope):
    return "ida"


async def nobody(scope):
    return None


def plenty():
    return UploadPlaces(in_all=9, per_person=9)


async def answer(application, scope, chunks=(b"",), sender_of=known, places=None):
    """Status and body of what ``application`` answers, behind the limit."""
    sent, incoming = [], list(chunks)

    async def receive():
        body = incoming.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(incoming)}

    async def send(message):
        sent.append(message)

    limit = BodyLimit(
        application, max_file_bytes=LIMIT, places=places or plenty(), sender_of=sender_of
    )
    await limit(scope, receive, send)
    return sent[0]["status"], sent[1]["body"]


async def reads_all(scope, receive, send):
    """An application that reads its body and says how long it was."""
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length += len(message["body"])
        if not message["more_body"]:
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(length).encode()})


async def never_called(scope, receive, send):
    raise AssertionError("the application must not see this request")


async def test_an_announced_length_is_refused_unread():
    status, body = await answer(never_called, http_scope(length=TOO_MUCH))
    problem = json.loads(body)
    assert status == problem["status"] == 413
    assert problem["code"] == "too_large"
    assert problem["hint"]


async def test_outside_the_api_it_is_a_sentence():
    status, body = await answer(never_called, http_scope("/inspections/1/", length=TOO_MUCH))
    assert status == 413
    assert b"limit for one photo" in body


async def test_a_body_of_unknown_length_is_counted():
    half = b"x" * (TOO_MUCH // 2 + 1)
    status, _ = await answer(reads_all, http_scope(), [half, half, b"never read"])
    assert status == 413


async def test_a_body_at_the_limit_passes():
    whole = TOO_MUCH - 1
    status, body = await answer(reads_all, http_scope(length=whole), [b"x" * whole])
    assert (status, body) == (200, str(whole).encode())


async def test_a_full_disk_is_said():
    async def no_room(scope, receive, send):
        raise OSError(errno.ENOSPC, "No space left on device")

    status, body = await answer(no_room, http_scope())
    assert status == 507
    assert json.loads(body)["code"] == "disk_full"


async def test_other_failures_are_not_swallowed():
    async def broken(scope, receive, send):
        raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(OSError, match="Input/output"):
        await answer(broken, http_scope())


async def test_a_strangers_large_body_is_refused_unread():
    length = SMALL_BYTES + 1
    status, body = await answer(never_called, http_scope(length=length), sender_of=nobody)
    problem = json.loads(body)
    assert status == problem["status"] == 401
    assert problem["code"] == "not_authenticated"


async def test_a_strangers_body_of_unknown_length_ends_where_a_form_would():
    chunks = [b"x" * SMALL_BYTES, b"x", b"never read"]
    status, _ = await answer(reads_all, http_scope(), chunks, sender_of=nobody)
    assert status == 401


async def test_a_strangers_form_passes():
    form = b"x" * SMALL_BYTES
    status, _ = await answer(reads_all, http_scope(length=len(form)), [form], sender_of=nobody)
    assert status == 200


async def test_a_database_that_is_away_is_said_so():
    async def away(scope):
        raise OSError("no connection")

    status, body = await answer(never_called, http_scope(length=SMALL_BYTES + 1), sender_of=away)
    assert status == 503
    assert json.loads(body)["code"] == "database_unavailable"


@pytest.mark.parametrize(
    ("in_all", "per_person", "status"), [(9, 1, 429), (1, 9, 503)], ids=["person", "all"]
)
async def test_only_so_many_come_in_at_a_time(in_all, per_person, status):
    places = UploadPlaces(in_all=in_all, per_person=per_person, wait_s=0.2)
    here, go_on = asyncio.Event(), asyncio.Event()

    async def slow(scope, receive, send):
        here.set()
        await go_on.wait()
        await reads_all(scope, receive, send)

    body = b"x" * (SMALL_BYTES + 1)
    scope = http_scope(length=len(body))
    first = asyncio.create_task(answer(slow, scope, [body], places=places))
    await here.wait()
    refused, said = await answer(never_called, scope, [body], places=places)
    assert (refused, json.loads(said)["code"]) == (status, "too_many_uploads")

    waiting = asyncio.create_task(answer(reads_all, scope, [body], places=places))
    await asyncio.sleep(0.05)
    go_on.set()
    assert (await first)[0] == (await waiting)[0] == 200
    assert (await answer(reads_all, scope, [body], places=places))[0] == 200


@pytest.mark.django_db(transaction=True)
def test_with_a_real_server_the_client_gets_to_read_the_answer(ines):
    sign = {"Cookie": cookie_of(ines)}
    with running_site(PHOTO_MAX_BYTES="100000") as site:
        client = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
        address = "/api/v1/inspections/1/photos/"
        client.request("POST", address, body=b"x" * 8 * MEGABYTE, headers=sign)
        response = client.getresponse()
        assert response.status == 413
        assert json.loads(response.read())["code"] == "too_large"
        chunks = (b"x" * 65536 for _ in range(40))
        client.request("POST", "/photos/", body=chunks, encode_chunked=True, headers=sign)
        assert client.getresponse().status == 413


@pytest.mark.django_db(transaction=True)
def test_with_a_real_server_strangers_are_not_read(ines):
    key, token = issue_token(user=ines)
    with running_site() as site:

        def status(**headers):
            client = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
            body = b"x" * 20 * MEGABYTE
            client.request("POST", "/api/v1/inspections/1/photos/", body=body, headers=headers)
            response = client.getresponse()
            response.read()
            return response.status

        assert status() == 401
        assert status(Authorization="Token hl_made-up") == 401
        assert status(Cookie="sessionid=made-up") == 401
        assert status(Authorization=f"Token {key}") not in (401, 413, 500)
        assert status(Cookie=cookie_of(ines)) not in (401, 413, 500)
        token.user.is_active = False
        token.user.save()
        assert status(Authorization=f"Token {key}") == 401


@pytest.mark.django_db(transaction=True)
def test_who_asks_before_sending_is_told_no_without_a_byte():
    head = (
        "POST /api/v1/inspections/1/photos/ HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Length: 90000000\r\nExpect: 100-continue\r\n\r\n"
    )
    with running_site() as site, socket.create_connection(("127.0.0.1", site.port), 10) as client:
        client.sendall(head.encode())
        said = b""
        while chunk := client.recv(65536):
            said += chunk
    assert said.startswith(b"HTTP/1.1 401 ")
    assert b"100 Continue" not in said
