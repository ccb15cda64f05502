"""Features move to a table of their own, by which the views of a match are chosen.

Rows move in batches, so that memory stays small however many photos there are. Backwards they
return into the analyses.
"""

import ast
import io
import zipfile

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Exists, F, OuterRef, Q, Subquery

from assets.cells import place_cell

FEATURES_AT_ONCE = 50  # 80 KB each
ROWS_AT_ONCE = 5000
LEAST_KEY_POINTS = 25


def key_points(data):
    """How many points such bytes hold, from the head of the array within; 0 where unreadable."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as kept, kept.open("points.npy") as points:
            head = points.read(256)
        text = head[head.index(b"{") : head.index(b"}") + 1].decode("latin-1")
        return int(ast.literal_eval(text)["shape"][0])
    except (zipfile.BadZipFile, KeyError, ValueError, SyntaxError, IndexError):
        return 0


def fill_measurements(apps, schema_editor):
    measurements = apps.get_model("assets", "Measurement").objects.order_by()
    analyses = apps.get_model("assets", "Analysis").objects.order_by()
    its_own = analyses.filter(pk=OuterRef("analysis_id"))
    last = measurements.aggregate(last=models.Max("pk"))["last"] or 0
    for start in range(0, last, ROWS_AT_ONCE):
        measurements.filter(pk__gt=start, pk__lte=start + ROWS_AT_ONCE).update(
            photo_id=Subquery(its_own.values("photo_id")[:1]),
            captured_at=Subquery(its_own.values("photo__captured_at")[:1]),
            is_current=Subquery(its_own.values("is_current")[:1]),
        )
    _settle_constraints(schema_editor)


def fill_views(apps, schema_editor):
    view_model = apps.get_model("assets", "ViewFeatures")
    lines = apps.get_model("assets", "Measurement").objects.filter(analysis=OuterRef("pk"))
    rows = (
        apps.get_model("assets", "Analysis")
        .objects.filter(features__isnull=False)
        .annotate(shows_lines=Exists(lines), undecided=Exists(lines.filter(defect=None)))
        .order_by("pk")
        .values_list(
            "pk",
            "photo__element_id",
            "photo__captured_at",
            "photo__latitude",
            "photo__longitude",
            "is_current",
            "shows_lines",
            "undecided",
            "features",
        )
    )
    done = 0
    while batch := list(rows.filter(pk__gt=done)[:FEATURES_AT_ONCE]):
        view_model.objects.bulk_create(_view(view_model, *row) for row in batch)
        done = batch[-1][0]
    _settle_constraints(schema_editor)


def _view(view_model, pk, element, at, latitude, longitude, is_current, lines, undecided, data):
    points = key_points(bytes(data))
    is_placed = latitude is not None and longitude is not None
    return view_model(
        analysis_id=pk,
        element_id=element,
        captured_at=at,
        latitude=latitude,
        longitude=longitude,
        place_cell=place_cell(latitude, longitude) if is_placed else None,
        key_points=points,
        shows_lines=lines,
        is_usable=is_current and not undecided and points >= LEAST_KEY_POINTS,
        data=data,
    )


def count_views(apps, schema_editor):
    """An element whose photos show lines begins at one: a match that knows of none is old."""
    shown = apps.get_model("assets", "Measurement").objects.filter(
        is_current=True, photo__element=OuterRef("pk")
    )
    elements = apps.get_model("assets", "Element").objects.filter(Exists(shown))
    elements.update(views_version=F("views_version") + 1)
    _settle_constraints(schema_editor)


def features_back(apps, schema_editor):
    analyses = apps.get_model("assets", "Analysis").objects
    rows = apps.get_model("assets", "ViewFeatures").objects.order_by("pk")
    done = 0
    while batch := list(rows.filter(pk__gt=done).values_list("pk", "data")[:FEATURES_AT_ONCE]):
        for pk, data in batch:
            analyses.filter(pk=pk).update(features=data)
        done = batch[-1][0]
    _settle_constraints(schema_editor)


def _settle_constraints(schema_editor):
    """PostgreSQL alters no table whose foreign keys still wait to be looked at."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        schema_editor.execute("SET CONSTRAINTS ALL DEFERRED")


def nothing(apps, schema_editor):
    pass


class Migration(migrations.Migration):
    dependencies = [("assets", "0008_news")]

    operations = [
        migrations.AddField(
            "element",
            "views_version",
            models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.CreateModel(
            name="ViewFeatures",
            fields=[
                (
                    "analysis",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="view",
                        serialize=False,
                        to="assets.analysis",
                    ),
                ),
                (
                    "element",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="views",
                        to="assets.element",
                    ),
                ),
                ("captured_at", models.DateTimeField()),
                ("latitude", models.FloatField(null=True)),
                ("longitude", models.FloatField(null=True)),
                ("place_cell", models.BigIntegerField(null=True)),
                ("key_points", models.PositiveIntegerField()),
                ("shows_lines", models.BooleanField()),
                ("is_usable", models.BooleanField()),
                ("earlier_visit_at", models.DateTimeField(null=True)),
                ("data", models.BinaryField()),
            ],
            options={"ordering": ["pk"]},
        ),
        migrations.AddField(
            "measurement",
            "photo",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="measurements",
                to="assets.photo",
            ),
        ),
        migrations.AddField("measurement", "captured_at", models.DateTimeField(null=True)),
        migrations.AddField("measurement", "is_current", models.BooleanField(default=True)),
        migrations.RunPython(fill_measurements, nothing),
        migrations.RunPython(fill_views, features_back),
        migrations.RunPython(count_views, nothing),
        migrations.AlterField(
            "measurement",
            "photo",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="measurements",
                to="assets.photo",
            ),
        ),
        migrations.AlterField("measurement", "captured_at", models.DateTimeField()),
        migrations.AddIndex(
            "measurement",
            models.Index(
                condition=Q(is_current=True),
                fields=["defect", "captured_at", "photo", "width_mm_p95", "width_px_p95"],
                name="measurement_in_time",
            ),
        ),
        migrations.AddIndex(
            "measurement",
            models.Index(
                condition=Q(is_current=True, defect__isnull=True),
                fields=["photo"],
                name="measurement_undecided",
            ),
        ),
        migrations.AddIndex(
            "viewfeatures",
            models.Index(
                condition=Q(is_usable=True),
                fields=["element", "shows_lines", "captured_at"],
                name="view_in_time",
            ),
        ),
        migrations.AddIndex(
            "viewfeatures",
            models.Index(
                condition=Q(is_usable=True, place_cell__isnull=False),
                fields=["element", "place_cell", "shows_lines", "captured_at"],
                name="view_in_place",
            ),
        ),
        migrations.AddIndex(
            "viewfeatures",
            models.Index(
                condition=Q(is_usable=True, earlier_visit_at__isnull=False),
                fields=["element", "captured_at"],
                name="view_of_known_place",
            ),
        ),
        migrations.RemoveField("analysis", "features"),
    ]
