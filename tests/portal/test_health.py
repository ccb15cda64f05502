"""Health, readiness and metrics: what each says when something is missing."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from assets.models import WorkerHeartbeat
from assets.models.worker import OFFICE
from assets.services.heartbeat import beat
from portal import health
from tests import factories


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    """Each test looks for itself, and leaves no look behind."""
    monkeypatch.setattr(health._Kept, "body", {})
    monkeypatch.setattr(health._Kept, "until_s", 0.0)


def test_alive_touches_no_database(client, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_ready_with_workers(client, db):
    beat(name="worker-1", device="CPU")
    beat(name="office-1", device="office", room=OFFICE)
    answer = client.get("/readyz")
    assert answer.status_code == 200, answer.json()
    body = answer.json()
    assert body["checks"] == {"database": "ok", "migrations": "ok", "storage": "ok"}
    assert body["problems"] == body["warnings"] == {}
    assert "no-store" in answer["Cache-Control"]


def test_one_look_answers_all_who_ask_within_two_seconds(client, db, monkeypatch):
    looks = []
    monkeypatch.setitem(health.NEEDED, "storage", lambda: looks.append(1) or "")
    now = [100.0]
    monkeypatch.setattr(health.time, "monotonic", lambda: now[0])
    for _ in range(3):
        assert client.get("/readyz").status_code == 200
    assert len(looks) == 1
    now[0] += health.KEPT_S
    client.get("/readyz")
    assert len(looks) == 2


def test_who_asks_during_a_look_gets_the_last_one(client, db, monkeypatch):
    body = client.get("/readyz").json()
    monkeypatch.setattr(health._Kept, "until_s", 0.0)
    monkeypatch.setitem(health.NEEDED, "storage", lambda: pytest.fail("a second look"))
    with health._Kept.looking:
        assert client.get("/readyz").json() == body


def test_no_worker_is_a_warning(client, db):
    beat(name="worker-1", device="CPU")
    WorkerHeartbeat.objects.update(seen_at=timezone.now() - dt.timedelta(minutes=3))
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert "No analysis worker" in answer.json()["warnings"]["worker"]


def test_no_broker_is_a_warning(client, db, settings, monkeypatch):
    settings.EMBEDDED_QUEUE = False
    settings.BROKER_URL = "redis://:secret@127.0.0.1:1/0"

    class Unreachable:
        def connection_for_write(self, **options):
            raise OSError("refused")

    monkeypatch.setattr(health, "current_app", Unreachable())
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert "(redis) does not answer" in answer.json()["warnings"]["broker"]
    assert "secret" not in answer.content.decode()


def test_unapplied_migrations_are_named(client, db):
    last = MigrationRecorder.Migration.objects.filter(app="portal").latest("pk")
    last.delete()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert f"portal.{last.name}" in answer.json()["problems"]["migrations"]


def test_a_storage_that_cannot_be_written(client, db, settings, tmp_path):
    blocked = tmp_path / "file-in-the-way"
    blocked.write_text("")
    settings.MEDIA_ROOT = blocked
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "data folder" in answer.json()["problems"]["storage"]


def test_a_database_that_does_not_answer(client, db, monkeypatch):
    class Silent:
        def cursor(self):
            raise DatabaseError("connection refused")

    monkeypatch.setattr(health, "connection", Silent())
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert set(answer.json()["problems"]) >= {"database"}


def test_figures_for_the_machine_itself(client, visit):
    factories.make_photo(visit)
    factories.analyse(factories.make_photo(visit), 0.4)
    text = client.get("/metrics").content.decode()
    assert 'hairline_photos{state="queued"} 1.0' in text
    assert 'hairline_photos{state="done"} 1.0' in text
    assert 'hairline_photos{state="failed"} 0.0' in text
    assert 'hairline_queue_length{priority="person"} 1.0' in text
    assert 'hairline_queue_length{priority="backlog"} 0.0' in text
    assert "hairline_alerts_unacknowledged 1.0" in text
    assert "hairline_workers_alive 0.0" in text


def test_the_age_of_the_oldest_waiting_photo(client, visit):
    photo = factories.make_photo(visit)
    type(photo).objects.filter(pk=photo.pk).update(queued_at=timezone.now() - dt.timedelta(hours=1))
    text = client.get("/metrics").content.decode()
    line = next(row for row in text.splitlines() if row.startswith("hairline_queue_oldest_seconds"))
    assert float(line.split()[-1]) == pytest.approx(3600, abs=30)


@pytest.mark.parametrize(
    "more", [{"REMOTE_ADDR": "192.0.2.9"}, {"HTTP_X_FORWARDED_FOR": "203.0.113.5"}]
)
def test_figures_are_closed_to_others(client, alice, settings, more):
    settings.METRICS_TOKEN = "scraper's own"
    assert client.get("/metrics", **more).status_code == 403
    client.force_login(alice)
    assert client.get("/metrics", **more).json()["code"] == "metrics_closed"
    wrong = client.get("/metrics", HTTP_AUTHORIZATION="Bearer guess", **more)
    assert wrong.status_code == 403
    right = client.get("/metrics", HTTP_AUTHORIZATION="Bearer scraper's own", **more)
    assert right.status_code == 200
    alice.is_staff = True
    alice.save()
    assert client.get("/metrics", **more).status_code == 200
