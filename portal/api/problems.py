"""Errors as problem objects (RFC 9457): a code to match on, a sentence, and what to do."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from assets.errors import DomainError

STATUS_OF_CODE = {
    "too_large": status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
    "too_many_pixels": status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
    "unsupported_format": status.HTTP_415_UNSUPPORTED_MEDIA_TYPE,
    "disk_full": status.HTTP_507_INSUFFICIENT_STORAGE,
    "conflict": status.HTTP_409_CONFLICT,
}


def problem(
    *, code: str, sentence: str, hint: str, status_code: int, fields: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The body of an error answer."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "status": status_code,
        "code": code,
        "title": sentence,
        "detail": sentence,
        "hint": hint,
    }
    if fields:
        body["fields"] = fields
    return body


def _hint(exception: Exception) -> str:
    if isinstance(exception, Http404 | exceptions.NotFound):
        return _("Check the address; what belongs to another organisation is not shown either.")
    if isinstance(exception, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        return _("Send a token: Authorization: Token …; get one at /api/v1/auth/token/.")
    if isinstance(exception, PermissionDenied | exceptions.PermissionDenied):
        return _("Ask an administrator of your organisation for a role that may.")
    if isinstance(exception, exceptions.Throttled):
        return _("Wait a little and send it again.")
    if isinstance(exception, exceptions.ValidationError):
        return _("Correct the fields named and send it again.")
    return _("See /api/docs/ for what this address takes.")


def as_problem(exception: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: domain errors and DRF's own become problem objects."""
    if isinstance(exception, DomainError):
        code = STATUS_OF_CODE.get(exception.code, status.HTTP_400_BAD_REQUEST)
        body = problem(
            code=exception.code,
            sentence=str(exception.message),
            hint=str(exception.hint),
            status_code=code,
            fields={exception.field: [str(exception.message)]} if exception.field else None,
        )
        return Response(body, status=code, content_type="application/problem+json")
    response = exception_handler(exception, context)
    if response is None:
        return None
    detail = response.data.get("detail") if isinstance(response.data, dict) else None
    fields = response.data if detail is None and isinstance(response.data, dict) else None
    sentence = str(detail) if detail else _("Some fields are wrong.")
    response.data = problem(
        code=getattr(detail, "code", None) or "invalid",
        sentence=sentence,
        hint=_hint(exception),
        status_code=response.status_code,
        fields=fields,
    )
    response.content_type = "application/problem+json"
    return response
