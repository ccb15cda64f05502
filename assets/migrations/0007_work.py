"""One kind of work: a photo knows its organisation and when it was claimed; the ledger's checks."""

import django.db.models.deletion
from django.db import migrations, models


def fill_organisation(apps, schema_editor):
    """A photo belongs to whoever its asset belongs to; one UPDATE, whatever their number."""
    Photo = apps.get_model("assets", "Photo")
    Inspection = apps.get_model("assets", "Inspection")
    owner = Inspection.objects.filter(pk=models.OuterRef("inspection_id"))
    Photo.objects.update(
        organisation_id=models.Subquery(owner.values("asset__organisation_id")[:1])
    )
    if schema_editor.connection.vendor == "postgresql":
        # What the UPDATE left to be checked at commit would forbid the change of the column.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class Migration(migrations.Migration):
    dependencies = [
        ("assets", "0006_defects"),
    ]

    operations = [
        migrations.CreateModel(
            name="LedgerCheck",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("processing", "In work"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=12,
                    ),
                ),
                (
                    "priority",
                    models.SmallIntegerField(
                        choices=[(0, "Somebody waits for it"), (10, "Backlog")], default=0
                    ),
                ),
                ("stage", models.CharField(blank=True, max_length=12)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("last_attempt", models.PositiveIntegerField(default=0)),
                ("claimed_by", models.CharField(blank=True, max_length=120)),
                ("claimed_at", models.DateTimeField(null=True)),
                ("lease_until", models.DateTimeField(null=True)),
                ("queued_at", models.DateTimeField()),
                ("rung_at", models.DateTimeField(null=True)),
                ("reason_code", models.CharField(blank=True, max_length=40)),
                ("reasons", models.JSONField(default=list)),
                ("night", models.DateField()),
                ("entries", models.PositiveBigIntegerField(default=0)),
                ("head_seq", models.PositiveBigIntegerField(default=0)),
                ("head_hash", models.CharField(blank=True, max_length=64)),
                ("fault_count", models.PositiveIntegerField(default=0)),
                ("faults", models.JSONField(default=list)),
                ("checked_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["-night", "organisation"],
            },
        ),
        migrations.AddField(
            model_name="photo",
            name="claimed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="photo",
            name="organisation",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="assets.organisation",
            ),
        ),
        migrations.RunPython(fill_organisation, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="photo",
            name="organisation",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="assets.organisation",
            ),
        ),
        migrations.AddField(
            model_name="workerheartbeat",
            name="room",
            field=models.CharField(default="analysis", max_length=20),
        ),
        migrations.AddIndex(
            model_name="photo",
            index=models.Index(
                fields=["organisation", "state", "priority", "queued_at"], name="photo_line"
            ),
        ),
        migrations.AddIndex(
            model_name="photo",
            index=models.Index(fields=["organisation", "claimed_at"], name="photo_served"),
        ),
        migrations.AddField(
            model_name="ledgercheck",
            name="organisation",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="assets.organisation",
            ),
        ),
        migrations.AddIndex(
            model_name="ledgercheck",
            index=models.Index(fields=["state", "priority", "queued_at"], name="ledgercheck_queue"),
        ),
        migrations.AddIndex(
            model_name="ledgercheck",
            index=models.Index(
                fields=["organisation", "state", "priority", "queued_at"], name="ledgercheck_line"
            ),
        ),
        migrations.AddIndex(
            model_name="ledgercheck",
            index=models.Index(fields=["organisation", "claimed_at"], name="ledgercheck_served"),
        ),
        migrations.AddConstraint(
            model_name="ledgercheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "processing"), _negated=True),
                    ("lease_until__isnull", False),
                    _connector="OR",
                ),
                name="ledgercheck_in_work_has_a_lease",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgercheck",
            constraint=models.UniqueConstraint(
                fields=("organisation", "night"), name="ledger_checked_once_a_night"
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgercheck",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["queued", "processing", "done", "failed"])),
                name="ledger_check_state_is_known",
            ),
        ),
    ]
