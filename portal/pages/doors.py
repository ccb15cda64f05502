"""The doors of the pages: signed in, belonging to the organisation, allowed by the role."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assets.models import Organisation
from portal.access import may

View = Callable[..., HttpResponse]
Row = TypeVar("Row", bound=Model)

# What the role may not do, in the words of the page; the key is the action of ``portal.access``.
REFUSALS = {
    "asset.edit": gettext_lazy("Your role may look at assets but not change them."),
    "inspection.edit": gettext_lazy("Your role may look at inspections but not change them."),
    "photo.upload": gettext_lazy("Your role may look at photos but not add any."),
    "photo.retry": gettext_lazy("Your role may look at photos but not have one analysed again."),
    "crack.identify": gettext_lazy("Only an engineer decides which crack a line belongs to."),
    "alert.acknowledge": gettext_lazy("Your role may read alerts but not acknowledge them."),
    "member.edit": gettext_lazy("Your role may see the members but not change them."),
}


def is_partial(request: HttpRequest) -> bool:
    """Whether htmx asks for a piece of a page."""
    return request.headers.get("HX-Request") == "true"


def signed_in(view: View) -> View:
    """Only for people who are signed in; others are sent to the sign-in page and back.

    A piece asked for by htmx is answered so that the whole page goes there, not the piece.
    """

    @wraps(view)
    def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if is_partial(request):
            here = request.headers.get("HX-Current-URL", "/")
            path = "/" + here.split("://", 1)[-1].partition("/")[2]
            answer = HttpResponse(status=401)
            answer["HX-Redirect"] = f"{resolve_url('account_login')}?{urlencode({'next': path})}"
            return answer
        return redirect_to_login(request.get_full_path())

    return door


def visible_or_404(rows: QuerySet[Row], user: Any, **lookup: Any) -> Row:
    """The one row that ``user`` may see; what is invisible does not exist.

    Args:
        rows: a queryset of a scoped model, before ``visible_to``.
    """
    found = rows.visible_to(user).filter(**lookup).first()  # type: ignore[attr-defined]
    if found is None:
        raise Http404(_("There is nothing at this address."))
    return found


def require(user: Any, action: str, organisation: Organisation | int) -> None:
    """PermissionDenied, in a sentence, unless the role of ``user`` may do ``action``."""
    if not may(user, action, organisation):
        raise PermissionDenied(REFUSALS[action])
