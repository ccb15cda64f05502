"""A fact in three parts, as the API tells it."""

from __future__ import annotations

from rest_framework import serializers


class FindingSerializer(serializers.Serializer):
    """Something worth knowing: a code, a sentence, and what to do about it."""

    code = serializers.CharField()
    sentence = serializers.CharField()
    remedy = serializers.CharField(required=False)
