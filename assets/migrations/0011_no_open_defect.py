"""An asset without an open defect has a number of its own: -2, no longer that of grade a (0)."""

from django.db import migrations, models
from django.db.models import Exists, OuterRef


def set_apart(apps, schema_editor):
    """-2 where nothing is open; what stays at 0 has an open defect of level 0."""
    defects = apps.get_model("assets", "Defect").objects.filter(state="open")
    assets = apps.get_model("assets", "Asset").objects.using(schema_editor.connection.alias)
    clean = assets.filter(~Exists(defects.filter(asset=OuterRef("pk"))), worst_level=0)
    clean.update(worst_level=-2)


def join_again(apps, schema_editor):
    assets = apps.get_model("assets", "Asset").objects.using(schema_editor.connection.alias)
    assets.filter(worst_level=-2).update(worst_level=0)


def in_range(least):
    return models.CheckConstraint(
        condition=models.Q(("worst_level__gte", least), ("worst_level__lte", 4)),
        name="asset_worst_level_in_range",
    )


class Migration(migrations.Migration):
    dependencies = [("assets", "0010_client_keys")]

    operations = [
        migrations.RemoveConstraint("asset", "asset_worst_level_in_range"),
        migrations.AlterField(
            "asset", "worst_level", models.SmallIntegerField(default=-2, editable=False)
        ),
        migrations.RunPython(set_apart, join_again),
        migrations.AddConstraint("asset", in_range(-2)),
    ]
