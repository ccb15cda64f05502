"""The addresses of all pages and how to open them, for tests that look at all pages.

PAGES says it, NO_PAGES says which addresses answer with something else. A page may be opened in
several states; ``then`` brings it into one that only a person in a browser reaches. The things
that addresses take are those of ``tests.filled_site``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse

Then = Callable[[Any], object]


@dataclass(frozen=True)
class Opening:
    """One page in one state.

    Attributes:
        name: of the address; empty where ``path`` is none of the site's.
        who: whose session; empty for nobody's.
        takes: what stands in the address -> the thing's name in the filled site, or a value.
        then: what is done in the page before it is looked at.
    """

    name: str
    who: str = "ada"
    takes: dict[str, str] = field(default_factory=dict)
    query: str = ""
    then: Then | None = None
    path: str = ""
    status: int = 200

    def address(self, things: dict[str, Any]) -> str:
        """Path and query."""
        if self.path:
            return self.path
        values = {key: things.get(value, value) for key, value in self.takes.items()}
        query = self.query.format_map(things)
        return reverse(self.name, kwargs=values or None) + query


def page(name: str, who: str = "ada", **more: Any) -> Opening:
    """An opening; every argument that :class:`Opening` does not have stands in the address."""
    own = {key: more.pop(key) for key in ("query", "then", "path", "status") if key in more}
    return Opening(name, who, more, **own)


def sees(selector: str) -> Then:
    return lambda tab: tab.locator(selector).first.wait_for()


def sends(field: str) -> Then:
    """Sends the form of a field as it is, for the errors that come back."""

    def then(tab: Any) -> None:
        with tab.expect_navigation():
            tab.locator(f"[name={field}]").press("Enter")

    return then


def _invites(tab: Any) -> None:
    """As far as the page that says how the link is handed over."""
    tab.locator("[name=email]").fill("otto@example.org")
    sends("email")(tab)


def _sends_a_text(tab: Any) -> None:
    """Into the photos: the row of a file that is refused."""
    file = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture"}
    tab.locator("#upload-files").set_input_files(files=[file])
    tab.locator(".photo-row", has_text="notes.txt").wait_for()


def _fails(tab: Any) -> None:
    """What whoever meets a fault of ours sees; it is made without database or session."""
    tab.set_content(render_to_string("500.html"))
    tab.get_by_role("heading", name="Something went wrong").wait_for()


def _selects_an_asset(tab: Any) -> None:
    tab.get_by_role("button", name="Ahr bridge").click()
    tab.locator("#card h2").wait_for()


def _sees_the_keys(tab: Any) -> None:
    tab.keyboard.press("?")
    tab.locator("#keys[open]").wait_for()


def _opens_all(tab: Any) -> None:
    """Everything that is folded: details, and the lines of a photo."""
    tab.locator("#viewer canvas").wait_for()
    tab.locator(".measurement").first.click()
    tab.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")


def _marks_two_points(tab: Any) -> None:
    tab.locator("#viewer canvas").wait_for()
    tab.locator("[data-measure]").click()
    tab.locator("#two-points").wait_for()


PLAN = "#camera=mavic-3e&distance=0.6&element-width=12&element-height=3.5"
BRIDGE, VISIT, MEMBER = {"pk": "bridge"}, {"pk": "visit"}, {"pk": "ines"}
KEY = {"uidb36": "uid", "key": "key"}

PAGES = [
    page("portfolio", then=sees("#map canvas")),
    page("portfolio", then=_selects_an_asset),
    page("portfolio", query="?search=nothing+like+it"),
    page("portfolio", "olga"),
    page("portfolio", "nils"),
    page("asset", **BRIDGE, then=sees("#plot-mm .main-svg")),
    page("asset", **BRIDGE, query="?defect={spalling}", then=sees("#plot-extent .main-svg")),
    page("asset", pk="wall", then=sees("#plot-px .main-svg")),
    page("asset", "mia", pk="dam"),
    page("asset-new", then=sees("#pickmap canvas")),
    page("asset-new", then=sends("name")),
    page("asset-edit", **BRIDGE),
    page("element-new", **BRIDGE),
    page("element-edit", pk="pier"),
    page("marker-card", **BRIDGE),
    page("inspections"),
    page("inspections", "olga"),
    page("capture"),
    page("capture", "olga"),
    page("inspection-new", **BRIDGE),
    page("inspection-edit", **VISIT),
    page("inspection", **VISIT),
    page("inspection", pk="empty_visit", then=_sends_a_text),
    page("inspection", "mia", **VISIT, query="?show=attention"),
    page("photo", "emil", pk="photo", then=_opens_all),
    page("photo", "ada", pk="photo", then=_marks_two_points),
    page("photo", "emil", pk="unmatched", then=_opens_all),
    page("photo", "emil", pk="without_scale", then=_opens_all),
    page("photo", pk="clear"),
    page("photo", pk="queued"),
    page("photo", pk="failed"),
    page("photo", pk="rejected"),
    page("alerts"),
    page("alerts", "olga"),
    page("members"),
    page("members", "mia"),
    page("member", **MEMBER),
    page("member", pk="ada_here"),
    page("member-remove", **MEMBER),
    page("member-second-factor", **MEMBER),
    page("member-invite", then=_invites),
    page("member-invite", then=sends("email")),
    page("organisation"),
    page("organisation", "sam"),
    page("ledger-names", pk="rhine"),
    page("ledger-name-erase", pk="rhine", key="who_left"),
    page("organisation-leave", pk="ada_here"),
    page("invitation", "", token="token_for_nora"),
    page("invitation", "nils", token="token_for_nils"),
    page("invitation", "ada", token="token_for_nora", status=403),
    page("models"),
    page("planner", then=_sees_the_keys),
    page("planner", query=PLAN, then=sees("#frames")),
    page("planner-offline", "", query=PLAN, then=sees("#frames")),
    page("account"),
    page("account", "sam"),
    page("api-docs", then=sees(".swagger-ui .opblock")),
    page("openid-callback", "", query="?error=access_denied", status=403),
    page("account_login", ""),
    page("account_login", "", then=sends("password")),
    page("account_logout"),
    page("account_signup", ""),
    page("account_inactive", ""),
    page("account_inactive", "", then=_fails),
    page("account_reauthenticate"),
    page("account_change_password"),
    page("account_change_password", then=sends("oldpassword")),
    page("account_reset_password", ""),
    page("account_reset_password_done", ""),
    page("account_reset_password_from_key", "", **KEY),
    page("account_reset_password_from_key", "", uidb36="1", key="none"),
    page("account_reset_password_from_key_done", ""),
    page("mfa_index"),
    page("mfa_index", "sam"),
    page("mfa_index", "rita"),
    page("mfa_authenticate", "pending"),
    page("mfa_reauthenticate", "sam"),
    page("mfa_activate_totp"),
    page("mfa_activate_totp", "rita"),
    page("mfa_deactivate_totp", "sam"),
    page("mfa_view_recovery_codes", "sam"),
    page("mfa_generate_recovery_codes", "sam"),
    page("", path="/nothing/here/", status=404),
    page("", "", path="/nothing/here/", status=404),
    page("asset-new", "mia", status=403),
]

MACHINES = "answers programs, not people"
FILE = "is a file"
FORM = "takes what a form of a page sends, and leads to a page"
PART = "is a part of a page, which is looked at as a whole"
NO_PAGES = {
    "healthz": MACHINES,
    "readyz": MACHINES,
    "metrics": MACHINES,
    "news": MACHINES,
    "api-schema": MACHINES,
    "planner-worker": FILE,
    "photo-original": FILE,
    "photo-thumbnail": FILE,
    "photo-mask": FILE,
    "photo-tile": FILE,
    "marker-card-pdf": FILE,
    "mfa_download_recovery_codes": FILE,
    "portfolio-list": PART,
    "asset-card": PART,
    "asset-body": PART,
    "inspection-photos": PART,
    "shell-banner": PART,
    "defect": "leads to the page of its asset",
    "asset-send": "leads to the page of an inspection",
    "account_set_password": "leads to the page that changes the password",
    "openid-leave": FORM,
    "inspection-scale": FORM,
    "inspection-distance": FORM,
    "inspection-scale-undo": FORM,
    "photo-scale": FORM,
    "photo-two-points": FORM,
    "photo-retry": FORM,
    "photo-review": FORM,
    "measurement-identify": FORM,
    "region-identify": FORM,
    "defect-merge": FORM,
    "alert-acknowledge": FORM,
    "member-role": FORM,
    "member-deactivate": FORM,
    "member-reactivate": FORM,
    "member-new-password": FORM,
    "organisation-second-factor": FORM,
    "organisation-ledger-retry": FORM,
    "invitation-renew": FORM,
    "invitation-withdraw": FORM,
    "session-end": FORM,
    "session-end-others": FORM,
    "token-revoke": FORM,
}
