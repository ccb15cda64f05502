"""An asset without an open defect has a number of its own: -2, no longer that of grade a (0)."""

from django.db import migrations, models
from django.db.models import Exists, OuterRef


def set_apart(apps, schema_editor):
    """-2 where nothing is open; what stays at 0 has an open defect of level 0."""
    Asset, Defect = apps.get_model("assets", "Asset"), apps.get_model("assets", "Defect")
    of_it = Defect.objects.filter(asset=OuterRef("pk"), state="open")
    Asset.objects.filter(~Exists(of_it), worst_level=0).update(worst_level=-2)


def join_again(apps, schema_editor):
    apps.get_model("assets", "Asset").objects.filter(worst_level=-2).update(worst_level=0)


def in_range(least):
    return models.CheckConstraint(
        condition=models.Q(("worst_level__gte", least), ("worst_level__lte", 4)),
        name="asset_worst_level_in_range",
    )


class Migration(migrations.Migration):
    dependencies = [("assets", "0006_defects")]

    operations = [
        migrations.RemoveConstraint("asset", "asset_worst_level_in_range"),
        migrations.AlterField(
            "asset", "worst_level", models.SmallIntegerField(default=-2, editable=False)
        ),
        migrations.RunPython(set_apart, join_again),
        migrations.AddConstraint("asset", in_range(-2)),
    ]
