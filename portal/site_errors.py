"""Errors of the site, with one answer for pages, files and API."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import structlog
from django.core.exceptions import BadRequest, RequestDataTooBig, TooManyFilesSent
from django.core.exceptions import SuspiciousOperation as Suspicious
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import UnreadablePostError
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from assets.constraints import refusal, violated
from assets.full_disk import is_disk_full

log = structlog.get_logger(__name__)

RETRY_AFTER_S = 5
WAIT = {"Retry-After": str(RETRY_AFTER_S)}


@dataclass(frozen=True, slots=True)
class SiteError:
    """An answer that names no view: code to match on, what is wrong, what to do, status.

    Its texts may be lazy: who answers before Django knows the language only as the answer is sent.
    """

    code: str
    sentence: str | Promise
    hint: str | Promise
    status: int
    headers: dict[str, str] = field(default_factory=dict)

    def as_problem(self, fields: dict[str, Any] | None = None) -> dict[str, Any]:
        """The body for programs (RFC 9457); ``fields`` names what is wrong where."""
        body: dict[str, Any] = {
            "type": "about:blank",
            "status": self.status,
            "code": self.code,
            "title": str(self.sentence),
            "detail": str(self.sentence),
            "hint": str(self.hint),
        }
        if fields:
            body["fields"] = fields
        return body

    def as_text(self) -> str:
        """The body for people where no page can be made."""
        return f"{self.sentence}\n{self.hint}\n"


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
        case OSError() | OperationalError() if is_disk_full(exception):
            return disk_full(exception)
        case OperationalError() | InterfaceError():
            log.error("database_unavailable", error=str(exception))
            return SiteError(
                "database_unavailable",
                _("The database does not answer in time."),
                _("Wait a moment and send it again; sending a photo twice is harmless."),
                503,
                WAIT,
            )
        case DataError():
            # The guards before it should have said which field: so it is logged.
            log.error("value_no_row_can_hold", error=str(exception))
            return unreadable(_("This request holds a value that cannot be kept."))
        case IntegrityError():
            # A service should have said so before, or somebody else was first: so it is logged.
            log.error("refused_by_the_database", constraint=violated(exception))
            refused = refusal(exception)
            status = 400 if refused.code == "invalid" else 409
            return SiteError(refused.code, str(refused), refused.hint, status)
        case Unreadable():
            return unreadable(str(exception))
        case Suspicious() | BadRequest():
            return unreadable(_("This request cannot be read."))
    return None


def no_character() -> str:
    """The error for a text that no database can store."""
    return _("This request holds a character that cannot be kept (NUL, or half a character).")


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
