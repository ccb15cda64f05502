"""Serializer of what changed since a client last asked."""

from __future__ import annotations

from rest_framework import serializers


class AssetNewsSerializer(serializers.Serializer):
    """The changes of one asset.

    ``map_cells``: where its marker is and was: quadkeys of map tiles of zoom 24 as numbers, two
    bits a zoom level, the coarsest first. ``on_map``: the map or its list shows it otherwise now.
    ``whole``: more than what is said of ``photos`` and ``inspections`` may have changed.
    """

    id = serializers.IntegerField()
    map_cells = serializers.ListField(child=serializers.IntegerField())
    on_map = serializers.BooleanField()
    whole = serializers.BooleanField()
    photos = serializers.ListField(child=serializers.IntegerField())
    inspections = serializers.ListField(child=serializers.IntegerField())


class NewsSerializer(serializers.Serializer):
    """Send ``cursor`` as ``since`` the next time. ``everything``: read anew whatever you show."""

    cursor = serializers.CharField(allow_blank=True)
    everything = serializers.BooleanField()
    assets = AssetNewsSerializer(many=True)
    alerts = serializers.BooleanField(help_text="Whether an alert changed.")
