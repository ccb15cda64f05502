"""Bodies that are too large are refused before anything is written to disk."""

import errno
import http.client
import json

import pytest

from portal.body_limit import FORM_OVERHEAD_BYTES, BodyLimit
from tests.processes import running_site

LIMIT = 1000
TOO_MUCH = LIMIT + FORM_OVERHEAD_BYTES + 1


def http_scope(path="/api/v1/photos/", length=None):
    headers = [] if length is None else [(b"content-length", str(length).encode())]
    return {"type": "http", "path": path, "headers": headers}


async def answer(application, scope, chunks=(b"",)):
    """Status and body of what ``application`` answers, behind the limit."""
    sent, incoming = [], list(chunks)

    async def receive():
        body = incoming.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(incoming)}

    async def send(message):
        sent.append(message)

    await BodyLimit(application, max_file_bytes=LIMIT)(scope, receive, send)
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


@pytest.mark.django_db(transaction=True)
def test_with_a_real_server_the_client_gets_to_read_the_answer():
    with running_site(PHOTO_MAX_BYTES="100000") as site:
        client = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
        client.request("POST", "/api/v1/inspections/1/photos/", body=b"x" * 8_000_000)
        response = client.getresponse()
        assert response.status == 413
        assert json.loads(response.read())["code"] == "too_large"
        chunks = (b"x" * 65536 for _ in range(40))
        client.request("POST", "/photos/", body=chunks, encode_chunked=True)
        assert client.getresponse().status == 413
