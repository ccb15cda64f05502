"""The schema, and a page for people to read it: no script of ours or theirs inside the page.

Open to everybody: it holds no data, and who wants a token must be able to read how to get one.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api import schema  # noqa: F401  registers how one signs in


@extend_schema(exclude=True)
class SchemaView(SpectacularAPIView):
    """OpenAPI 3 as YAML, or as JSON for who accepts it."""

    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []


@extend_schema(exclude=True)
class DocumentationView(SpectacularSwaggerSplitView):
    """Swagger UI from the installed files; its start script is a second answer of this address."""

    url_name = "api-schema"
    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []
    template_name = "api/documentation.html"
    template_name_js = "api/documentation.js"

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().get(request, *args, **kwargs)
        # The answer differs by session: a signed-in browser may try calls with its own cookie.
        response.headers["Cache-Control"] = "private, no-store"
        return response
