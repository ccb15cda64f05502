"""A fact as the API tells it: its code and values, and the sentence in the reader's language."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from portal.findings import said


class FindingSerializer(serializers.Serializer):
    """Something worth knowing: a code, its values, a sentence, and what to do about it.

    Programs match on the code and read the values; the sentence is put together from them.
    """

    code = serializers.CharField()
    sentence = serializers.CharField()
    remedy = serializers.CharField()
    values = serializers.DictField(
        child=serializers.JSONField(),
        help_text=_(
            "Numbers and texts by name, each with its unit, such as tilt_deg; empty where only a "
            "sentence was kept."
        ),
    )

    def to_representation(self, finding: Any) -> dict[str, Any]:
        told = said(finding)
        return {
            "code": told.code,
            "sentence": told.sentence,
            "remedy": told.remedy,
            "values": dict(told.values),
        }


class QualitySerializer(serializers.Serializer):
    """Whether cracks could be searched in the picture, and widths measured; with the reasons."""

    fit_to_detect = serializers.BooleanField()
    fit_to_measure = serializers.BooleanField()
    reasons = FindingSerializer(many=True)
    metrics = serializers.DictField(
        child=serializers.FloatField(allow_null=True),
        help_text=_("What was measured, by name with its unit."),
    )

    def to_representation(self, quality: Any) -> dict[str, Any]:
        serializer = self.fields["reasons"].child
        reasons = [serializer.to_representation(one) for one in quality.get("reasons") or ()]
        return {**quality, "reasons": reasons}
