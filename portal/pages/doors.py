"""Decorators of views: signed in, belonging to the organisation. For roles see portal.access."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _

from portal.pages.shell import Shell

View = Callable[..., HttpResponse]


def is_partial(request: HttpRequest) -> bool:
    """Whether htmx asks for a piece of a page."""
    return request.headers.get("HX-Request") == "true"


def page_of_piece(request: HttpRequest) -> str:
    """Path and query of the page that asks for a piece by htmx."""
    here = request.headers.get("HX-Current-URL", "/")
    return "/" + here.split("://", 1)[-1].partition("/")[2]


def signed_in(view: View) -> View:
    """Only for people who are signed in; others are sent to the sign-in page and back.

    A piece asked for by htmx is answered so that the whole page goes there, not the piece.
    """

    @wraps(view)
    def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            if request.method == "GET":
                # Before the view looks at anything: the page asks for news from here on.
                Shell.of(request).memberships  # noqa: B018  kept by the shell
            return view(request, *args, **kwargs)
        if is_partial(request):
            where = urlencode({"next": page_of_piece(request)})
            answer = HttpResponse(status=401)
            answer["HX-Redirect"] = f"{resolve_url('account_login')}?{where}"
            return answer
        return redirect_to_login(request.get_full_path())

    return door


def visible_or_404(rows: QuerySet, user: Any, **lookup: Any) -> Any:
    """The one row that ``user`` may see; what is invisible does not exist.

    Args:
        rows: a queryset of a scoped model, before ``visible_to``.
    """
    found = rows.visible_to(user).filter(**lookup).first()
    if found is None:
        raise Http404(_("There is nothing at this address."))
    return found
