"""Secrets are sealed with a key outside the database, bound to their row, and shown to nobody."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import secrets
import stat
import threading
import traceback

import pytest
import structlog
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, connection, transaction

from assets.errors import DomainError
from assets.models import Event, Secret
from assets.services import secret_keys, secret_store
from assets.services.secret_store import (
    forget_secret,
    get_secret,
    masked,
    put_secret,
    rotate,
    standings,
)
from tests.threads import at_once

pytestmark = pytest.mark.django_db

TEXT = "correct horse battery staple"
NAME = "oidc.client_secret"


@pytest.fixture(autouse=True)
def _a_folder_of_its_own(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "data"
    settings.SECRET_STORE_KEYS = []


def opened(name=NAME, **of):
    found = get_secret(name, **of)
    return found and found.reveal()


def test_what_was_put_comes_back_and_stands_nowhere_in_the_clear(ada, organisation):
    put_secret(NAME, TEXT)
    put_secret("webhook.key", TEXT, organisation=organisation, actor=ada)

    assert opened() == TEXT
    assert opened("webhook.key", organisation=organisation) == TEXT
    assert opened("webhook.key") is None
    assert opened(organisation=organisation) is None
    for row in Secret.objects.all():
        assert TEXT.encode() not in bytes(row.ciphertext)
    sealed = {bytes(row.ciphertext) for row in Secret.objects.all()}
    assert len(sealed) == 2, "the same text looks different each time"


def test_the_key_is_a_file_for_its_owner_only(settings):
    put_secret(NAME, TEXT)
    path = secret_keys.key_file()

    assert path.parent == settings.DATA_DIR
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [child.name for child in path.parent.iterdir()] == ["secret_store_key"]


@pytest.mark.django_db(transaction=True)
def test_processes_that_start_at_once_make_one_key():
    found = at_once(*[secret_keys.sealing_key] * 12)
    assert len({key.bytes for key in found}) == 1
    assert secret_keys.all_keys() == found[:1]


def test_a_ciphertext_moved_to_another_row_does_not_open(organisation, other_organisation):
    ours = put_secret("camera.password", TEXT, organisation=organisation)
    theirs = put_secret("camera.password", "x", organisation=other_organisation)
    other_name = put_secret("webhook.key", "x", organisation=organisation)
    of_all = put_secret("camera.password", "x")
    for row in (theirs, other_name, of_all):
        row.ciphertext = ours.ciphertext
        row.save()

    assert opened("camera.password", organisation=organisation) == TEXT
    for name, owner in (
        ("camera.password", other_organisation),
        ("webhook.key", organisation),
        ("camera.password", None),
    ):
        with pytest.raises(DomainError) as refused:
            get_secret(name, organisation=owner)
        assert refused.value.code == "secret_damaged"
        assert "set_secret" in refused.value.hint


@pytest.mark.parametrize("damage", [b"", b"\x01", b"\x02" + bytes(60), b"\x01" + bytes(60)])
def test_a_damaged_row_is_a_sentence(damage):
    row = put_secret(NAME, TEXT)
    row.ciphertext = damage
    row.save()
    with pytest.raises(DomainError, match="changed or moved") as refused:
        get_secret(NAME)
    assert refused.value.code == "secret_damaged"


def test_a_lost_key_is_a_sentence_with_two_ways_out():
    put_secret(NAME, TEXT)
    path = secret_keys.key_file()
    kept = path.read_bytes()
    path.unlink()

    with pytest.raises(DomainError) as refused:
        get_secret(NAME)
    assert refused.value.code == "secret_key_missing"
    assert str(path) in refused.value.hint
    assert f"set_secret {NAME}" in refused.value.hint
    assert "backup" in refused.value.hint
    assert not path.exists(), "asking makes no new key"
    assert [bool(row.trouble) for row in standings()] == [True]

    path.write_bytes(kept)
    assert opened() == TEXT
    path.unlink()
    put_secret(NAME, "another")
    assert opened() == "another"


@pytest.mark.parametrize("content", ["", "not a key", "AAAA", "é" * 43])
def test_a_key_file_that_holds_no_key_is_a_sentence(content):
    put_secret(NAME, TEXT)
    secret_keys.key_file().write_text(content)
    for attempt in (lambda: get_secret(NAME), lambda: put_secret(NAME, "x"), rotate):
        with pytest.raises(DomainError) as refused:
            attempt()
        assert refused.value.code == "secret_key_unreadable"
        assert content == "" or content not in str(refused.value)


def test_a_folder_that_cannot_be_written_is_a_sentence(settings, tmp_path):
    (tmp_path / "file").write_text("in the way")
    settings.DATA_DIR = tmp_path / "file" / "data"
    with pytest.raises(DomainError):
        put_secret(NAME, TEXT)
    assert not Secret.objects.exists()


@pytest.mark.parametrize(
    ("name", "text", "field"),
    [
        ("", TEXT, "name"),
        ("Großes Geheimnis", TEXT, "name"),
        ("a" * 81, TEXT, "name"),
        (NAME, "", "text"),
        (NAME, "x" * 70_000, "text"),
        (NAME, "\udcff", "text"),
    ],
)
def test_what_cannot_be_kept(name, text, field):
    with pytest.raises(DomainError) as refused:
        put_secret(name, text)
    assert refused.value.field == field
    assert TEXT not in str(refused.value)
    assert not Secret.objects.exists()


def test_a_name_is_there_once_also_without_an_organisation(organisation):
    put_secret(NAME, TEXT)
    put_secret(NAME, "again")
    assert Secret.objects.count() == 1
    put_secret(NAME, TEXT, organisation=organisation)
    for owner in (None, organisation):
        with pytest.raises(IntegrityError), transaction.atomic():
            Secret.objects.create(organisation=owner, name=NAME, ciphertext=b"", key_id="")


def test_the_ledger_says_who_set_and_forgot_it_and_not_what(ada, organisation):
    put_secret("webhook.key", TEXT, organisation=organisation, actor=ada)
    put_secret("webhook.key", "other words", organisation=organisation, actor=ada)
    assert forget_secret("webhook.key", organisation=organisation, actor=ada)
    assert not forget_secret("webhook.key", organisation=organisation, actor=ada)
    put_secret(NAME, TEXT, actor=ada)

    told = list(Event.objects.values_list("verb", "person__label", "before", "after"))
    name = {"name": "webhook.key"}
    assert told == [
        ("secret.set", ada.email, None, name),
        ("secret.set", ada.email, name, name),
        ("secret.forgotten", ada.email, name, None),
    ]


def test_pages_show_only_since_when():
    assert masked(NAME) == "not set"
    put_secret(NAME, TEXT)
    assert masked(NAME).startswith("set on ")
    assert not any(word in masked(NAME) for word in TEXT.split())


class TestAnOpenedSecretShowsItselfNowhere:
    """In none of the ways by which values get into logs, pages and messages."""

    def test_as_text(self):
        secret = secret_store.SecretText(TEXT)
        shown = [
            str(secret),
            repr(secret),
            f"{secret} {secret!r} {secret!s}",
            "%s" % secret,  # noqa: UP031
            repr([secret]),
            repr({"secret": secret}),
            json.dumps({"secret": secret}, default=str),
        ]
        assert not any(TEXT in text for text in shown)
        assert not hasattr(secret, "__dict__")

    def test_it_is_neither_copied_nor_serialised(self):
        secret = secret_store.SecretText(TEXT)
        for attempt in (pickle.dumps, copy.copy, copy.deepcopy, json.dumps):
            with pytest.raises(TypeError):
                attempt(secret)
        with pytest.raises(TypeError):
            json.dumps(secret, cls=DjangoJSONEncoder)

    @pytest.mark.parametrize(
        "renderer",
        [structlog.processors.JSONRenderer(), structlog.dev.ConsoleRenderer(colors=False)],
    )
    def test_in_log_lines(self, renderer):
        line = renderer(None, "info", {"event": "x", "secret": secret_store.SecretText(TEXT)})
        assert TEXT not in line

    def test_in_tracebacks_with_the_values_of_variables(self):
        secret = secret_store.SecretText(TEXT)
        try:
            raise ValueError(secret)
        except ValueError as error:
            told = traceback.TracebackException.from_exception(error, capture_locals=True)
        assert "secret" in "".join(told.format())
        assert TEXT not in "".join(told.format())

    def test_keys_do_not_either(self):
        key = secret_keys.new_key()
        assert key.text() not in repr(key)
        assert repr(key.bytes) not in repr(key)


def test_nothing_of_it_is_logged(caplog, organisation, ada):
    caplog.set_level(logging.DEBUG)
    put_secret(NAME, TEXT)
    put_secret("webhook.key", TEXT, organisation=organisation, actor=ada)
    get_secret(NAME)
    rotate()
    forget_secret(NAME)
    assert "secret_set" in caplog.text
    assert TEXT not in caplog.text
    for key in secret_keys.all_keys():
        assert key.text() not in caplog.text


class TestRotation:
    def test_everything_is_sealed_with_a_new_key_and_the_old_one_goes(self, organisation):
        put_secret(NAME, TEXT)
        put_secret("webhook.key", "other", organisation=organisation)
        (old,) = secret_keys.all_keys()

        done = rotate()

        (new,) = secret_keys.all_keys()
        assert new != old
        assert (done.key_id, done.resealed, done.as_before, done.lost) == (new.id, 2, 0, ())
        assert set(Secret.objects.values_list("key_id", flat=True)) == {new.id}
        assert (opened(), opened("webhook.key", organisation=organisation)) == (TEXT, "other")

    @pytest.mark.parametrize("step", ["first write", "reseal", "second write"])
    def test_cut_off_anywhere_everything_opens_and_the_next_one_ends_it(self, monkeypatch, step):
        put_secret(NAME, TEXT)
        (old,) = secret_keys.all_keys()
        write, reseal = secret_keys.write_keys, secret_store._reseal
        writes = iter(["first write", "second write"])

        def cut_write(kept):
            if next(writes) == step:
                raise KeyboardInterrupt
            write(kept)

        def cut_reseal():
            done = reseal()
            if step == "reseal":
                raise KeyboardInterrupt
            return done

        with monkeypatch.context() as patched:
            patched.setattr(secret_keys, "write_keys", cut_write)
            patched.setattr(secret_store, "_reseal", cut_reseal)
            with pytest.raises(KeyboardInterrupt):
                rotate()
        assert opened() == TEXT
        started = secret_keys.all_keys()

        rotate()

        assert opened() == TEXT
        assert len(secret_keys.all_keys()) == 1
        assert old not in secret_keys.all_keys()
        if len(started) == 2:
            assert secret_keys.all_keys() == started[:1], "it went on with the key of the first try"

    def test_what_no_key_opens_is_named_and_kept(self):
        put_secret("lost.one", "x")
        secret_keys.key_file().unlink()
        put_secret(NAME, TEXT)
        before = bytes(Secret.objects.get(name="lost.one").ciphertext)

        done = rotate()

        assert (done.resealed, done.lost) == (1, ("lost.one",))
        assert bytes(Secret.objects.get(name="lost.one").ciphertext) == before
        assert opened() == TEXT

    def test_a_key_that_still_seals_something_never_leaves_the_file(self):
        damaged = put_secret("damaged", "x")
        damaged.ciphertext = b"\x01broken"
        damaged.save()
        (old,) = secret_keys.all_keys()
        rotate()
        assert old in secret_keys.all_keys()

    def test_keys_of_the_environment(self, settings):
        put_secret(NAME, TEXT)
        (of_file,) = secret_keys.all_keys()
        one, two = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        settings.SECRET_STORE_KEYS = [one]
        assert opened() == TEXT, "the file's key still opens"

        done = rotate()
        assert (done.resealed, done.spare) == (1, (of_file.id,))
        secret_keys.key_file().unlink()
        assert opened() == TEXT

        settings.SECRET_STORE_KEYS = [two, one]
        done = rotate()
        assert (done.resealed, done.spare) == (1, (secret_keys.read_key(one, "here").id,))
        settings.SECRET_STORE_KEYS = [two]
        assert opened() == TEXT
        assert not secret_keys.key_file().exists()

    @pytest.mark.django_db(transaction=True)
    def test_while_others_write_nothing_is_lost(self):
        names = [f"camera.{number}" for number in range(4)]
        over = threading.Event()

        def write(name):
            def run():
                count = 0
                while not over.is_set():
                    count += 1
                    put_secret(name, f"{name} {count}")
                    assert opened(name) == f"{name} {count}"
                return count

            return run

        def turn():
            try:
                for _ in range(6):
                    rotate()
            finally:
                over.set()

        counts = at_once(*map(write, names), turn)
        for name, count in zip(names, counts, strict=False):
            assert opened(name) == f"{name} {count}"
        assert len(secret_keys.all_keys()) == 1

    @pytest.mark.django_db(transaction=True)
    def test_two_at_once(self):
        put_secret(NAME, TEXT)
        at_once(*[rotate] * 4)
        assert opened() == TEXT
        assert len(secret_keys.all_keys()) == 1


@pytest.mark.django_db(transaction=True)
def test_a_rotation_commits_durably_on_sqlite():
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL does so anyway.")
    put_secret(NAME, TEXT)
    rotate()
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA synchronous").fetchone() == (2,)
