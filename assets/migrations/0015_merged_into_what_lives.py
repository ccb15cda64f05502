"""What was merged names the defect that lives on, also where that one was merged again later.

A merge redirects what was merged before it; rows of before that was so may still name the first.
"""

from django.db import migrations


def follow(apps, schema_editor):
    defects = apps.get_model("assets", "Defect").objects.using(schema_editor.connection.alias)
    into = dict(defects.filter(state="merged").values_list("pk", "merged_into"))
    for pk, first in into.items():
        last, passed = first, {pk}
        while last in into and last not in passed:
            passed.add(last)
            last = into[last]
        if last != first and last not in into:  # a ring, which nothing here makes, stays as it is
            defects.filter(pk=pk).update(merged_into=last)


class Migration(migrations.Migration):
    dependencies = [("assets", "0014_entries_of_before_name_their_asset")]

    operations = [migrations.RunPython(follow, migrations.RunPython.noop)]
