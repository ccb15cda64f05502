"""The addresses of allauth that we use, one by one; no others exist.

Nobody adds or changes an e-mail address by themselves, and nobody signs up.
"""

from __future__ import annotations

from allauth.account import views
from django.urls import include, path, re_path

from portal.sign_in.openid.pages import callback, leave
from portal.sign_in.pages import by_invitation, forgotten, no_password
from portal.sign_in.set_up import set_up_second_factor

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("signup/", by_invitation, name="account_signup"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("password/set/", no_password, name="account_set_password"),
    path("password/reset/", forgotten, name="account_reset_password"),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/key/done/",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("oidc/", leave, name="openid-leave"),
    path("oidc/callback/", callback, name="openid-callback"),
    path("2fa/totp/activate/", set_up_second_factor, name="mfa_activate_totp"),
    path("2fa/", include("allauth.mfa.urls")),
]
