"""Serializers of the shipped networks."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from portal.model_cards import BrokenModel, ShippedModel


class WeightsFileSerializer(serializers.Serializer):
    """One file of weights; the hash is checked at every load."""

    file = serializers.CharField()
    precision = serializers.CharField()
    size_bytes = serializers.IntegerField()
    sha256 = serializers.CharField()


class ShippedModelSerializer(serializers.Serializer):
    """A network with its card; where ``problem`` says why the card cannot be read, only its name.

    ``card`` is the whole card as it lies beside the weights: data and terms, split, every figure
    per set with the number of pictures and intervals, calibration, speed.
    """

    name = serializers.CharField()
    problem = serializers.CharField(allow_null=True)
    task = serializers.CharField(allow_null=True)
    title = serializers.CharField(allow_null=True)
    terms = serializers.CharField(allow_null=True)
    date = serializers.CharField(allow_null=True)
    commit = serializers.CharField(allow_null=True)
    threshold = serializers.FloatField(allow_null=True)
    files = WeightsFileSerializer(many=True)
    card = serializers.DictField(allow_null=True)

    def to_representation(self, instance: ShippedModel | BrokenModel) -> dict[str, Any]:
        if isinstance(instance, BrokenModel):
            nothing = dict.fromkeys(("task", "title", "terms", "date", "commit", "threshold"))
            return {
                "name": instance.name,
                "problem": instance.sentence,
                **nothing,
                "files": [],
                "card": None,
            }
        return {
            "name": instance.name,
            "problem": None,
            "task": instance.task,
            "title": instance.title,
            "terms": instance.terms,
            "date": instance.date or None,
            "commit": instance.commit or None,
            "threshold": instance.threshold,
            "files": [dict(each) for each in instance.files],
            "card": dict(instance.card),
        }
