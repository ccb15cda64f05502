"""Cracks become defects with a kind; every row of before is a crack."""

import django.db.models.deletion
from django.db import migrations, models

KINDS = [
    ("crack", "Crack"),
    ("spalling", "Spalling"),
    ("corrosion", "Corrosion"),
    ("leakage", "Leakage"),
    ("efflorescence", "Efflorescence"),
]


class Migration(migrations.Migration):
    dependencies = [("assets", "0005_secrets")]

    operations = [
        migrations.RemoveConstraint("crack", "crack_number_once_an_asset"),
        migrations.RemoveConstraint("crack", "crack_width_not_negative"),
        migrations.RemoveConstraint("crack", "crack_seen_last_after_first"),
        migrations.RemoveConstraint("crack", "crack_merged_names_its_target"),
        migrations.RemoveIndex("crack", "crack_open_of_asset"),
        migrations.RemoveIndex("crack", "crack_open_of_element"),
        migrations.RemoveConstraint("alert", "one_open_alert_a_crack_and_rule"),
        migrations.RemoveConstraint("alert", "one_open_notice_an_inspection_and_rule"),
        migrations.RenameModel("Crack", "Defect"),
        migrations.RenameField("measurement", "crack", "defect"),
        migrations.RenameField("alert", "crack", "defect"),
        migrations.RenameField("asset", "worst_crack", "worst_defect"),
        migrations.RenameField("asset", "open_cracks", "open_defects"),
        migrations.RenameField("asset", "last_crack_number", "last_defect_number"),
        migrations.AddField(
            "defect",
            "kind",
            models.CharField(choices=KINDS, default="crack", max_length=16),
        ),
        migrations.AlterField(
            "defect",
            "asset",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="defects",
                to="assets.asset",
            ),
        ),
        migrations.AlterField(
            "defect",
            "element",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="defects",
                to="assets.element",
            ),
        ),
        migrations.AddConstraint(
            "defect",
            models.UniqueConstraint(fields=("asset", "number"), name="defect_number_once_an_asset"),
        ),
        migrations.AddConstraint(
            "defect",
            models.CheckConstraint(
                condition=models.Q(width_mm__isnull=True) | models.Q(width_mm__gte=0),
                name="defect_width_not_negative",
            ),
        ),
        migrations.AddConstraint(
            "defect",
            models.CheckConstraint(
                condition=models.Q(last_seen_at__gte=models.F("first_seen_at")),
                name="defect_seen_last_after_first",
            ),
        ),
        migrations.AddConstraint(
            "defect",
            models.CheckConstraint(
                condition=models.Q(merged_into__isnull=False, state="merged")
                | (~models.Q(state="merged") & models.Q(merged_into__isnull=True)),
                name="defect_merged_names_its_target",
            ),
        ),
        migrations.AddIndex(
            "defect",
            models.Index(fields=["asset", "state", "level"], name="defect_open_of_asset"),
        ),
        migrations.AddIndex(
            "defect",
            models.Index(fields=["element", "state"], name="defect_open_of_element"),
        ),
        migrations.AddConstraint(
            "alert",
            models.UniqueConstraint(
                condition=models.Q(resolved_at__isnull=True, defect__isnull=False),
                fields=("defect", "rule"),
                name="one_open_alert_a_defect_and_rule",
            ),
        ),
        migrations.AddConstraint(
            "alert",
            models.UniqueConstraint(
                condition=models.Q(resolved_at__isnull=True, defect__isnull=True),
                fields=("inspection", "rule"),
                name="one_open_notice_an_inspection_and_rule",
            ),
        ),
    ]
