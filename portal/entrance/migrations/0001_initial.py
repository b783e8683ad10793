"""People to call back, and messages that were reported."""

import uuid

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="CallBack",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("sealed", models.BinaryField(blank=True, default=bytes)),
                ("language", models.CharField(max_length=2)),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("done_at__isnull", True), ("sealed", b""), _connector="OR"),
                        name="entrance_call_done_is_empty",
                    )
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("done_at__isnull", True)),
                        fields=["asked_at"],
                        name="entrance_call_waiting",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Report",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("way", models.CharField(max_length=8)),
                ("sealed", models.BinaryField()),
                ("reported_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
    ]
