"""Alerts: listing and acknowledging them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from assets.models import Alert
from assets.selectors.alerts import list_alerts
from assets.services.alerts import acknowledge
from portal.access import require
from portal.api.filters import AlertFilters
from portal.api.serializers.alerts import AcknowledgeSerializer, AlertSerializer
from portal.api.serializers.problem import ProblemSerializer


@extend_schema_view(
    list=extend_schema(summary="List alerts"), retrieve=extend_schema(summary="One alert")
)
@extend_schema(tags=["alerts"])
class AlertViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Alerts: a new crack, a crack that got worse, photos that could not be matched."""

    serializer_class = AlertSerializer
    filterset_class = AlertFilters
    ordering_fields = ["opened_at", "updated_at", "level", "width_mm"]
    ordering = ["-opened_at"]
    queryset = Alert.objects.all()
    lookup_value_converter = "int"

    def get_queryset(self) -> Any:
        return list_alerts(self.request.user, open_only=False)

    @extend_schema(
        summary="Acknowledge an alert",
        request=AcknowledgeSerializer,
        responses={
            200: AlertSerializer,
            409: OpenApiResponse(ProblemSerializer, "It was settled meanwhile."),
        },
    )
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: int) -> Response:
        """Somebody has it in hand; the note says what was done or decided."""
        alert = self.get_object()
        require(request.user, "alert.acknowledge", alert.organisation_id)
        sent = AcknowledgeSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        acknowledge(alert=alert, actor=request.user, note=sent.validated_data["note"])
        fresh = self.get_queryset().get(pk=alert.pk)
        return Response(AlertSerializer(fresh, context=self.get_serializer_context()).data)
