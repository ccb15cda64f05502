"""Records downloads of originals in the ledger."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from assets.models import Event, Photo, User
from assets.services.access_log import note_access
from portal.models import ApiToken
from portal.sign_in.ledger import address_of

VERB = "access.original_downloaded"
GOES_ON_WITHIN = timedelta(days=1)  # a download that broke off is taken up again


def note_download(
    request: HttpRequest, answer: HttpResponseBase, *, photo: Photo, user: User, auth: object
) -> None:
    """Writes down that ``user`` takes the original; without the entry there is no file.

    Asking for the length, and hearing that nothing changed, takes nothing away. A later part of a
    file is the same download where it began within the last day.

    Args:
        photo: with its inspection and asset.
        auth: the API token that was used, if one was.

    Raises:
        DatabaseError: where the entry could not be written.
    """
    if request.method != "GET" or answer.status_code not in (200, 206):
        return
    organisation = photo.inspection.asset.organisation_id
    began = Event.objects.filter(
        organisation_id=organisation,
        subject_type="photo",
        subject_id=photo.pk,
        actor=user,
        verb=VERB,
        at__gt=timezone.now() - GOES_ON_WITHIN,
    )
    part = answer.headers.get("Content-Range", "")
    if part and not part.startswith("bytes 0-") and began.exists():
        return
    after = {
        "photo": photo.original_name,
        "sha256": photo.sha256,
        "by": f"token {auth.prefix}…" if isinstance(auth, ApiToken) else "browser",
        "from": address_of(request),
    }
    note_access(user, VERB, after, organisation=organisation, photo=photo)
