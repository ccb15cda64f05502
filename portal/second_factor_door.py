"""Middleware: keeps out people without a second factor that an organisation requires.

Such a person reaches nothing but the pages that set it up, sign out, leave, or change the password:
what is not named here is closed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.deprecation import MiddlewareMixin

from portal.api.problems import problem_response, refusal_of_the_register
from portal.pages.doors import is_partial, page_of_piece
from portal.second_factor import is_missing, refusal

SET_UP = "mfa_activate_totp"
# Names of the addresses that stay open.
OPEN = frozenset(
    {
        SET_UP,
        "mfa_index",
        "mfa_reauthenticate",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_download_recovery_codes",
        "account_reauthenticate",
        "account_login",
        "account_logout",
        "account_inactive",
        "account_change_password",
        "account_set_password",
        "account_signup",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
        "organisation-leave",
    }
)
# Open to everybody, and not worth looking up who asks.
PUBLIC = frozenset({"healthz", "readyz", "metrics", "planner-offline", "planner-worker"})


class SecondFactorDoor(MiddlewareMixin):
    """Sends such a person from everywhere to the page that sets up a second factor.

    It asks the database nothing: the backend of the session did (portal.sign_in.backend). Requests
    by token are asked where the token is read.
    """

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name in PUBLIC or not request.user.is_authenticated or not _lacks(request.user):
            return None
        # The frame of the pages that stay open shows no places.
        request.second_factor_missing = True
        return None if name in OPEN else _send_away(request)


def _lacks(user: Any) -> bool:
    """As the session's own question for its person answered it; else asked here."""
    known = getattr(user, "lacks_factor", None)
    return is_missing(user) if known is None else bool(known)


def _send_away(request: HttpRequest) -> HttpResponse:
    if request.path.startswith("/api/") or "json" in request.headers.get("Accept", ""):
        return problem_response(refusal_of_the_register(refusal()))
    if is_partial(request):
        answer = HttpResponse(status=403)
        answer["HX-Redirect"] = _set_up_and_go_on(page_of_piece(request))
        return answer
    if request.method != "GET":
        return redirect(SET_UP)  # what was sent is not kept, so there is nothing to go on to
    return redirect(_set_up_and_go_on(request.get_full_path()))


def _set_up_and_go_on(wanted: str) -> str:
    """The page that sets up, which leads to ``wanted`` afterwards (portal.sign_in.set_up)."""
    return f"{resolve_url(SET_UP)}?{urlencode({'next': wanted})}"
