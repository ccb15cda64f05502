"""Every address of the site, and every form on its pages, given what nobody means to send.

Addresses, fields and query parameters are found by looking, not listed: a new page is tried as it
is. Nothing may end in a 500, HEAD is answered as GET, and what a signed-in person sees is private.
"""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, get_resolver, resolve, reverse
from django.urls.converters import IntConverter

from tests.portal.test_access_table import world  # noqa: F401

pytestmark = [pytest.mark.long, pytest.mark.timeout(800)]  # thousands of requests

BEYOND = str(2**63)
LONG = "9" * 5000
NOT_NUMBERS = ["²", "٣", LONG, BEYOND, "-1", "0", "1e400", "nan", " 7 "]
NOT_TEXTS = [
    "a\0b",
    "x" * 30_000,
    "%s %(n)d {0}",
    "<script>",
    "'; --",
    "../../etc/passwd",
    "\r\nX: 1",
]
HOSTILE = ["²", LONG, BEYOND, "-1", "1e400", "nan", "a\0b", "x" * 30_000, "%s%(n)d{0}'; --"]
WORST = ["²", BEYOND, "x" * 30_000]
# Bytes that no text encodes to: half of a surrogate pair, a broken sequence, an escaped NUL.
HOSTILE_BYTES = ["%ED%A0%80", "%FF%FE", "%00", "%C0%80"]
ASKS = re.compile(r'(?:GET|POST)(?:\.get(?:list)?\(|\[)\s*"(\w+)"')
# They show no one's data, and are asked for anew each time.
NOT_PRIVATE = {"planner-worker", "api-schema"}


@dataclass
class Form(HTMLParser):
    """One form of a page: where it goes, and what it holds when the page comes."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class Forms(HTMLParser):
    """The POST forms of a page."""

    def __init__(self, here: str) -> None:
        super().__init__()
        self.here, self.found = here, []
        self.form: Form | None = None
        self.select = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("method", "").lower() == "post":
            self.form = Form(given.get("action") or self.here)
            self.found.append(self.form)
        elif self.form is None:
            return
        elif tag in ("input", "textarea", "select") and given.get("name"):
            self.select = given["name"] if tag == "select" else ""
            unticked = given.get("type") in ("radio", "checkbox") and "checked" not in given
            if not unticked and given.get("type") != "file":
                self.form.fields[given["name"]] = given.get("value", "")
        elif (
            tag == "option"
            and self.select
            and ("selected" in given or not self.form.fields[self.select])
        ):
            self.form.fields[self.select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        elif tag == "select":
            self.select = ""


@dataclass(frozen=True)
class Address:
    """One URL pattern, with an address that leads to something where there is such."""

    name: str
    numbers: tuple[str, ...]
    texts: tuple[str, ...]
    view: Any

    def at(self, number: Any, text: str = "none") -> str | None:
        named = {**dict.fromkeys(self.numbers, number), **dict.fromkeys(self.texts, text)}
        try:
            return reverse(self.name, kwargs=named or None)
        except NoReverseMatch:
            return None

    @property
    def asks_for(self) -> set[str]:
        """Names of query parameters and fields that the view's module reads."""
        view = inspect.unwrap(getattr(self.view, "view_class", self.view))
        module = inspect.getmodule(view)
        own = module is not None and module.__name__.startswith("portal.")
        return set(ASKS.findall(inspect.getsource(module))) if own else set()


def addresses(patterns: Any = None, space: str = "", inherited: Any = ()) -> Iterator[Address]:
    """All of them, the API's and the sign-in pages' too."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        here = [*inherited, one.pattern]
        if not isinstance(one, URLPattern):
            inner = f"{space}{one.namespace}:" if one.namespace else space
            yield from addresses(one.url_patterns, inner, here)
            continue
        numbers, texts = [], []
        for pattern in here:
            for name, converter in pattern.converters.items():
                (numbers if isinstance(converter, IntConverter) else texts).append(name)
            texts += [name for name in pattern.regex.groupindex if name not in (*numbers, *texts)]
        yield Address(f"{space}{one.name}", tuple(numbers), tuple(texts), one.callback)


class Visitor:
    """Somebody who may do everything; each request finds the world as it was."""

    def __init__(self, user: Any) -> None:
        self.client = Client(raise_request_exception=False)
        self.client.force_login(user)
        self.cookies = copy.deepcopy(self.client.cookies)
        self.asked = 0

    def ask(self, method: str, address: str, *sent: Any, **more: Any) -> Any:
        cache.clear()
        self.asked += 1
        with transaction.atomic():
            answer = getattr(self.client, method)(address, *sent, **more)
            if answer.streaming:
                b"".join(answer.streaming_content)
            transaction.set_rollback(True)
        self.client.cookies = copy.deepcopy(self.cookies)
        said = f"{method} {address[:200]} {str(sent)[:300]}: {answer.status_code}"
        assert answer.status_code < 500, said
        return answer


@pytest.fixture
def visitor(world: dict[str, Any], ada: Any) -> Visitor:  # noqa: F811
    return Visitor(ada)


@pytest.fixture
def ids(world: dict[str, Any]) -> list[int]:  # noqa: F811
    """Ids of all rows that there are, the world's first."""
    known = [value for value in world.values() if isinstance(value, int)]
    rows = {
        pk
        for model in apps.get_models()
        for pk in model._default_manager.values_list("pk", flat=True)[:30]
        if isinstance(pk, int)
    }
    return [*dict.fromkeys(known), *sorted(rows - set(known))]


def _first_found(visitor: Visitor, address: Address, ids: list[int]) -> tuple[str, Any] | None:
    """An address that leads to something, and the answer to GET; else what answers 404 or 405."""
    last = None
    for number in ids if address.numbers else [0]:
        path = address.at(number)
        if path is None:
            return None
        last = path, visitor.ask("get", path)
        if last[1].status_code not in (404, 405):
            break
    return last


def test_every_page_and_form_withstands_what_nobody_means_to_send(
    visitor: Visitor, ids: list[int]
) -> None:
    forms: dict[tuple[str, frozenset[str]], Form] = {}
    for address in addresses():
        found = _first_found(visitor, address, ids)
        if found is None:
            continue
        path, answer = found
        if answer.status_code != 405:
            head = visitor.ask("head", path)
            assert (head.status_code, head.content) == (answer.status_code, b""), address.name
            if address.name not in NOT_PRIVATE:
                kept = answer.get("Cache-Control", "")
                assert "private" in kept or "no-store" in kept, address.name
        visitor.ask("options", path)
        visitor.ask("get", f"{path}?none={HOSTILE_BYTES[2]}")
        for name in sorted(address.asks_for):
            for value in HOSTILE:
                visitor.ask("get", path, {name: value})
            for value in HOSTILE_BYTES[:2]:
                visitor.ask("get", f"{path}?{name}={value}")
        for number in [BEYOND, LONG, str(10**30), "0"] if address.numbers else []:
            visitor.ask("get", address.at(number))
        for text in ["\0", "²", "x" * 3000] if address.texts else []:
            if strange := address.at(ids[0], text):
                visitor.ask("get", strange)
        if answer.get("Content-Type", "").startswith("text/html") and not answer.streaming:
            reader = Forms(path)
            reader.feed(answer.content.decode())
            for form in reader.found:
                where = resolve(form.action.partition("?")[0])
                forms.setdefault((str(where.url_name), frozenset(form.fields)), form)
    assert len(forms) > 15
    for form in forms.values():
        for value in HOSTILE:
            visitor.ask("post", form.action, {**form.fields, **dict.fromkeys(form.fields, value)})
        for name in form.fields:
            for value in WORST:  # the other fields are right, so that nothing else is said first
                visitor.ask("post", form.action, {**form.fields, name: value})
        body = "&".join(f"{name}={HOSTILE_BYTES[0]}" for name in form.fields)
        visitor.ask("post", form.action, body, content_type="application/x-www-form-urlencoded")


def test_what_only_takes_posts_withstands_them_too(visitor: Visitor, ids: list[int]) -> None:
    for address in addresses():
        if address.name.startswith("api:"):
            continue
        names = sorted(address.asks_for)
        for number in ids[:12] if address.numbers else [0]:
            path = address.at(number)
            status = visitor.ask("post", path).status_code if path is not None else 405
            if status == 405:
                break
            if status != 404:
                for value in HOSTILE:
                    visitor.ask("post", path, dict.fromkeys(names, value))
                break


def test_headers_and_cookies_that_nobody_means_to_send(visitor: Visitor, world: Any) -> None:  # noqa: F811
    photo = f"/photos/{world['photo']}/original"
    headers = ("Range", "If-Range", "If-None-Match", "HX-Current-URL", "Accept", "Cookie")
    headers += ("Accept-Language", "X-CSRFToken", "Authorization", "Content-Type", "Content-Length")
    ranges = [
        f"bytes=-{LONG}",
        f"bytes={LONG}-",
        f"bytes=0-{LONG}",
        "bytes=²-",
        "bytes=--",
        "Token ²",
    ]
    for value in ["²", LONG, BEYOND, "-1", "x" * 30_000, "%s%(n)d{0}", "", *ranges]:
        for header in headers:
            for path in ("/", photo, "/api/v1/assets/"):
                visitor.ask("get", path, headers={header: value, "HX-Request": "true"})


@pytest.mark.parametrize(
    "cookie",
    [
        'sessionid="' + "\\000" * 12 + '"',
        "sessionid=" + "x" * 4000,
        'csrftoken="\\000"',
        'messages="\\000"',
        "a=b=c;;=;",
    ],
)
def test_a_cookie_that_is_none_of_ours(visitor: Visitor, cookie: str) -> None:
    for path in ("/", "/accounts/login/", "/api/v1/assets/"):
        visitor.client.cookies.clear()
        answer = visitor.ask("get", path, headers={"Cookie": cookie})
        assert answer.status_code in (200, 302, 401)


@pytest.mark.parametrize("charset", ["utf-7", "utf-16", "idna", "raw_unicode_escape", "none"])
@pytest.mark.parametrize(
    "kind",
    ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "application/json"],
)
def test_a_charset_other_than_ours(visitor: Visitor, kind: str, charset: str) -> None:
    for path in ("/account/", "/api/v1/assets/", "/?search=+2AA-"):
        sent = {"data": b"name=+2AA-", "content_type": f"{kind}; charset={charset}"}
        assert visitor.ask("generic", "POST", path, **sent).status_code == 400
