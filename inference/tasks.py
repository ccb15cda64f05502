"""What the analysis workers run. The argument is one integer; the rows hold everything else."""

from __future__ import annotations

import functools
import os
import signal
import socket
import sys
import threading
from types import FrameType
from typing import Any

import cv2
import structlog
from billiard.exceptions import SoftTimeLimitExceeded
from celery import shared_task, signals
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.utils.translation import gettext as _

from assets.full_disk import is_disk_full
from assets.services import heartbeat, queue
from assets.services.queue import Claim
from inference.bridge import ClaimLost, analyse_claimed
from inference.instrument import Instrument
from inference.lease import Lease
from inference.runtime import ClassificationModel, SegmentationModel
from inference.runtime.registry import find_card, find_screen, load_classifier, load_model

log = structlog.get_logger(__name__)

BEAT_EVERY_S = 5.0
DEVICE = "CPU"


@shared_task(name="inference.analyse_photo")
def analyse_photo(photo_id: int) -> None:
    """Claims the best waiting photo, ``photo_id`` where somebody waits for it, and analyses it.

    A ring for a photo that is done, or held by another worker, does nothing.
    """
    claim = queue.claim(photo_id, worker=worker_name())
    if claim is None:
        return
    try:
        with Lease(claim) as lease:
            analyse_claimed(claim, instrument=current_instrument, on_stage=lease.show_stage)
    except ClaimLost:
        log.warning("claim_lost", photo=claim.photo_id, attempt=claim.attempt)
    except SystemExit:  # told to stop: the photo goes back untried
        queue.release(claim)
        raise
    except SoftTimeLimitExceeded:
        _fail(
            claim,
            code="too_slow",
            reason=_("The analysis took longer than %(minutes)d minutes and was stopped.")
            % {"minutes": settings.CELERY_TASK_SOFT_TIME_LIMIT // 60},
            remedy=_("Send the photo smaller or in parts, or use a faster worker."),
        )
    except MemoryError:
        _fail(
            claim,
            code="out_of_memory",
            reason=_("The worker has too little memory for this photo."),
            remedy=_("Send the photo smaller or in parts, or give the worker more memory."),
        )
    except Exception as error:
        log.exception("analysis_failed", photo=claim.photo_id, attempt=claim.attempt)
        if is_disk_full(error):
            _fail(
                claim,
                code="disk_full",
                reason=_("The worker's disk is full, so the result could not be kept."),
                remedy=_("Have whoever runs the server make room, then press Retry."),
            )
        else:
            _fail(
                claim,
                code="internal_error",
                reason=_("Something went wrong inside the analysis; the worker's log says what."),
                remedy=_("Press Retry. If it happens again, show the log to whoever runs this."),
            )


@shared_task(name="inference.sweep")
def sweep() -> None:
    """Rings again for photos that nobody holds; rung by beat, or by the supervisor's loop."""
    queue.sweep()


def _fail(claim: Claim, *, code: str, reason: str, remedy: str) -> None:
    try:
        queue.fail_attempt(claim, code=code, reason=reason, remedy=remedy)
    except DatabaseError as error:
        # Then the lease runs out, and the sweeper rings for the photo.
        log.warning("failure_not_recorded", photo=claim.photo_id, error=str(error))


def worker_name() -> str:
    """Who claims: host and process, for people who look for a worker."""
    return f"{socket.gethostname()}:{os.getpid()}"


def threads() -> int:
    """Processor threads of one analysis: the setting, else every core this process may use."""
    if settings.ANALYSIS_THREADS > 0:
        return settings.ANALYSIS_THREADS
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def current_instrument() -> Instrument:
    """What this process looks at photos with, loaded on first use."""
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


_over = threading.Event()


@signals.worker_ready.connect
def _begin_beating(**_: Any) -> None:
    """Says every few seconds that this worker is there, whatever its pool process computes."""
    threading.Thread(target=_beat, name="heartbeat", daemon=True).start()


@signals.worker_shutdown.connect
def _end_beating(**_: Any) -> None:
    _over.set()
    try:
        heartbeat.leave(name=worker_name())
    except DatabaseError as error:  # then it counts as alive for half a minute more
        log.warning("goodbye_missed", error=str(error))


def _beat() -> None:
    name = worker_name()
    while True:
        try:
            heartbeat.beat(name=name, device=f"{DEVICE}, {threads()} threads")
        except DatabaseError as error:
            log.warning("heartbeat_missed", error=str(error))
        finally:
            connection.close()
        if _over.wait(BEAT_EVERY_S):
            return
