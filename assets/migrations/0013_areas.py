"""Areal defects get identity, grade and numbers; regions of before are numbered an analysis.

Nobody saw regions before, so their identity stays empty: no person is asked about them until their
photo is analysed again.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, OuterRef, Q, Subquery, Window
from django.db.models.functions import RowNumber

ROWS_AT_ONCE = 1000
KINDS = [
    ("spalling", "Spalling"),
    ("corrosion", "Corrosion"),
    ("leakage", "Leakage"),
    ("efflorescence", "Efflorescence"),
]
IDENTITIES = [
    ("new", "First seen here"),
    ("matched", "Same place as before"),
    ("carried", "Carried over from the analysis before"),
    ("unmatched", "Awaits a person"),
    ("person", "Decided by a person"),
]


def fill_regions(apps, schema_editor):
    """Photo, time and currency are those of the analysis; ordinals in the order of the rows."""
    regions = apps.get_model("assets", "Region").objects.order_by()
    its_own = (
        apps.get_model("assets", "Analysis").objects.order_by().filter(pk=OuterRef("analysis"))
    )
    regions.update(
        photo_id=Subquery(its_own.values("photo_id")[:1]),
        captured_at=Subquery(its_own.values("photo__captured_at")[:1]),
        is_current=Subquery(its_own.values("is_current")[:1]),
    )
    place = Window(RowNumber(), partition_by=F("analysis_id"), order_by=F("pk").asc())
    batch = []
    for region in regions.annotate(place=place).only("pk").iterator(chunk_size=ROWS_AT_ONCE):
        region.ordinal = region.place - 1
        batch.append(region)
    regions.bulk_update(batch, ["ordinal"], batch_size=ROWS_AT_ONCE)
    if schema_editor.connection.vendor == "postgresql":
        # It alters no table whose foreign keys still wait to be looked at.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        schema_editor.execute("SET CONSTRAINTS ALL DEFERRED")


def nothing(apps, schema_editor):
    pass


def number():
    return models.FloatField(null=True)


class Migration(migrations.Migration):
    dependencies = [("assets", "0012_findings")]

    operations = [
        migrations.AddField("alert", "area_mm2", number()),
        migrations.AddField("alert", "area_mm2_u", number()),
        migrations.AddField("alert", "extent_mm", number()),
        migrations.AddField("defect", "area_mm2", number()),
        migrations.AddField("defect", "area_mm2_u", number()),
        migrations.AddField("defect", "extent_mm", number()),
        migrations.AddField(
            "region",
            "photo",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="regions",
                to="assets.photo",
            ),
        ),
        migrations.AddField("region", "captured_at", models.DateTimeField(null=True)),
        migrations.AddField("region", "is_current", models.BooleanField(default=True)),
        migrations.AddField("region", "ordinal", models.PositiveIntegerField(default=0)),
        migrations.AddField(
            "region",
            "identity",
            models.CharField(blank=True, choices=IDENTITIES, default="", max_length=10),
        ),
        migrations.AddField(
            "region",
            "defect",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="regions",
                to="assets.defect",
            ),
        ),
        migrations.AddField("region", "area_mm2", number()),
        migrations.AddField("region", "area_mm2_u", number()),
        migrations.AddField("region", "extent_mm", number()),
        migrations.AddField("region", "extent_mm_u", number()),
        migrations.AddField(
            "region", "severity", models.CharField(blank=True, max_length=10, default="")
        ),
        migrations.AddField("region", "level", models.SmallIntegerField(null=True)),
        migrations.RunPython(fill_regions, nothing),
        migrations.AlterField(
            "region",
            "photo",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="regions",
                to="assets.photo",
            ),
        ),
        migrations.AlterField("region", "captured_at", models.DateTimeField()),
        migrations.AlterField("region", "ordinal", models.PositiveIntegerField()),
        migrations.AlterField(
            "region",
            "identity",
            models.CharField(blank=True, choices=IDENTITIES, max_length=10),
        ),
        migrations.AlterField("region", "severity", models.CharField(blank=True, max_length=10)),
        migrations.AlterField("region", "kind", models.CharField(choices=KINDS, max_length=20)),
        migrations.AlterModelOptions("region", {"ordering": ["analysis", "ordinal"]}),
        migrations.AddField(
            "defect",
            "latest_region",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="assets.region",
            ),
        ),
        migrations.AddConstraint(
            "defect",
            models.CheckConstraint(
                condition=Q(area_mm2__isnull=True) | Q(area_mm2__gte=0),
                name="defect_area_not_negative",
            ),
        ),
        migrations.AddConstraint(
            "defect",
            models.CheckConstraint(
                condition=Q(extent_mm__isnull=True) | Q(extent_mm__gte=0),
                name="defect_extent_not_negative",
            ),
        ),
        migrations.AddConstraint(
            "region",
            models.UniqueConstraint(fields=["analysis", "ordinal"], name="region_ordinal_once"),
        ),
        migrations.AddConstraint(
            "region",
            models.CheckConstraint(
                condition=Q(area_mm2__isnull=True) | Q(area_mm2__gte=0),
                name="region_area_not_negative",
            ),
        ),
        migrations.AddConstraint(
            "region",
            models.CheckConstraint(
                condition=Q(extent_mm__isnull=True) | Q(extent_mm__gte=0),
                name="region_extent_not_negative",
            ),
        ),
        migrations.AddIndex(
            "region",
            models.Index(
                condition=Q(is_current=True),
                fields=["defect", "captured_at", "photo", "extent_mm"],
                name="region_in_time",
            ),
        ),
        migrations.AddIndex(
            "region",
            models.Index(
                condition=Q(defect__isnull=True, is_current=True),
                fields=["photo"],
                name="region_undecided",
            ),
        ),
    ]
