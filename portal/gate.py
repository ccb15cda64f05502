"""The middleware through which every request and every answer passes.

Stands between the static files and the session, so it holds for pages that are not written yet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from assets.texts import is_sound
from portal.site_errors import Unreadable, no_character
from portal.whole_numbers import LARGEST

# After signing out, *back* must show nothing; what may be kept says so itself (files, map tiles).
PRIVATE = "private, no-store"
CHARSETS = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})

Next = Callable[[HttpRequest], HttpResponseBase]


class Gate:
    """Refuses what no view could read, answers HEAD by what answers GET, keeps answers private.

    * NUL and half characters in path or query, a charset other than UTF-8: 400. A cookie with one
      is as good as none: it is none of ours.
    * A number in the address that no row can have: 404.
    * HEAD: the view sees GET, so that none can take it for "not GET, so it changes something". API
      and files know HEAD themselves, and spare the body.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        query = request.META.get("QUERY_STRING", "")
        if not is_sound(request.path_info) or "%00" in query or not is_sound(query):
            raise Unreadable(no_character())
        charset = (request.content_params or {}).get("charset", "utf-8")
        if charset.lower() not in CHARSETS:
            raise Unreadable(_("This request is not written in UTF-8."))
        if "\\" in request.META.get("HTTP_COOKIE", ""):  # how a cookie writes such characters
            request.COOKIES = {k: v for k, v in request.COOKIES.items() if is_sound(k + v)}
        method = request.method
        response = self.get_response(request)
        request.method = method
        if not response.has_header("Cache-Control"):
            response.headers["Cache-Control"] = PRIVATE
        return response

    def process_view(
        self, request: HttpRequest, view: Any, arguments: Any, named: dict[str, Any]
    ) -> None:
        """Before the view: numbers of the address, and HEAD."""
        for value in named.values():
            if isinstance(value, int) and value > LARGEST:
                raise Http404
        if request.method == "HEAD" and not _is_for_programs(view):
            request.method = "GET"


class FormGate:
    """Refuses forms of pages with texts that cannot be stored: 400. It comes last, so that no form
    of a person is read whom other middleware refuses. The API's parsers do the same for programs.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, arguments: Any, named: dict[str, Any]
    ) -> None:
        """Reads the form as the view would."""
        if request.method == "POST" and not _is_for_programs(view):
            for name, values in request.POST.lists():
                if not (is_sound(name) and all(map(is_sound, values))):
                    raise Unreadable(no_character())


def _is_for_programs(view: Any) -> bool:
    """API and files: their session sign-in checks the origin by itself, as its marker says."""
    return bool(getattr(view, "csrf_exempt", False))
