"""The address ``/news/`` of the API: what changed since a client last asked."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assets.selectors.news import CURSOR, news
from portal.api.serializers.news import NewsSerializer

SINCE = OpenApiParameter(
    "since",
    {"type": "string", "pattern": f"^(?:{CURSOR})?$"},
    description="The cursor of the answer before. Left out: everything is new.",
)


class NewsView(APIView):
    """Which assets were touched, so that a client reads only these again."""

    serializer_class = NewsSerializer

    @extend_schema(
        operation_id="news",
        summary="What changed since a cursor",
        tags=["news"],
        parameters=[SINCE],
        responses=NewsSerializer,
    )
    def get(self, request: Request) -> Response:
        """Nothing is missed between two answers. Where more changed than is worth listing, where
        you joined or left an organisation since, or without a cursor, ``everything`` is true.
        """
        found = news(request.user, request.query_params.get("since", ""))
        answer = Response(NewsSerializer(found).data)
        answer["Cache-Control"] = "private, no-store"
        return answer
