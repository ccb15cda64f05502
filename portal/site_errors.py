"""What the site cannot read, or cannot do now: one answer for pages, files and API alike."""

from __future__ import annotations

import errno
from dataclasses import dataclass, field

import structlog
from django.core.exceptions import BadRequest, RequestDataTooBig, TooManyFilesSent
from django.core.exceptions import SuspiciousOperation as Suspicious
from django.db import DataError, InterfaceError, OperationalError
from django.http import UnreadablePostError
from django.utils.translation import gettext as _

log = structlog.get_logger(__name__)

RETRY_AFTER_S = 5
NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# How the databases say it: SQLite "database or disk is full", PostgreSQL "No space left on device".
FULL = ("disk is full", "no space left")


@dataclass(frozen=True, slots=True)
class SiteError:
    """An answer that names no view: code to match on, what is wrong, what to do, status."""

    code: str
    sentence: str
    hint: str
    status: int
    headers: dict[str, str] = field(default_factory=dict)


class Unreadable(BadRequest):
    """A request that holds something that no page could read; its text is the sentence."""


def site_error(exception: BaseException | None) -> SiteError | None:
    """The answer to an exception that no view answers for; None where it is a fault of ours."""
    match exception:
        case TooManyFilesSent():
            return SiteError(
                "too_many_files",
                _("There is more than one file in this request."),
                _("Send one file a request; several requests may run side by side."),
                400,
            )
        case RequestDataTooBig():
            return SiteError(
                "too_large",
                _("The fields of this request are too large."),
                _("Send pictures as multipart/form-data in the field “file”."),
                413,
            )
        case UnreadablePostError():
            return SiteError(
                "incomplete_request",
                _("The request broke off before its end."),
                _("Check the connection and send it again; nothing was stored."),
                400,
            )
        case OSError() if exception.errno in NO_SPACE:
            return disk_full(exception)
        case OperationalError() | InterfaceError():
            return _database(exception)
        case DataError():
            # The guards before it should have said which field: so it is logged.
            log.error("value_no_row_can_hold", error=str(exception))
            return unreadable(_("This request holds a value that cannot be kept."))
        case Unreadable():
            return unreadable(str(exception))
        case Suspicious() | BadRequest():
            return unreadable(_("This request cannot be read."))
    return None


def unreadable(sentence: str) -> SiteError:
    """400."""
    hint = _("Go back, reload the page and try again; programs find at /api/docs/ what is taken.")
    return SiteError("bad_request", sentence, hint, 400)


def disk_full(error: BaseException) -> SiteError:
    """507: nothing was stored."""
    log.error("disk_full", error=str(error))
    return SiteError(
        "disk_full",
        _("The server's disk is full, so nothing was stored."),
        _("Tell whoever runs the server to make room, then send it again."),
        507,
    )


def _database(error: BaseException) -> SiteError:
    if any(words in str(error).lower() for words in FULL):
        return disk_full(error)
    log.error("database_unavailable", error=str(error))
    return SiteError(
        "database_unavailable",
        _("The database does not answer in time."),
        _("Wait a moment and send it again; sending a photo twice is harmless."),
        503,
        {"Retry-After": str(RETRY_AFTER_S)},
    )
