"""The tasks of the analysis workers. Rows hold everything; a ring says only that there is work."""

from __future__ import annotations

import functools
import os
import signal
import sys
from types import FrameType
from typing import Any

import cv2
import structlog
from billiard.exceptions import SoftTimeLimitExceeded
from celery import shared_task, signals
from django.conf import settings
from django.db import Error as DatabaseError

from assets.findings import Finding
from assets.full_disk import is_disk_full
from assets.models import Photo
from assets.services import queue
from assets.services.heartbeat import Beating
from assets.work import places
from assets.work.attempts import fail_attempt
from assets.work.claims import Claim, ClaimLost, release
from assets.work.lease import Lease
from assets.work.sweep import free_the_dead
from inference.bridge import analyse_claimed
from inference.instrument import Instrument
from inference.runtime import ClassificationModel, SegmentationModel
from inference.runtime.registry import find_card, find_screen, load_classifier, load_model

log = structlog.get_logger(__name__)

DEVICE = "CPU"


@shared_task(name="inference.analyse_photo")
def analyse_photo(photo_id: int | None = None) -> None:
    """Claims the photo that is next in line, whichever was rung for, and analyses it.

    A ring that finds nothing waiting does nothing.
    """
    look_for_the_dead()
    claim = queue.claim_photo(places.me())
    if claim is None:
        return
    try:
        with Lease(claim) as lease:
            analyse_claimed(claim, instrument=current_instrument, on_stage=lease.show_stage)
    except ClaimLost:
        log.warning("claim_lost", photo=claim.pk, attempt=claim.attempt)
    except SystemExit:  # told to stop: the photo goes back untried
        release(claim)
        raise
    except SoftTimeLimitExceeded:
        limit_min = settings.CELERY_TASK_SOFT_TIME_LIMIT // 60
        _fail(claim, Finding("too_slow", {"limit_min": limit_min}))
    except MemoryError:
        _fail(claim, Finding("out_of_memory", {"case": "worker"}))
    except Exception as error:
        log.exception("analysis_failed", photo=claim.pk, attempt=claim.attempt)
        if is_disk_full(error):
            _fail(claim, Finding("disk_full"))
        else:
            _fail(claim, Finding("internal_error"))


@functools.cache
def look_for_the_dead() -> None:
    """Once in the life of a process: one that was killed before it may have left a photo behind."""
    free_the_dead(Photo)


def _fail(claim: Claim, why: Finding) -> None:
    try:
        fail_attempt(claim, why)
    except DatabaseError as error:
        # Then the lease runs out, and the sweeper rings for the photo.
        log.warning("failure_not_recorded", photo=claim.pk, error=str(error))


def threads() -> int:
    """Processor threads of one analysis: the setting, else every core this process may use."""
    if settings.ANALYSIS_THREADS > 0:
        return settings.ANALYSIS_THREADS
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def current_instrument() -> Instrument:
    """The instrument of this process, loaded on first use."""
    return Instrument(current_model(), current_screen())


def current_model() -> SegmentationModel:
    """The chosen network, loaded in this process on first use."""
    card = find_card(settings.HAIRLINE_MODEL or None)
    return _loaded(card.name, card.weights().sha256)


def current_screen() -> ClassificationModel | None:
    """The screening network, where it is shipped and wanted, loaded on first use."""
    card = find_screen() if settings.HAIRLINE_SCREEN else None
    return None if card is None else _loaded_screen(card.name, card.weights().sha256)


@functools.lru_cache(maxsize=1)
def _loaded_screen(name: str, sha256: str) -> ClassificationModel:
    log.info("screen_loading", model=name, sha256=sha256[:12])
    return load_classifier(name, threads=threads())


@functools.lru_cache(maxsize=1)
def _loaded(name: str, sha256: str) -> SegmentationModel:
    log.info("model_loading", model=name, sha256=sha256[:12], threads=threads())
    cv2.setNumThreads(threads())
    return load_model(name, threads=threads())


@signals.worker_process_init.connect
def _prepare_child(**_: Any) -> None:
    """A pool process: stops when told to, and never outlives its worker."""
    signal.signal(signal.SIGTERM, _leave)
    die_with_parent()


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def die_with_parent() -> None:
    """On Linux: this process is killed when its parent is gone. Elsewhere the lease is enough."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    pr_set_pdeathsig = 1
    ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGKILL)


def _beating() -> Beating:
    return Beating(device=f"{DEVICE}, {threads()} threads")


_heart: list[Beating] = []


@signals.worker_ready.connect
def _begin_beating(**_: Any) -> None:
    """Says every few seconds that this worker is there, whatever its pool process computes."""
    _heart.append(_beating())
    _heart[0].start()


@signals.worker_shutdown.connect
def _end_beating(**_: Any) -> None:
    for one in _heart:
        one.stop()
