"""Tokens: e-mail address, password (and code) give a token."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import exceptions, serializers, status
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assets.models import User
from portal.api.authentication import TokenAuthentication, issue_token
from portal.api.fields import Text
from portal.api.serializers.problem import ProblemSerializer
from portal.api.throttles import SignInThrottle
from portal.models import ApiToken
from portal.second_factor import is_missing, refusal
from portal.sign_in.codes import is_right
from portal.sign_in.ledger import note, note_failed_person


class CredentialsSerializer(serializers.Serializer):
    """The body of the request."""

    username = Text(max_length=254, help_text=gettext_lazy("Your e-mail address."))
    password = Text(max_length=1024, trim_whitespace=False, style={"input_type": "password"})
    code = Text(
        required=False,
        max_length=20,
        help_text=gettext_lazy(
            "Six digits from your authenticator, or a recovery code, where a second factor is set."
        ),
    )
    label = Text(required=False, max_length=80, help_text=gettext_lazy("What this token is for."))


class TokenSerializer(serializers.Serializer):
    """The answer. It is the only one that shows the token."""

    token = serializers.CharField()
    expires_at = serializers.DateTimeField()


def _check_password(request: Request, username: str, password: str) -> Any:
    """The person, by the same limits as the sign-in page; unknown and wrong look alike."""
    name = username.strip().lower()
    try:
        user = get_adapter().authenticate(request._request, email=name, password=password)
    except ValidationError as error:
        raise exceptions.Throttled(
            wait=settings.HELD_S,
            detail=_("There were too many failed sign-ins; this name is held."),
        ) from error
    if user is not None and not user.is_active:
        note_failed_person(request._request, user, "switched off")
    if user is None or not user.is_active:
        raise _wrong_credentials()
    return user


def _wrong_credentials() -> exceptions.AuthenticationFailed:
    return exceptions.AuthenticationFailed(
        _("This e-mail address and password do not fit together."), code="wrong_credentials"
    )


def _require_unchanged(user: Any, factor: str) -> None:
    """No token for a password or a lack of a factor that ended while it was being checked.

    Whoever changes them holds the account's row and revokes tokens; after that none comes.
    """
    row = User.objects.select_for_update().get(pk=user.pk)
    if row.password != user.password or (not factor and is_mfa_enabled(row)):
        raise _wrong_credentials()


def _check_second_factor(request: Request, user: Any, code: str) -> str:
    """Checks the code, if the person has or needs a second factor; each code works once.

    Returns:
        the kind of second factor that was used; empty = none.
    """
    if not is_mfa_enabled(user):
        if is_missing(user):
            raise refusal()
        return ""
    if not code:
        note_failed_person(request._request, user, "right password, but no code")
        raise exceptions.AuthenticationFailed(
            _("A second factor is set for this account. Send its code too, in the field “code”."),
            code="second_factor_needed",
        )
    try:
        forget_tries = check_rate_limit(user)
    except ValidationError as error:
        raise exceptions.Throttled(
            wait=settings.HELD_S, detail=_("There were too many wrong codes; this account is held.")
        ) from error
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES]
    for authenticator in Authenticator.objects.filter(user_id=user.pk, type__in=kinds):
        if is_right(authenticator, code):
            forget_tries()
            return str(authenticator.type)
    note_failed_person(request._request, user, "wrong code")
    raise exceptions.AuthenticationFailed(
        _(
            "This code is wrong, has run out or was used before; if the next one is refused too, "
            "the clocks differ."
        ),
        code="wrong_code",
    )


class AuthTokenView(APIView):
    """Get a token, or give it back."""

    throttle_classes = [SignInThrottle]
    serializer_class = CredentialsSerializer

    def get_authenticators(self) -> list[Any]:
        # Who asks for a token has none, or one that has run out: the header is not looked at.
        method = getattr(self.request, "method", "") if hasattr(self, "request") else ""
        return [] if method == "POST" else [TokenAuthentication(wants_factor=False)]

    def get_authenticate_header(self, request: Request) -> str:
        return TokenAuthentication.keyword

    def get_permissions(self) -> list[Any]:
        method = getattr(self.request, "method", "")
        return [AllowAny()] if method == "POST" else [IsAuthenticated()]

    @extend_schema(
        operation_id="auth_token_create",
        summary="Get a token",
        auth=[],
        request=CredentialsSerializer,
        responses={
            200: TokenSerializer,
            401: OpenApiResponse(ProblemSerializer, "Wrong, or a second factor's code is needed."),
            403: OpenApiResponse(ProblemSerializer, "A second factor must be set up first."),
            429: OpenApiResponse(ProblemSerializer, "Too many tries; wait a little."),
        },
    )
    def post(self, request: Request) -> Response:
        """Signs in by ``username`` (the e-mail address), ``password`` and, where set, ``code``.

        Send the token with each request: ``Authorization: Token …``. It is stored as a hash only,
        runs out at ``expires_at`` and can be given back by DELETE.
        """
        sent = CredentialsSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        data = sent.validated_data
        user = _check_password(request, data["username"], data["password"])
        factor = _check_second_factor(request, user, data.get("code", "").strip())
        with transaction.atomic():
            _require_unchanged(user, factor)
            key, token = issue_token(user=user, label=data.get("label", ""))
        how = ["password", factor] if factor else ["password"]
        note(user, "access.token_made", request._request, how=how, **token.in_words())
        body = TokenSerializer({"token": key, "expires_at": token.expires_at}).data
        return Response(body, headers={"Cache-Control": "no-store"})

    @extend_schema(
        operation_id="auth_token_revoke",
        summary="Give back the token used",
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request) -> Response:
        """Revokes the token that this request was sent with, at once."""
        token = request.auth
        ApiToken.objects.filter(pk=token.pk).update(revoked_at=timezone.now())
        note(request.user, "access.token_revoked", request._request, **token.in_words())
        return Response(status=status.HTTP_204_NO_CONTENT)
