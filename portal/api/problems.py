"""Errors as problem objects (RFC 9457): a code to match on, a sentence, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from assets.errors import DomainError
from portal.site_errors import SiteError, site_error

MEDIA_TYPE = "application/problem+json"

# Domain errors whose status is not 400.
STATUS_OF_CODE = {
    "alert_resolved": status.HTTP_409_CONFLICT,
    "conflict": status.HTTP_409_CONFLICT,
    "disk_full": status.HTTP_507_INSUFFICIENT_STORAGE,
    "key_used": status.HTTP_409_CONFLICT,
    "not_a_picture": status.HTTP_415_UNSUPPORTED_MEDIA_TYPE,
    "not_failed": status.HTTP_409_CONFLICT,
    "not_in_review": status.HTTP_409_CONFLICT,
    "nothing_to_undo": status.HTTP_409_CONFLICT,
    "second_factor_needed": status.HTTP_403_FORBIDDEN,
    "storage_unwritable": status.HTTP_503_SERVICE_UNAVAILABLE,
    "too_large": status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
    "too_many_pixels": status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
    "unsupported_format": status.HTTP_415_UNSUPPORTED_MEDIA_TYPE,
}


def problem_response(error: SiteError, fields: dict[str, Any] | None = None) -> JsonResponse:
    """A whole error answer, for where no API view is at hand."""
    return JsonResponse(
        error.as_problem(fields),
        status=error.status,
        content_type=MEDIA_TYPE,
        headers=error.headers,
    )


def refusal_response(error: DomainError) -> JsonResponse:
    """A service's refusal as a whole answer, for pages that answer scripts."""
    return problem_response(refusal_of_the_register(error), _field_of(error))


def _field_of(error: DomainError) -> dict[str, Any] | None:
    return {error.field: [str(error.message)]} if error.field else None


def refusal_of_the_register(error: DomainError) -> SiteError:
    """A service's refusal as an answer."""
    status_code = STATUS_OF_CODE.get(error.code, status.HTTP_400_BAD_REQUEST)
    return SiteError(error.code, str(error.message), str(error.hint), status_code)


def _sentences(detail: Any, path: str = "") -> Iterator[str]:
    """Each message of a validation error with the field that it is about, depth first."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            deeper = path if name == "non_field_errors" else f"{path}.{name}".strip(".")
            yield from _sentences(inner, deeper)
    elif isinstance(detail, list | tuple):
        for inner in detail:
            yield from _sentences(inner, path)
    else:
        yield f"{path}: {detail}" if path else str(detail)


def _by_field(detail: dict[str, Any], path: str = "") -> dict[str, list[str]]:
    """The messages of a validation error by field; what lies inside one is named with dots."""
    fields: dict[str, list[str]] = {}
    for name, inner in detail.items():
        here = f"{path}.{name}".strip(".")
        if isinstance(inner, dict):
            fields |= _by_field(inner, here)
        else:
            fields[here] = list(_sentences(inner))
    return fields


def _hint_of(code: str) -> str:
    """What to do about a refused sign-in: a token is got where the password is sent."""
    match code:
        case "wrong_credentials":
            return _(
                "Check both. After %(tries)d wrong tries the account is held for %(minutes)d min."
            ) % {"tries": settings.TRIES_MAX, "minutes": settings.HELD_S // 60}
        case "second_factor_needed" | "wrong_code":
            return _(
                "Send the six digits that the authenticator app shows next, or a recovery code."
            )
    return _("Get a token at POST /api/v1/auth/token/ and send it: Authorization: Token …")


def _words(exception: Exception, fallback: str) -> tuple[str, str, str]:
    """(code, sentence, hint) of an exception that is no domain error."""
    match exception:
        case Http404() | exceptions.NotFound():
            given = getattr(exception, "detail", None)
            # Django's own text names the table; a sentence of ours is kept.
            standard = given is None or given == exceptions.NotFound.default_detail
            return (
                "not_found",
                _("There is nothing at this address.") if standard else str(given),
                _("Check the address; what belongs to another organisation is not shown either."),
            )
        case exceptions.NotAuthenticated():
            return (
                "not_authenticated",
                _("You are not signed in, or your session has ended."),
                _(
                    "Sign in again, or send a token: Authorization: Token …, from "
                    "POST /api/v1/auth/token/."
                ),
            )
        case exceptions.AuthenticationFailed():
            return (
                str(getattr(exception.detail, "code", "authentication_failed")),
                str(exception.detail),
                _hint_of(str(getattr(exception.detail, "code", ""))),
            )
        case PermissionDenied() | exceptions.PermissionDenied():
            if "CSRF" in fallback:
                return csrf_words()
            return (
                "permission_denied",
                fallback or _("Your role may not do this."),
                _("Ask an administrator of your organisation for a role that may."),
            )
        case exceptions.Throttled():
            return "throttled", fallback, _("Wait that long and send it again.")
        case exceptions.ValidationError():
            return (
                "invalid",
                " ".join(_sentences(exception.detail)),
                _("Correct what is named and send it again."),
            )
        case exceptions.UnsupportedMediaType():
            hint = _("Send application/json, or multipart/form-data for a photo.")
            return "unsupported_media_type", fallback, hint
        case exceptions.APIException():
            code = str(getattr(exception.detail, "code", "error"))
            return code, fallback, _("See /api/docs/ for what this address takes.")
    return "error", fallback, _("See /api/docs/ for what this address takes.")


def csrf_words() -> tuple[str, str, str]:
    """(code, sentence, hint) where the browser's proof of origin is missing."""
    return (
        "csrf_failed",
        _("The request did not prove that it came from this site's own pages."),
        _("Reload the page and try again; programs sign in with a token instead of a session."),
    )


def as_problem(exception: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: domain errors and DRF's own become problem objects."""
    if isinstance(exception, DomainError):
        return _answer(refusal_of_the_register(exception), _field_of(exception))
    refused = site_error(exception)
    if refused is not None:
        return _answer(refused)
    response = exception_handler(exception, context)
    if response is None:
        return None
    invalid = isinstance(exception, exceptions.ValidationError)
    fields = _by_field(response.data) if invalid and isinstance(response.data, dict) else None
    detail = "" if invalid or not isinstance(response.data, dict) else response.data.get("detail")
    word, sentence, hint = _words(exception, str(detail or ""))
    response.data = SiteError(word, sentence, hint, response.status_code).as_problem(fields)
    response.content_type = MEDIA_TYPE
    return response


def _answer(error: SiteError, fields: dict[str, Any] | None = None) -> Response:
    return Response(
        error.as_problem(fields),
        status=error.status,
        content_type=MEDIA_TYPE,
        headers=error.headers,
    )
