"""The shipped networks and their cards."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.api.serializers.models import ShippedModelSerializer
from portal.model_cards import list_models


class ModelsView(APIView):
    """The networks that analyse photos in this installation."""

    serializer_class = ShippedModelSerializer

    @extend_schema(
        operation_id="model_list",
        summary="List the networks with their cards",
        tags=["models"],
        responses=ShippedModelSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """All of them by name; few, so there are no pages. An analysis names the one it comes from
        by ``name`` and ``sha256``.
        """
        return Response(ShippedModelSerializer(list_models(), many=True).data)
