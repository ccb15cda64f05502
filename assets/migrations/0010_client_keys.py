"""Keys that clients make for visits and photos; nothing of before has one.

And two points without a length, which the check on photos let pass, can no longer be kept.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def forget_two_points_without_a_length(apps, schema_editor):
    """No service writes any; what came in another way says nothing of the scale."""
    photos = apps.get_model("assets", "Photo").objects
    photos.filter(two_points_mm__isnull=True).exclude(two_points_px__isnull=True).update(
        two_points_px=None
    )


class Migration(migrations.Migration):
    dependencies = [("assets", "0009_view_features")]

    operations = [
        migrations.RunPython(forget_two_points_without_a_length, migrations.RunPython.noop),
        migrations.RemoveConstraint("photo", "photo_two_points_have_a_length"),
        migrations.AddConstraint(
            "photo",
            models.CheckConstraint(
                condition=models.Q(two_points_px__isnull=True, two_points_mm__isnull=True)
                | models.Q(
                    two_points_px__isnull=False, two_points_mm__isnull=False, two_points_mm__gt=0
                ),
                name="photo_two_points_have_a_length",
            ),
        ),
        migrations.CreateModel(
            name="ClientKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=80)),
                ("content_sha256", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "inspection",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="client_keys",
                        to="assets.inspection",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="client_keys",
                        to="assets.organisation",
                    ),
                ),
                (
                    "photo",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="client_keys",
                        to="assets.photo",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="client_keys",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "key"), name="client_key_once_a_person"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(inspection__isnull=True, photo__isnull=False)
                        | models.Q(inspection__isnull=False, photo__isnull=True),
                        name="client_key_stands_for_one_thing",
                    ),
                ],
            },
        ),
    ]
