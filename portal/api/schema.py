"""Adds to every operation of the OpenAPI schema how one signs in, and each way it can fail.

Views name only the problems that are theirs; what any operation can answer is added here, once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import AllowAny

from portal.api.fields import Text
from portal.api.patterns import ROW_ID, SAYS_SOMETHING, SOUND
from portal.api.problems import MEDIA_TYPE
from portal.api.serializers.problem import ProblemSerializer

RETRY_AFTER = {
    "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait, where known."}
}


class TokenScheme(OpenApiAuthenticationExtension):
    """``Authorization: Token hl_…``."""

    target_class = "portal.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "The word Token, a space, and the key from POST /api/v1/auth/token/.",
        }


class SessionScheme(OpenApiAuthenticationExtension):
    """The cookie of a signed-in browser; what changes something also needs its CSRF token."""

    target_class = "portal.api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


class Schema(AutoSchema):
    """An operation with all of its answers."""

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        for status, description in self._problems():
            if status not in bodies:
                answer = OpenApiResponse(ProblemSerializer, description)
                bodies[status] = self._get_response_for_code(answer, status, direction=direction)
        return dict(sorted(bodies.items()))

    def _get_response_for_code(
        self,
        serializer: Any,
        status_code: str,
        media_types: Any = None,
        direction: Any = "response",
    ) -> dict[str, Any]:
        if status_code >= "400":
            media_types = [MEDIA_TYPE]
        return super()._get_response_for_code(serializer, status_code, media_types, direction)

    def _get_response_headers_for_code(
        self, status_code: str, direction: Any = "response"
    ) -> dict[str, Any]:
        headers = super()._get_response_headers_for_code(status_code, direction)
        return {**headers, **RETRY_AFTER} if status_code in ("429", "503") else headers

    def map_parsers(self) -> list[str]:
        """JSON is what is promised; forms are read too, but a form's values have no types."""
        kinds = super().map_parsers()
        return ["application/json"] if "application/json" in kinds else kinds

    def _problems(self) -> Iterator[tuple[str, str]]:
        """(status, when) of what this operation can answer beside what its view says."""
        signs_in = not any(isinstance(one, AllowAny) for one in self.view.get_permissions())
        changes = self.method not in ("GET", "HEAD")
        takes_body = changes and self.get_request_serializer() is not None
        yield "400", "Something sent is wrong, or cannot be read; `fields` names what."
        if signs_in:
            yield "401", "Not signed in, or the token is not known, was revoked or has expired."
        if signs_in:
            yield "403", "Your role may not do this, or a second factor must be set up first."
        if signs_in and ("{" in self.path or takes_body or self._is_list_view()):
            yield "404", "Nothing there that you may see."
        if issubclass(self.view.content_negotiation_class, DefaultContentNegotiation):
            yield "406", "No kind of answer that is accepted is given here."
        if takes_body:
            yield "413", "The request is too large."
            yield "415", "No kind of body that is taken here."
        if self.method == "POST" and self.view.throttle_classes:  # both count POST alone
            yield "429", "Too often; wait a little."
        yield "503", "The database does not answer in time."
        if changes:
            yield "507", "The server's disk is full; nothing was stored."

    def _resolve_path_parameters(self, variables: Any) -> list[dict[str, Any]]:
        parameters = super()._resolve_path_parameters(variables)
        for parameter in parameters:
            if parameter["name"] == "id":
                parameter["schema"] = ROW_ID
        return parameters

    def _insert_field_validators(self, field: Any, schema: dict[str, Any]) -> None:
        super()._insert_field_validators(field, schema)
        if isinstance(field, Text) and schema.get("type") == "string":
            trimmed = field.trim_whitespace and not field.allow_blank
            schema["pattern"] = SAYS_SOMETHING if trimmed else SOUND
