"""Entries of before name their asset, as those of now do; news looks them up by it.

Only what seal 0 holds nothing of is written: the number of the asset lies outside that seal. An
entry of seal 1 has it inside and is left as it is. Whose row is gone stays without an asset.
"""

from django.db import migrations
from django.db.models import OuterRef, Subquery

# Type of the subject -> its model now, and the way from it to its asset. What was sealed as a crack
# is a defect of the same number since 0006_defects.
WAYS = {
    "asset": ("Asset", "pk", "organisation"),
    "element": ("Element", "asset", "asset__organisation"),
    "inspection": ("Inspection", "asset", "asset__organisation"),
    "photo": ("Photo", "inspection__asset", "inspection__asset__organisation"),
    "analysis": (
        "Analysis",
        "photo__inspection__asset",
        "photo__inspection__asset__organisation",
    ),
    "measurement": (
        "Measurement",
        "analysis__photo__inspection__asset",
        "analysis__photo__inspection__asset__organisation",
    ),
    "crack": ("Defect", "asset", "asset__organisation"),
    "defect": ("Defect", "asset", "asset__organisation"),
    "alert": ("Alert", "asset", "asset__organisation"),
}


def name_assets(apps, schema_editor):
    using = schema_editor.connection.alias
    events = apps.get_model("assets", "Event").objects.using(using)
    for kind, (model, asset, organisation) in WAYS.items():
        rows = apps.get_model("assets", model).objects.using(using).order_by()
        # Only of the organisation whose ledger it is.
        own = rows.filter(**{"pk": OuterRef("subject_id"), organisation: OuterRef("organisation")})
        nameless = events.filter(seal_version=0, asset_id=None, subject_type=kind)
        nameless.update(asset_id=Subquery(own.values(asset)[:1]))


class Migration(migrations.Migration):
    dependencies = [("assets", "0013_areas")]

    operations = [migrations.RunPython(name_assets, migrations.RunPython.noop)]
