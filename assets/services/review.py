"""Photos that an engineer must review, because a crack may be of either of two condition states.

The instrument says how wide a crack is and how sure that is. Where a limit of the rule set lies
inside the width's ± U, a number does not decide: the photo waits for an engineer, who says so with
a reason.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from assets.errors import DomainError
from assets.models import Photo, User
from assets.services.ledger import Entry, append_event
from assets.services.records import AnalysisRecord
from assets.severity import is_undecided
from assets.texts import sound_text


def ask(photo: Photo, result: AnalysisRecord, rule_set: str) -> list[Entry]:
    """Sends a photo to review, or takes it out, by what was measured now; the caller saves it.

    A new measurement asks anew: what an engineer said was about other numbers.
    """
    undecided = [
        ordinal
        for ordinal, line in enumerate(result.cracks)
        if line.width_mm is not None and is_undecided(line.width_mm.p95, line.width_mm.u, rule_set)
    ]
    photo.needs_review = bool(undecided)
    if not undecided:
        return []
    after = {"lines": undecided}
    asset_id = photo.inspection.asset_id
    return [Entry("review.asked", "photo", photo.pk, after=after, asset_id=asset_id)]


def settle_review(*, photo: Photo, actor: User, reason: str) -> Photo:
    """An engineer has looked: the photo leaves the review with their reason.

    Raises:
        DomainError: ``reason_missing``; ``invalid`` for one that cannot be kept; ``not_in_review``
            where nothing awaits a review.
    """
    reason = sound_text(reason, field="reason")
    if not reason:
        raise DomainError(
            "reason_missing",
            _("A decision keeps its reason."),
            _("Write in a few words what you saw, for example “measured on site: 0.25 mm”."),
            field="reason",
        )
    with transaction.atomic():
        settled = Photo.objects.filter(pk=photo.pk, needs_review=True).update(needs_review=False)
        if not settled:
            raise DomainError(
                "not_in_review",
                _("This photo awaits no review."),
                _("Somebody may have settled it meanwhile; load the page again."),
            )
        append_event(
            organisation=photo.inspection.asset.organisation_id,
            entry=Entry(
                "review.settled",
                "photo",
                photo.pk,
                reason=reason,
                asset_id=photo.inspection.asset_id,
            ),
            actor=actor,
        )
    photo.needs_review = False
    return photo
