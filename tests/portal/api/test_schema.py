"""The schema is complete, and its page works under the policy: no script inside it."""

from __future__ import annotations

import gzip
import io
import json
import re

import pytest
import yaml
from django.core.management import call_command
from django.urls import get_resolver
from drf_spectacular.generators import SchemaGenerator


@pytest.fixture(scope="module")
def schema() -> str:
    out = io.StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=out)
    return out.getvalue()


def test_the_schema_has_no_warnings_and_every_address(schema):
    named = set(re.findall(r"^  (/api/v1/\S+):$", schema, re.MULTILINE))
    routed = {
        "/api/v1/" + re.sub(r"<\w+:(\w+)>", r"{\1}", str(p.pattern)).replace("{pk}", "{id}")
        for resolver in get_resolver().url_patterns
        if str(resolver.pattern) == "api/v1/"
        for p in resolver.url_patterns
    }
    assert named == routed


def test_every_error_is_a_problem_object_and_says_so(schema):
    """Whatever an operation answers from 400 on has the one media type and the one shape."""
    paths = yaml.safe_load(schema)["paths"]
    operations = [
        (f"{method} {path}", one) for path, each in paths.items() for method, one in each.items()
    ]
    assert len(operations) >= 30
    for name, operation in operations:
        answers = operation["responses"]
        assert {"400", "503"} <= set(answers), name
        assert operation.get("security") == [{}] or {"401", "403"} <= set(answers), name
        if "requestBody" in operation:
            assert {"413", "415", "507"} <= set(answers), name
        for status, answer in answers.items():
            if status >= "400":
                [(kind, content)] = answer["content"].items()
                assert kind == "application/problem+json", (name, status)
                assert content["schema"]["$ref"].endswith("/Problem"), (name, status)
        for parameter in operation.get("parameters", ()):
            typed = parameter["schema"]
            if typed.get("type") == "integer":
                assert {"minimum", "maximum"} <= set(typed), (name, parameter["name"])


def test_the_schema_is_open(client, db):
    answer = client.get("/api/schema/")
    assert answer.status_code == 200
    assert b"/api/v1/auth/token/" in answer.content


def test_the_schema_is_written_once_and_asked_for_by_its_tag(client, db, monkeypatch):
    plain = client.get("/api/schema/")
    as_json = client.get("/api/schema/", HTTP_ACCEPT="application/vnd.oai.openapi+json")
    assert json.loads(as_json.content)["openapi"].startswith("3.")
    assert plain["ETag"] != as_json["ETag"]

    def written_again(*args, **kwargs):
        raise AssertionError("the schema was written before")

    monkeypatch.setattr(SchemaGenerator, "get_schema", written_again)
    assert client.get("/api/schema/?version=7&lang=xx").content == plain.content
    packed = client.get("/api/schema/", HTTP_ACCEPT_ENCODING="gzip, br")
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert client.get("/api/schema/", HTTP_IF_NONE_MATCH=plain["ETag"]).status_code == 304
    assert client.get("/api/schema/", HTTP_IF_NONE_MATCH='"another"').status_code == 200


def test_the_page_loads_no_inline_script(client, db):
    answer = client.get("/api/docs/")
    assert answer.status_code == 200
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    page = answer.content.decode()
    assert "<style" not in page
    assert not re.findall(r"\son\w+=|style=", page)
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == 2
    for attributes, inside in scripts:
        assert inside == ""
        assert re.search(r'src="/', attributes)


def test_its_start_script_is_a_script(client, db):
    page = client.get("/api/docs/").content.decode()
    address = re.findall(r'src="(/api/docs/[^"]*)"', page)[0]
    answer = client.get(address)
    assert answer["Content-Type"].startswith("application/javascript")
    assert b'url: "' in answer.content
