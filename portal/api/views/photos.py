"""One photo: its state, its findings, its scale, another try, its mask."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from assets.models import Analysis, Measurement, Photo, Region
from assets.services.queue import queue_position, retry_photo
from assets.services.review import settle_review
from assets.services.scale import set_photo_scale
from portal.access import require
from portal.api.serializers.photos import PhotoEditSerializer, PhotoSerializer, ReviewSerializer
from portal.api.serializers.problem import ProblemSerializer
from portal.files import AnyKind, mask_response


def current_analysis(photo: Photo) -> Analysis | None:
    """The last analysis of the photo, with its lines and their cracks; three queries."""
    lines = Measurement.objects.select_related("defect").defer("profile")
    areas = Region.objects.select_related("defect")
    return (
        Analysis.objects.filter(photo=photo, is_current=True)
        .prefetch_related(
            Prefetch("measurements", queryset=lines), Prefetch("regions", queryset=areas)
        )
        .first()
    )


def photo_body(pk: int, request: Request) -> dict[str, Any]:
    """A photo as the API shows it; 404 where this person may not see it."""
    mine = Photo.objects.visible_to(request.user).select_related("inspection__asset")
    photo = get_object_or_404(mine, pk=pk)
    place = queue_position(photo)
    context = {
        "request": request,
        "analysis": current_analysis(photo),
        "queue_positions": {} if place is None else {photo.pk: place},
    }
    return PhotoSerializer(photo, context=context).data


@extend_schema(tags=["photos"])
class PhotoViewSet(mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """One picture of a visit. The stored file is evidence: it is never changed."""

    serializer_class = PhotoSerializer
    queryset = Photo.objects.all()
    filter_backends = ()
    lookup_value_converter = "int"

    def get_queryset(self) -> Any:
        mine = Photo.objects.visible_to(self.request.user)
        return mine.select_related("inspection__asset", "element")

    @extend_schema(summary="One photo with what was found on it")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """``state`` is one of queued, processing, done, rejected, failed; ``reason`` says why."""
        return Response(photo_body(self.kwargs["pk"], request))

    @extend_schema(
        summary="Change a photo's scale",
        request=PhotoEditSerializer,
        responses={200: PhotoSerializer},
    )
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What is new about the scale measures again along the stored lines, in the background.

        Used is the best there is: a marker card in the picture (ours as it is, another one with
        ``marker_mm``), ``two_points``, ``gsd_mm_per_px`` (else the inspection's), camera and
        ``distance_m`` (else the inspection's); ``scale`` says which, once ``state`` is done again.
        Null takes a statement away.
        """
        photo = self.get_object()
        require(request.user, "photo.scale", photo.inspection.asset.organisation_id)
        sent = PhotoEditSerializer(
            data=request.data, partial=True, context=self.get_serializer_context()
        )
        sent.is_valid(raise_exception=True)
        set_photo_scale(photo=photo, actor=request.user, **sent.validated_data)
        return Response(photo_body(photo.pk, request))

    @extend_schema(
        summary="Analyse a failed or rejected photo again",
        request=None,
        responses={
            200: PhotoSerializer,
            409: OpenApiResponse(ProblemSerializer, "It is in no state that a retry could better."),
        },
    )
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: int) -> Response:
        """Queues the photo again with three new attempts."""
        photo = self.get_object()
        require(request.user, "photo.retry", photo.inspection.asset.organisation_id)
        retry_photo(photo=photo, actor=request.user)
        return Response(photo_body(photo.pk, request))

    @extend_schema(
        summary="Settle the review of a photo",
        request=ReviewSerializer,
        responses={
            200: PhotoSerializer,
            409: OpenApiResponse(ProblemSerializer, "It awaits no review."),
        },
    )
    @action(detail=True, methods=["post"])
    def review(self, request: Request, pk: int) -> Response:
        """An engineer has looked at a photo on which a limit lies inside a width's ± U."""
        photo = self.get_object()
        require(request.user, "photo.review", photo.inspection.asset.organisation_id)
        sent = ReviewSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        settle_review(photo=photo, actor=request.user, reason=sent.validated_data["reason"])
        return Response(photo_body(photo.pk, request))

    @extend_schema(
        summary="Where cracks were seen, as a picture",
        responses={
            (200, "image/png"): OpenApiTypes.BINARY,
            (206, "image/png"): OpenApiResponse(OpenApiTypes.BINARY, "The bytes that Range names."),
            304: OpenApiResponse(description="Unchanged since If-None-Match."),
            416: OpenApiResponse(ProblemSerializer, "Range names bytes behind the end."),
        },
    )
    @action(detail=True, methods=["get"], content_negotiation_class=AnyKind)
    def mask(self, request: Request, pk: int) -> HttpResponseBase:
        """PNG of 0 and 255 in the size of the upright photo."""
        return mask_response(request._request, self.get_object())
