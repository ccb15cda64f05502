"""News with an address: entries name their asset, and a seal that holds no personal data.

Entries of before keep the seal that they have, version 0, and are not sealed again.
"""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("assets", "0007_work"),
    ]

    operations = [
        migrations.CreateModel(
            "LedgerPerson",
            [
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="assets.organisation",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("label", models.CharField(blank=True, max_length=254)),
            ],
        ),
        migrations.AddConstraint(
            "ledgerperson",
            models.UniqueConstraint(
                fields=("organisation", "user"), name="ledger_person_once_an_organisation"
            ),
        ),
        migrations.AlterField("event", "actor_label", models.CharField(blank=True, max_length=120)),
        *(
            migrations.AddField(
                "event",
                name,
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="assets.ledgerperson",
                ),
            )
            for name in ("person", "about")
        ),
        migrations.AddField("event", "asset_id", models.BigIntegerField(null=True)),
        migrations.AddField(
            "event", "salt", models.CharField(blank=True, max_length=32, default="")
        ),
        migrations.AddField("event", "personal", models.JSONField(null=True)),
        migrations.AddField("event", "seal_version", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField(
            "event", "facts_sha256", models.CharField(blank=True, max_length=64, default="")
        ),
    ]
