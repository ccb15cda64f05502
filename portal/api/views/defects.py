"""Defects over the years, and people's decisions which defect a line or a region is."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from assets.models import Defect, Measurement, Region
from assets.selectors.history import as_points, defect_history, sights_of, whole_history
from assets.services.identity import identify, merge_defects
from portal.access import require
from portal.api.fields import Text, VisibleField
from portal.api.filters import DefectFilters
from portal.api.serializers.measurements import (
    DefectDetailSerializer,
    DefectSerializer,
    HistorySerializer,
    MeasuredCrackSerializer,
)
from portal.api.serializers.regions import RegionSerializer

MOST_POINTS = 500  # of a history within its defect; all of them come in pages


class MergeSerializer(serializers.Serializer):
    """Which defect this one is part of."""

    into = VisibleField(queryset=Defect.objects.all())
    reason = Text(required=False, allow_blank=True, default="", max_length=2000)


class DecisionSerializer(serializers.Serializer):
    """Which defect a line or a region is."""

    defect = VisibleField(
        queryset=Defect.objects.all(),
        allow_null=True,
        help_text=_("The defect that it is, of the same kind, or null for a new one."),
    )
    reason = Text(required=False, allow_blank=True, default="", max_length=2000)


@extend_schema_view(list=extend_schema(summary="List defects"))
@extend_schema(tags=["defects"])
class DefectViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Physical defects, by kind; each lives for years and is seen on many photos."""

    serializer_class = DefectSerializer
    filterset_class = DefectFilters
    ordering_fields = [
        "number",
        "level",
        "width_mm",
        "extent_mm",
        "first_seen_at",
        "last_seen_at",
        "asset",
    ]
    ordering = ["asset", "number"]
    queryset = Defect.objects.all()
    lookup_value_converter = "int"

    def get_queryset(self) -> Any:
        defects = Defect.objects.visible_to(self.request.user)
        return defects.select_related(
            "asset", "element", "latest_measurement", "latest_region"
        ).defer(
            "latest_measurement__centreline_px",
            "latest_measurement__profile",
            "latest_region__outline_px",
        )

    def _detail(self, defect: Defect) -> Response:
        history = defect_history(self.request.user, defect, MOST_POINTS)
        context = {**self.get_serializer_context(), "history": history}
        return Response(DefectDetailSerializer(defect, context=context).data)

    def _defect(self, pk: int) -> Defect:
        return get_object_or_404(self.get_queryset(), pk=pk)

    @extend_schema(summary="One defect with its history", responses=DefectDetailSerializer)
    def retrieve(self, request: Request, pk: int) -> Response:
        """The defect with its current measurements in the order of capture, 500 at most.

        Where there are more, ``history_is_thinned`` says so: the first and the last stay, and
        between them the widest of a few at moments that lie evenly in time. ``history_url`` lists
        them all, page by page.
        """
        return self._detail(self._defect(pk))

    @extend_schema(
        summary="The whole history of a defect",
        responses=HistorySerializer(many=True),
        filters=False,
    )
    @action(detail=True, methods=["get"], filter_backends=())
    def history(self, request: Request, pk: int) -> Response:
        """Every current measurement of the defect in the order of capture, page by page."""
        defect = self._defect(pk)
        page = self.paginate_queryset(
            whole_history(request.user, defect).values_list("pk", flat=True)
        )
        points = as_points(sights_of(request.user, defect).filter(pk__in=page))
        return self.get_paginated_response(HistorySerializer(points, many=True).data)

    @extend_schema(
        summary="Merge a defect into another",
        request=MergeSerializer,
        responses={200: DefectDetailSerializer},
    )
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, pk: int) -> Response:
        """Says that this defect and ``into``, of one kind, are one; the answer is what remains."""
        defect = self._defect(pk)
        require(request.user, "defect.identify", defect.asset.organisation_id)
        sent = MergeSerializer(data=request.data, context=self.get_serializer_context())
        sent.is_valid(raise_exception=True)
        data = sent.validated_data
        merge_defects(defect=defect, into=data["into"], actor=request.user, reason=data["reason"])
        return self._detail(self._defect(data["into"].pk))


class Decided(viewsets.GenericViewSet):
    """What a person may say of one line or region of one analysis: which defect it is."""

    filter_backends = ()
    lookup_value_converter = "int"

    def get_queryset(self) -> Any:
        return self.queryset.model.objects.visible_to(self.request.user).select_related(
            "defect", "analysis__photo__inspection__asset"
        )

    def _decide(self, request: Request, pk: int) -> Response:
        sight = get_object_or_404(self.get_queryset(), pk=pk)
        asset = sight.analysis.photo.inspection.asset
        require(request.user, "defect.identify", asset.organisation_id)
        sent = DecisionSerializer(data=request.data, context=self.get_serializer_context())
        sent.is_valid(raise_exception=True)
        identify(sight=sight, actor=request.user, **sent.validated_data)
        decided = self.get_queryset().get(pk=sight.pk)
        return Response(self.get_serializer(decided).data)


@extend_schema(tags=["defects"])
class MeasurementViewSet(Decided):
    """One line of one analysis."""

    serializer_class = MeasuredCrackSerializer
    queryset = Measurement.objects.all()

    @extend_schema(
        summary="Decide which crack a line is",
        request=DecisionSerializer,
        responses={200: MeasuredCrackSerializer},
    )
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: int) -> Response:
        """Settles a line that awaits a person, or moves one that was taken for the wrong crack."""
        return self._decide(request, pk)


@extend_schema(tags=["defects"])
class RegionViewSet(Decided):
    """One region of one analysis."""

    serializer_class = RegionSerializer
    queryset = Region.objects.all()

    @extend_schema(
        summary="Decide which defect a region is",
        request=DecisionSerializer,
        responses={200: RegionSerializer},
    )
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: int) -> Response:
        """Settles a region that awaits a person, or moves one that was taken for another defect."""
        return self._decide(request, pk)
