"""Visits, and the upload of their photos."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from assets.models import Inspection
from assets.selectors.inspection import (
    inspection_photos,
    list_inspections,
    photo_counts,
    photo_results,
    queue_positions,
)
from assets.services.inspections import edit_inspection, open_inspection_once
from assets.services.intake import store_photo
from portal.access import actions_of_edit, require
from portal.api.filters import InspectionFilters, PhotoFilters, StrictFilters, StrictOrdering
from portal.api.parsers import MultiPartParser
from portal.api.serializers.inspections import InspectionEditSerializer, InspectionSerializer
from portal.api.serializers.photos import (
    PhotoRowSerializer,
    PhotoSerializer,
    PhotoUploadSerializer,
)
from portal.api.serializers.problem import ProblemSerializer
from portal.api.throttles import UploadThrottle
from portal.api.views.photos import photo_body
from portal.api.views.portfolio import RegisterViewSet


@extend_schema_view(
    list=extend_schema(summary="List inspections"),
    retrieve=extend_schema(summary="One inspection"),
    create=extend_schema(
        summary="Open an inspection",
        description="With a `client_key`, made by you for this one visit, it may be sent again: "
        "the same key with the same content gives the visit that it opened (200).",
        responses={
            201: InspectionSerializer,
            200: OpenApiResponse(InspectionSerializer, "The same key opened it before."),
            409: OpenApiResponse(ProblemSerializer, "The key came with something else before."),
        },
    ),
    partial_update=extend_schema(
        summary="Change an inspection",
        description="A new scale, distance or camera profile measures its photos again, those "
        "without a scale of their own.",
        request=InspectionEditSerializer,
    ),
)
@extend_schema(tags=["inspections"])
class InspectionViewSet(RegisterViewSet):
    """Visits to assets."""

    serializer_class = InspectionSerializer
    filterset_class = InspectionFilters
    ordering_fields = ["held_on", "asset", "created_at"]
    ordering = ["-held_on"]
    queryset = Inspection.objects.all()
    _photo_counts: dict[int, dict[str, int]] = {}  # of the page of the list being shown

    def get_queryset(self) -> Any:
        return list_inspections(self.request.user)

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        if self.action == "list":
            self._photo_counts = photo_counts(self.request.user, page)
        return page

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "photo_counts": self._photo_counts}

    def get_serializer_class(self) -> Any:
        if self.action == "partial_update":
            return InspectionEditSerializer
        return InspectionSerializer

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        data = {"client_key": "", **serializer.validated_data}
        asset = data.pop("asset")
        require(request.user, "inspection.edit", asset.organisation_id)
        opened = open_inspection_once(asset=asset, actor=request.user, **data)
        body = self.get_serializer(opened.inspection).data
        code = status.HTTP_201_CREATED if opened.created else status.HTTP_200_OK
        return Response(body, status=code, headers={"Location": body["url"]})

    def perform_update(self, serializer: Any) -> None:
        inspection = serializer.instance
        changed = serializer.validated_data
        for needed in actions_of_edit(changed):
            require(self.request.user, needed, inspection.asset.organisation_id)
        edit_inspection(inspection=inspection, actor=self.request.user, **changed)
        serializer.instance = self.get_queryset().get(pk=inspection.pk)

    @extend_schema(
        summary="List the photos of an inspection",
        responses=PhotoRowSerializer(many=True),
        filters=True,
    )
    @action(
        detail=True,
        methods=["get"],
        url_path="photos",
        url_name="photos",
        parser_classes=[MultiPartParser],
        throttle_classes=[UploadThrottle],
        filterset_class=PhotoFilters,
        ordering_fields=["captured_at", "received_at", "state", "original_name"],
        ordering=["captured_at"],
    )
    def photos(self, request: Request, pk: int) -> Response:
        """The photos of this visit and where each stands."""
        inspection = self._visible()
        photos = inspection_photos(request.user, inspection)
        for backend in (StrictFilters(), StrictOrdering()):
            photos = backend.filter_queryset(request, photos, self)
        page = self.paginate_queryset(photos)
        context = {
            **self.get_serializer_context(),
            "queue_positions": queue_positions(page),
            "results": photo_results(request.user, page),
        }
        return self.get_paginated_response(
            PhotoRowSerializer(page, many=True, context=context).data
        )

    @extend_schema(
        summary="Send one photo",
        request={"multipart/form-data": PhotoUploadSerializer},
        responses={
            201: PhotoSerializer,
            200: OpenApiResponse(PhotoSerializer, "The same photo was here already."),
            400: OpenApiResponse(ProblemSerializer, "No file, 0 bytes, damaged, a wrong scale."),
            409: OpenApiResponse(ProblemSerializer, "The key came with something else before."),
            413: OpenApiResponse(ProblemSerializer, "Too many bytes or pixels."),
            415: OpenApiResponse(ProblemSerializer, "No picture, or a kind that is not taken."),
        },
        filters=False,
    )
    @photos.mapping.post
    def send_photo(self, request: Request, pk: int) -> Response:
        """Takes one photo in and queues it for analysis; sending it twice is harmless.

        The same bytes again give the same photo (200). Sent again with another scale, it is
        measured again without a new detection. With a `client_key`, made by you for this one
        photo, sending it again changes nothing; the same key with another photo, visit, element or
        scale is refused (409).
        """
        inspection = self._visible()
        require(request.user, "photo.upload", inspection.asset.organisation_id)
        sent = PhotoUploadSerializer(data=request.data, context=self.get_serializer_context())
        sent.is_valid(raise_exception=True)
        data = sent.validated_data
        stored = store_photo(
            inspection=inspection,
            file=data["file"],
            uploaded_by=request.user,
            original_name=data["file"].name,
            gsd_mm_per_px=data.get("gsd_mm_per_px"),
            distance_m=data.get("distance_m"),
            marker_mm=data.get("marker_mm"),
            marker_family=data.get("marker_family", ""),
            element=data.get("element"),
            client_key=data.get("client_key", ""),
        )
        body = photo_body(stored.photo.pk, request)
        code = status.HTTP_201_CREATED if stored.created else status.HTTP_200_OK
        return Response(body, status=code, headers={"Location": body["url"]})

    def _visible(self) -> Inspection:
        """The visit of the address, whatever filters the list of its photos is given."""
        return get_object_or_404(list_inspections(self.request.user), pk=self.kwargs["pk"])
