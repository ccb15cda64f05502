"""Errors outside of any view: problem objects for programs, a page for people."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist, loader
from django.utils.translation import gettext as _

from portal.api.problems import csrf_words, problem_response

RETRY_AFTER_S = 5


def _for_programs(request: HttpRequest) -> bool:
    return request.path.startswith("/api/") or "json" in request.headers.get("Accept", "")


def _answer(request: HttpRequest, code: str, sentence: str, hint: str, status: int) -> HttpResponse:
    if _for_programs(request):
        return problem_response(code=code, sentence=sentence, hint=hint, status_code=status)
    try:
        context = {"code": code, "sentence": sentence, "hint": hint, "status": status}
        page = loader.render_to_string(["error.html"], context, request=request)
    except TemplateDoesNotExist:
        return HttpResponse(f"{sentence}\n{hint}\n", status=status, content_type="text/plain")
    return HttpResponse(page, status=status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: also for what exists and belongs to somebody else."""
    return _answer(
        request,
        "not_found",
        _("There is nothing at this address."),
        _("Check the address; what belongs to another organisation is not shown either."),
        404,
    )


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: seen, but the role may not."""
    return _answer(
        request,
        "permission_denied",
        str(exception) or _("Your role may not do this."),
        _("Ask an administrator of your organisation for a role that may."),
        403,
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: Django could not make sense of the request."""
    return _answer(
        request,
        "bad_request",
        _("This request cannot be read."),
        _("Go back, reload the page and try again."),
        400,
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: a form that was not sent from one of our own pages, or whose cookie has gone."""
    code, sentence, hint = csrf_words()
    return _answer(request, code, sentence, hint, 403)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: ours. Renders nothing that could fail again."""
    sentence = _("Something went wrong on our side; it was written to the log.")
    hint = _("Try again in a moment; if it stays, tell your administrator the time of it.")
    if _for_programs(request):
        return problem_response(code="server_error", sentence=sentence, hint=hint, status_code=500)
    try:
        context = {"sentence": sentence, "hint": hint, "status": 500}
        return HttpResponse(loader.render_to_string("500.html", context), status=500)
    except Exception:  # noqa: BLE001  whatever broke the page may break its error page too
        return HttpResponse(f"{sentence}\n{hint}\n", status=500, content_type="text/plain")


def overloaded(request: HttpRequest) -> HttpResponse:
    """503: too many people at once. Touches nothing that others wait for."""
    sentence = _("Too many people ask for pages at once, so this one was not begun.")
    hint = _("Try again in a few seconds; nothing was changed.")
    if _for_programs(request):
        answer: HttpResponse = problem_response(
            code="overloaded", sentence=sentence, hint=hint, status_code=503
        )
    else:
        context = {"sentence": sentence, "hint": hint, "status": 503}
        answer = HttpResponse(loader.render_to_string("500.html", context), status=503)
    answer["Retry-After"] = str(RETRY_AFTER_S)
    answer["Cache-Control"] = "no-store"
    return answer
