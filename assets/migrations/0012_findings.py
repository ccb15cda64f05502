"""Why a photo was rejected or failed: facts instead of finished texts; those of before are kept."""

from django.db import migrations, models
from django.db.models import Q


def texts_to_reasons(apps, schema_editor):
    """The texts of before become one reason with its own sentence, which reads as it did."""
    Photo = apps.get_model("assets", "Photo")
    rows = Photo.objects.exclude(Q(reason="") & Q(reason_code=""))
    for photo in rows.only("pk", "reason_code", "reason", "remedy").iterator(chunk_size=1000):
        photo.reasons = [
            {"code": photo.reason_code, "sentence": photo.reason, "remedy": photo.remedy}
        ]
        photo.save(update_fields=["reasons"])


def reasons_to_texts(apps, schema_editor):
    """The way back: what has no text of its own shows its code."""
    Photo = apps.get_model("assets", "Photo")
    for photo in Photo.objects.exclude(reasons=[]).only("pk", "reasons").iterator(chunk_size=1000):
        told = [reason for reason in photo.reasons if isinstance(reason, dict)]
        photo.reason = " ".join(one.get("sentence") or one.get("code", "") for one in told)
        photo.remedy = " ".join(filter(None, (one.get("remedy") for one in told)))
        photo.save(update_fields=["reason", "remedy"])


class Migration(migrations.Migration):
    dependencies = [("assets", "0011_no_open_defect")]

    operations = [
        migrations.AddField("photo", "reasons", models.JSONField(default=list)),
        migrations.RunPython(texts_to_reasons, reasons_to_texts),
        migrations.RemoveField("photo", "reason"),
        migrations.RemoveField("photo", "remedy"),
    ]
