"""Serializers of findings: code, values, and the sentence in the reader's language."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from assets.findings import Said
from assets.kept.quality import quality as read_quality
from assets.kept.values import writable
from portal.findings import all_said, said


class FindingsSerializer(serializers.ListSerializer):
    """The findings of a row; what should be a list and is none has one to say, or none."""

    def to_representation(self, findings: Any) -> list[dict[str, Any]]:
        return [_as_told(told) for told in all_said(findings)]


def _as_told(told: Said) -> dict[str, Any]:
    return {
        "code": told.code,
        "sentence": told.sentence,
        "remedy": told.remedy,
        "values": writable(told.values),
    }


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

    class Meta:
        list_serializer_class = FindingsSerializer

    def to_representation(self, finding: Any) -> dict[str, Any]:
        return _as_told(said(finding))


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
        kept = read_quality(quality)
        return {
            "fit_to_detect": bool(kept.fit_to_detect),
            "fit_to_measure": bool(kept.fit_to_measure),
            "reasons": self.fields["reasons"].to_representation(kept.reasons),
            "metrics": dict(kept.metrics),
        }
