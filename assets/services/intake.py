"""Takes in a photo: checks, hashes, stores and queues it. Sending it twice is harmless."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePath
from typing import NoReturn

import structlog
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assets.errors import DomainError
from assets.full_disk import is_disk_full
from assets.models import (
    CapturedAtSource,
    Element,
    Inspection,
    Photo,
    Priority,
    User,
)
from assets.pictures import PictureKind
from assets.services.client_keys import SentKey, sent_key
from assets.services.given_scale import check_distance, check_marker, check_scale
from assets.services.ledger import Entry, append_event
from assets.services.picture_file import identify_picture
from assets.services.scale import set_photo_scale
from assets.work.rings import ring

log = structlog.get_logger(__name__)

FOLDER = "photos"


@dataclass(frozen=True, slots=True)
class Stored:
    """The photo's row, and whether this call made it (False: it was there already)."""

    photo: Photo
    created: bool


def store_photo(
    *,
    inspection: Inspection,
    file: File,
    uploaded_by: User | None,
    original_name: str,
    gsd_mm_per_px: float | None = None,
    distance_m: float | None = None,
    marker_mm: float | None = None,
    marker_family: str = "",
    element: Element | None = None,
    priority: int = Priority.PERSON,  # type: ignore[assignment]  # an IntegerChoices is one
    client_key: str = "",
) -> Stored:
    """Takes one photo in for ``inspection`` and rings for its analysis after commit.

    The same content twice gives the same row; sent again with another scale it is measured again.
    The same key twice gives the same row and changes nothing, whatever has become of it: a photo
    that was rejected or failed meanwhile stays so until somebody has it analysed again.
    The time of capture is the time of upload until a worker has read the picture.

    Args:
        file: anything with ``size``, ``seek`` and ``chunks()``; its name is not trusted.
        gsd_mm_per_px: the photo's own scale, millimetres per pixel, where the sender knows it.
        distance_m: from the camera to the surface, metres, where the sender knows it.
        marker_mm: side of the black squares of a marker card that is not ours, millimetres.
        marker_family: its family; empty: any that is known.
        client_key: made by the sender, see ``assets.services.client_keys``; empty: none.
        element: what it shows; default: the inspection's element, else the whole structure.

    Raises:
        DomainError: ``empty_file``, ``too_large``, ``not_a_picture``, ``unsupported_format``,
            ``truncated``, ``too_many_pixels``, ``invalid_scale``, ``invalid_distance``,
            ``invalid_marker``, ``invalid_key``, ``key_used``, ``element_elsewhere``,
            ``photo_on_other_element``, ``disk_full``, ``storage_unwritable``.
            Nothing is stored then.
    """
    marker_mm, marker_family = check_marker(marker_mm, marker_family)
    said = {
        "gsd_mm_per_px": check_scale(gsd_mm_per_px),
        "distance_m": check_distance(distance_m, None)[0],
        "marker_mm": marker_mm,
        "marker_family": marker_family,
    }
    shown = _element(inspection, element)
    kind = identify_picture(file)
    sha256 = _digest(file)
    named = None if element is None else element.pk
    content = {"inspection": inspection.pk, "sha256": sha256, "element": named, **said}
    sent = sent_key(client_key, user=uploaded_by, kind="photo", content=content)
    existing = Photo.objects.filter(inspection=inspection, sha256=sha256).first()
    if existing is not None:
        return _again(existing, element, said, uploaded_by, sent)

    name = _write(file, kind)
    try:
        photo = _insert(
            inspection=inspection,
            element=shown,
            sha256=sha256,
            file=name,
            original_name=_clean_name(original_name),
            format=kind.format,
            size_bytes=file.size,
            uploaded_by=uploaded_by,
            priority=priority,
            sent=sent,
            **said,
        )
    except IntegrityError:
        # The same photo or key came in twice at the same moment: the other one was first. Or the
        # key came in long ago, with something else.
        _remove(name)
        if sent is not None:
            sent.stands_for()
        existing = Photo.objects.filter(inspection=inspection, sha256=sha256).first()
        if existing is None:
            raise
        return _again(existing, element, said, uploaded_by, sent)
    except OperationalError as error:
        _remove(name)
        if is_disk_full(error):
            _refuse_disk_full(error)
        raise
    except BaseException:
        _remove(name)
        raise
    return Stored(photo, created=True)


def _insert(
    *,
    inspection: Inspection,
    uploaded_by: User | None,
    sent: SentKey | None,
    **fields: object,
) -> Photo:
    with transaction.atomic():
        now = timezone.now()
        photo = Photo.objects.create(
            organisation_id=inspection.asset.organisation_id,
            inspection=inspection,
            uploaded_by=uploaded_by,
            queued_at=now,
            rung_at=now,
            captured_at=now,
            captured_at_source=CapturedAtSource.UPLOAD,
            **fields,
        )
        if sent is not None:
            sent.keep(organisation=inspection.asset.organisation_id, photo=photo)
        ring(Photo, photo.pk)
        append_event(
            organisation=inspection.asset.organisation_id,
            entry=Entry(
                "photo.stored",
                "photo",
                photo.pk,
                after={
                    "inspection": inspection.pk,
                    "sha256": photo.sha256,
                    "size_bytes": photo.size_bytes,
                    "gsd_mm_per_px": photo.gsd_mm_per_px,
                    "distance_m": photo.distance_m,
                    "marker_mm": photo.marker_mm,
                },
                asset_id=inspection.asset_id,
            ),
            actor=uploaded_by,
        )
    return photo


def _again(
    photo: Photo,
    element: Element | None,
    said: Mapping[str, float | str | None],
    actor: User | None,
    sent: SentKey | None,
) -> Stored:
    if sent is not None and sent.stands_for() is not None:
        return Stored(photo, created=False)
    if element is not None and element.pk != photo.element_id:
        raise DomainError(
            "photo_on_other_element",
            _("This photo is in this visit already, as one of “%(element)s”.")
            % {"element": photo.element.name},
            _("Leave the element out, or name that one; nothing was changed."),
            field="element",
        )
    if sent is not None and not _is_new(sent, photo):
        return Stored(photo, created=False)
    new = {name: value for name, value in said.items() if value not in (None, "")}
    if any(getattr(photo, name) != value for name, value in new.items()):
        photo = set_photo_scale(photo=photo, actor=actor, **new)
    return Stored(photo, created=False)


def _is_new(sent: SentKey, photo: Photo) -> bool:
    """Whether the key was not sent before; from now on it stands for the photo."""
    if sent.stands_for() is not None:
        return False
    try:
        with transaction.atomic():
            sent.keep(organisation=photo.inspection.asset.organisation_id, photo=photo)
    except IntegrityError:
        if sent.stands_for() is None:
            raise
        return False
    return True


def _element(inspection: Inspection, element: Element | None) -> Element:
    if element is None:
        return inspection.element or Element.objects.get(
            asset_id=inspection.asset_id, is_whole=True
        )
    if element.asset_id != inspection.asset_id:
        raise DomainError(
            "element_elsewhere",
            _("That element belongs to another asset."),
            _("Choose an element of the asset that was inspected."),
            field="element",
        )
    return element


def _digest(file: File) -> str:
    digest = hashlib.sha256()
    file.seek(0)
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def _write(file: File, kind: PictureKind) -> str:
    """Stores the bytes under a name of our own; a partial file is taken away again."""
    key = uuid.uuid4().hex
    name = f"{FOLDER}/{key[:2]}/{key}.{kind.extension}"
    try:
        # A plain File: a spooled upload must be copied, not moved out of the request's hands.
        return default_storage.save(name, File(file, name=name))
    except OSError as error:
        _remove(name)
        if is_disk_full(error):
            _refuse_disk_full(error)
        log.exception("photo_not_stored", name=name)
        raise DomainError(
            "storage_unwritable",
            _("The photo could not be stored on the server."),
            _("Ask the operator whether the data folder can be written, then send it again."),
        ) from error


def _refuse_disk_full(error: BaseException) -> NoReturn:
    log.error("disk_full")
    raise DomainError(
        "disk_full",
        _("The server's disk is full; the photo was not stored."),
        _("Ask the operator to make room, then send it again: nothing else was lost."),
    ) from error


def _remove(name: str) -> None:
    with suppress(OSError):
        default_storage.delete(name)


def _clean_name(name: str) -> str:
    """The last part of a sender's file name, printable, for people to recognise it by."""
    last = PurePath(name.replace("\\", "/")).name
    printable = "".join(sign for sign in last if sign.isprintable()).strip()
    if len(printable) > 255:
        suffix = PurePath(printable).suffix[-20:]
        printable = printable[: 255 - len(suffix)] + suffix
    return printable or "photo"
