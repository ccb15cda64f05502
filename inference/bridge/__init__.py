"""The bridge between register and instrument: the only package that handles both rows and arrays.

:func:`analyse_claimed` does the work of a claim on a photo and records the result. Everything slow
happens outside any transaction; :mod:`assets.services.analysis` writes the result in one.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import structlog
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import OperationalError, connection

from assets.models import Analysis, Measurement, Photo, PhotoWork, Region
from assets.services import analysis as register
from assets.services.queue import PhotoClaim
from assets.services.records import AnalysisRecord, MatchOutdated, MatchProposal, PhotoFacts
from inference import types
from inference.bridge import kept_files
from inference.bridge.matching import propose_match
from inference.bridge.records import as_record, describe_photo, quality_of
from inference.bridge.scale import find_scale
from inference.imaging.decode import DecodedPicture, PictureError, PictureLimits, decode_picture
from inference.instrument import Instrument
from inference.measure.identity.registration import Features, extract_features
from inference.pipeline import analyse, remeasure
from inference.types import ModelInfo

log = structlog.get_logger(__name__)

# The stages that people see. They stand in a photo's row, so the words are short.
READING, LIGHT, SEARCHING, MEASURING, RECORDING = STAGES = (
    "reading",
    "light",
    "searching",
    "measuring",
    "recording",
)
MATCHES_TRIED = 5  # each failure means that somebody else recorded on the same element meanwhile
RECORDS_TRIED = 3


def analyse_claimed(
    claim: PhotoClaim,
    *,
    instrument: Callable[[], Instrument],
    on_stage: Callable[[str], None] = lambda stage: None,
) -> None:
    """Does the work of a claim and records it: an analysis, new widths, or a rejection.

    Args:
        instrument: makes the instrument; called only if a network is needed.
        on_stage: called with each of :data:`STAGES` as it begins; may raise ``ClaimLost``.

    Raises:
        ClaimLost: from ``on_stage``. Then nothing is recorded, and no file is left.
    """
    on_stage(READING)
    photo = claim.row
    try:
        picture = read_picture(photo)
    except PictureError as error:
        register.record_rejection(claim=claim, reasons=[error.finding])
        return
    if claim.work == PhotoWork.MEASURE:
        _measure_again(claim, photo, picture, on_stage)
    else:
        _analyse(claim, photo, picture, instrument, on_stage)


def read_picture(photo: Photo) -> DecodedPicture:
    """Reads and decodes the stored file, within the limits of the settings.

    Raises:
        PictureError: the file is no picture, damaged, too large, or missing from the storage.
    """
    limits = PictureLimits(
        max_bytes=settings.PHOTO_MAX_BYTES,
        max_pixels=settings.PHOTO_MAX_PIXELS,
        memory_bytes=settings.WORKER_MEMORY_BYTES,
    )
    try:
        with default_storage.open(photo.file.name) as file:
            data = file.read()
    except FileNotFoundError as error:
        raise PictureError("file_missing") from error
    return decode_picture(data, limits)


def _analyse(
    claim: PhotoClaim,
    photo: Photo,
    picture: DecodedPicture,
    instrument: Callable[[], Instrument],
    on_stage: Callable[[str], None],
) -> None:
    folder = kept_files.new_folder()
    recorded = False
    try:
        facts = describe_photo(picture, kept_files.write_views(picture.pixels, folder))
        scale = find_scale(picture, claim.given)
        found = analyse(
            picture.pixels,
            instrument=instrument(),
            scale=scale,
            rounding=picture.rounding,
            on_stage=_forward(on_stage),
        )
        if not found.analysis.quality.fit_to_detect:
            recorded = register.record_rejection(
                claim=claim, reasons=found.analysis.quality.reasons, facts=facts
            )
            return
        features = extract_features(picture.pixels)
        result = as_record(
            found.analysis,
            scale,
            features=features.to_bytes(),
            key_points=len(features.points),
            mask=kept_files.write_mask(found.mask, folder),
        )
        on_stage(RECORDING)
        recorded = _record_matched(claim, result, facts, found.analysis, features) is not None
    finally:
        if not recorded:
            kept_files.remove_folder(folder)


def _record_matched(
    claim: PhotoClaim,
    result: AnalysisRecord,
    facts: PhotoFacts,
    found: types.Analysis,
    features: Features,
) -> Analysis | None:
    """Records the result; matches again if another photo of the element was recorded meanwhile."""
    lines = [crack.trace.centreline_px for crack in found.cracks]
    for attempt in range(MATCHES_TRIED):
        match = propose_match(
            claim.row,
            lines,
            features,
            (result.image_width_px, result.image_height_px),
            facts,
            found.regions,
        )
        try:
            return _record(claim, result, match, facts)
        except MatchOutdated:
            log.info("match_outdated", photo=claim.photo_id, attempt=attempt)
    raise RuntimeError(f"Photo {claim.photo_id} was overtaken {MATCHES_TRIED} times in matching.")


def _measure_again(
    claim: PhotoClaim, photo: Photo, picture: DecodedPicture, on_stage: Callable[[str], None]
) -> None:
    """Measures stored lines and regions again with another scale, without a network."""
    before = Analysis.objects.get(photo=photo, is_current=True)
    rows = Measurement.objects.filter(analysis=before).order_by("ordinal")
    lines = [
        (np.asarray(row.centreline_px, dtype=np.float32), float(row.confidence)) for row in rows
    ]
    regions = [
        types.Region(
            kind=row.kind,
            outline_px=np.asarray(row.outline_px, dtype=np.float32),
            area_px=float(row.area_px),
            confidence=float(row.confidence),
        )
        for row in Region.objects.filter(analysis=before).order_by("ordinal")
    ]
    on_stage(MEASURING)
    scale = find_scale(picture, claim.given)
    measured = remeasure(
        picture.pixels,
        lines,
        regions=regions,
        scale=scale,
        model_info=ModelInfo(
            name=before.model_name,
            sha256=before.model_sha256,
            runtime=before.model_runtime,
            threshold=before.threshold,
            terms=before.model_terms,
        ),
        quality=quality_of(before.quality),
        rounding=picture.rounding,
    )
    result = as_record(measured, scale, mask=before.mask)
    on_stage(RECORDING)
    _record(claim, result, None, None)


def _record(
    claim: PhotoClaim, result: AnalysisRecord, match: MatchProposal | None, facts: PhotoFacts | None
) -> Analysis | None:
    """Records the result; tries again if the database is locked or away for a moment."""
    for attempt in range(1, RECORDS_TRIED + 1):
        try:
            return register.record_analysis(claim=claim, result=result, match=match, facts=facts)
        except OperationalError as error:
            if attempt == RECORDS_TRIED:
                raise
            log.warning("record_waits", photo=claim.photo_id, error=str(error))
            connection.close()
            time.sleep(attempt)
    raise AssertionError("the loop returns or raises")


def _forward(on_stage: Callable[[str], None]) -> Callable[[str], None]:
    """Passes on those of the pipeline's stages that people see."""

    def forward(stage: str) -> None:
        if stage in STAGES:
            on_stage(stage)

    return forward
