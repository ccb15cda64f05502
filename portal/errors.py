"""Answers errors outside of any view: problem objects for programs, a page for people."""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist, loader
from django.utils.translation import gettext as _

from assets.errors import DomainError
from portal.api.problems import csrf_words, problem_response, refusal_of_the_register
from portal.gate import PRIVATE
from portal.site_errors import WAIT, SiteError, site_error, unreadable

# Addresses that only programs and the pages' own scripts ask.
FOR_PROGRAMS = ("/api/", "/news/")


def _for_programs(request: HttpRequest) -> bool:
    asks_for_json = "json" in request.headers.get("Accept", "")
    return request.path.startswith(FOR_PROGRAMS) or asks_for_json


def _for_program(error: SiteError) -> HttpResponse:
    answer = problem_response(error)
    answer.headers.setdefault("Cache-Control", PRIVATE)
    return answer


def error_page(request: HttpRequest, error: SiteError) -> HttpResponse:
    """The page with the frame of the site around it; it may ask the database."""
    if _for_programs(request):
        return _for_program(error)
    context = {
        "code": error.code,
        "sentence": error.sentence,
        "hint": error.hint,
        "status": error.status,
    }
    headers = {"Cache-Control": PRIVATE, **error.headers}
    try:
        page = loader.render_to_string(["error.html"], context, request=request)
    except TemplateDoesNotExist:
        return _plain(error)
    return HttpResponse(page, status=error.status, headers=headers)


def _plain(error: SiteError) -> HttpResponse:
    return HttpResponse(
        error.as_text(),
        status=error.status,
        content_type="text/plain; charset=utf-8",
        headers={"Cache-Control": PRIVATE, **error.headers},
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: also for what exists and belongs to somebody else."""
    sentence = _("There is nothing at this address.")
    hint = _("Check the address; what belongs to another organisation is not shown either.")
    return error_page(request, SiteError("not_found", sentence, hint, 404))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: seen, but the role may not."""
    sentence = str(exception) or _("Your role may not do this.")
    hint = _("Ask an administrator of your organisation for a role that may.")
    return error_page(request, SiteError("permission_denied", sentence, hint, 403))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: Django or the gate could not make sense of the request; 413: it is too large."""
    known = site_error(exception)
    return error_page(request, known or unreadable(_("This request cannot be read.")))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: a form that was not sent from one of our own pages, or whose cookie has gone."""
    code, sentence, hint = csrf_words()
    return error_page(request, SiteError(code, sentence, hint, 403))


def server_error(request: HttpRequest) -> HttpResponse:
    """500: ours; or 503, 507 and the like where it is not. Asks nothing that could fail again.

    Django calls this while the exception is being handled, and hands it to no handler of a 500.
    """
    error = _refusal(sys.exc_info()[1]) or SiteError(
        "server_error",
        _("Something went wrong on our side; it was written to the log."),
        _("Try again in a moment; if it stays, tell your administrator the time of it."),
        500,
    )
    return _bare(request, error)


def overloaded(request: HttpRequest) -> HttpResponse:
    """503: too many people at once. Touches nothing that others wait for."""
    sentence = _("Too many people ask for pages at once, so this one was not begun.")
    hint = _("Try again in a few seconds; nothing was changed.")
    return _bare(request, SiteError("overloaded", sentence, hint, 503, WAIT))


def _bare(request: HttpRequest, error: SiteError) -> HttpResponse:
    """The page without the frame of the site: neither session nor database is asked."""
    if _for_programs(request):
        return _for_program(error)
    try:
        context = {"sentence": error.sentence, "hint": error.hint, "status": error.status}
        page = loader.render_to_string("500.html", context)
    except Exception:  # noqa: BLE001  whatever broke the page may break its error page too
        return _plain(error)
    headers = {"Cache-Control": PRIVATE, **error.headers}
    return HttpResponse(page, status=error.status, headers=headers)


def _refusal(exception: BaseException | None) -> SiteError | None:
    """What the exception says of itself: a refusal of the register, or what the site cannot do."""
    if isinstance(exception, DomainError):
        return refusal_of_the_register(exception)
    return site_error(exception)
