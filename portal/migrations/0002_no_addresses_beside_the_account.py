"""Forgets the addresses that people added by themselves.

Each of them let its person sign in, and an unverified one kept the person from setting up a second
factor. From now on an account has one address, the one that was invited.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations


def forget_addresses(apps: Any, schema_editor: Any) -> None:
    apps.get_model("account", "EmailAddress").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("account", "0009_emailaddress_unique_primary_email"),
        ("portal", "0001_api_tokens"),
    ]

    operations = [migrations.RunPython(forget_addresses, migrations.RunPython.noop)]
