"""The outermost ASGI layer: refuses a body before Django stores a byte of it.

Django writes a whole request body to disk before any view runs, so a limit inside a view comes too
late. This layer checks the announced length of a body, or counts the bytes that arrive if no length
is announced. It takes bodies larger than a form only from known senders, and a limited number at a
time: otherwise a stranger, or one person's script, could fill the disk.
"""

from __future__ import annotations

import structlog
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from assets.full_disk import is_disk_full
from portal.serving.body_senders import Sender, find_sender
from portal.serving.plain_answers import (
    Application,
    Message,
    Receive,
    Scope,
    Send,
    answer_plainly,
)
from portal.serving.upload_places import NoPlace, UploadPlaces
from portal.site_errors import WAIT, SiteError, disk_full

log = structlog.get_logger(__name__)

# What multipart borders and the other fields of an upload add to the file itself.
FORM_OVERHEAD_BYTES = 256 * 1024
SMALL_BYTES = 64 * 1024  # any form without a file
MEBIBYTE = 1024 * 1024
TWICE_IS_HARMLESS = _("Wait a few seconds and send it again; sending a photo twice is harmless.")


class _Refused(Exception):  # noqa: N818  an answer, no error
    """The answer to a request whose body is not taken."""

    def __init__(self, answer: SiteError) -> None:
        super().__init__(answer.code)
        self.answer = answer


class BodyLimit:
    """Passes requests on to ``application`` while their bodies hold at most ``max_file_bytes``.

    Otherwise it answers 413; 401 to unknown senders of more than a form; 429 and 503 if too many
    bodies come in already; 507 if the disk is full. Below ``/api/`` the answer is a problem object,
    elsewhere a sentence.
    """

    def __init__(
        self,
        application: Application,
        *,
        max_file_bytes: int,
        places: UploadPlaces,
        sender_of: Sender = find_sender,
    ) -> None:
        self.application = application
        self.max_file_bytes = max_file_bytes
        self.max_body_bytes = max_file_bytes + FORM_OVERHEAD_BYTES
        self.places = places
        self.sender_of = sender_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        body = _Body(self, scope, receive, send)
        try:
            if (announced := _announced_bytes(scope)) > SMALL_BYTES:
                await body.admit(announced)
            await body.run()
        except _Refused as refused:
            await answer_plainly(scope, send, refused.answer)
        finally:
            body.release()


class _Body:
    """One request while its body comes in."""

    def __init__(self, limit: BodyLimit, scope: Scope, receive: Receive, send: Send) -> None:
        self.limit, self.scope = limit, scope
        self._receive, self._send = receive, send
        self._received_bytes = 0
        self._refused: _Refused | None = None
        self._sender: str | None = None
        self._answered = False

    async def run(self) -> None:
        """Lets the application answer.

        Raises:
            _Refused: the body turned out too large, or is a stranger's.
        """
        try:
            await self.limit.application(self.scope, self._counted, self._watched)
        except OSError as error:
            if self._answered or not is_disk_full(error):
                raise
            raise _Refused(disk_full(error)) from error
        if self._refused is not None and not self._answered:
            raise self._refused

    async def admit(self, size_bytes: int) -> None:
        """Returns where a body that is larger than a form may come in.

        Raises:
            _Refused: otherwise.
        """
        if size_bytes > self.limit.max_body_bytes:
            raise _Refused(_too_large(self.limit.max_file_bytes))
        if self._sender is not None:
            return
        try:
            sender = await self.limit.sender_of(self.scope)
        except Exception as error:
            log.warning("sender_not_checked", error=str(error))
            raise _Refused(_database_away()) from error
        if sender is None:
            raise _Refused(_stranger())
        try:
            await self.limit.places.take(sender)
        except NoPlace as full:
            raise _Refused(_too_many(full)) from None
        self._sender = sender

    def release(self) -> None:
        """Gives the place to somebody else."""
        if self._sender is not None:
            self.limit.places.give_back(self._sender)
            self._sender = None

    async def _counted(self) -> Message:
        message = await self._receive()
        if message["type"] != "http.request":
            return message
        self._received_bytes += len(message.get("body", b""))
        if self._received_bytes > SMALL_BYTES:
            try:
                await self.admit(self._received_bytes)
            except _Refused as refused:
                self._refused = refused
                # Django then drops what it has spooled, as for a client who went away.
                return {"type": "http.disconnect"}
        return message

    async def _watched(self, message: Message) -> None:
        self._answered = True
        await self._send(message)


def _announced_bytes(scope: Scope) -> int:
    """The Content-Length of a request; 0 where there is none that can be read."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.strip().isdigit() and len(value) < 20 else 0
    return 0


def _too_large(max_file_bytes: int) -> SiteError:
    limit = f"{max_file_bytes / MEBIBYTE:g} MB"
    return SiteError(
        "too_large",
        format_lazy(_("This file is larger than {limit}, the limit for one photo."), limit=limit),
        _("Export it smaller or as JPEG, or ask the administrator for a higher limit."),
        413,
    )


def _stranger() -> SiteError:
    return SiteError(
        "not_authenticated",
        _("You are not signed in, or your session or token has ended; nothing was read."),
        _("Sign in again, or send a token: Authorization: Token …, from POST /api/v1/auth/token/."),
        401,
        {"WWW-Authenticate": "Token"},
    )


def _too_many(full: NoPlace) -> SiteError:
    if full.of_one_person:
        sentence = ngettext_lazy(
            "%(n)d file of yours is coming in already.",
            "%(n)d files of yours are coming in already.",
            "n",
        ) % {"n": full.limit}
        hint = _("Wait until one of them is stored and send this one again.")
        return SiteError("too_many_uploads", sentence, hint, 429, WAIT)
    sentence = ngettext_lazy(
        "%(n)d file is coming in already; nothing of this one was read.",
        "%(n)d files are coming in already; nothing of this one was read.",
        "n",
    ) % {"n": full.limit}
    return SiteError("too_many_uploads", sentence, TWICE_IS_HARMLESS, 503, WAIT)


def _database_away() -> SiteError:
    sentence = _("The database does not answer in time, so nobody could look who sends this.")
    return SiteError("database_unavailable", sentence, TWICE_IS_HARMLESS, 503, WAIT)
