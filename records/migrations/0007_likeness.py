"""Keyed digests to see that a professional and a patient are close. They may be erased: nothing rests on them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("records", "0006_copies"),
    ]

    operations = [
        migrations.CreateModel(
            name="Likeness",
            fields=[
                (
                    "dossier",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="likeness",
                        serialize=False,
                        to="records.dossier",
                    ),
                ),
                ("surname", models.BinaryField(max_length=32)),
                ("used_name", models.BinaryField(blank=True, default=bytes, max_length=32)),
                ("address", models.BinaryField(blank=True, default=bytes, max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name="StaffLikeness",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("address", models.BinaryField(blank=True, default=bytes, max_length=32)),
                ("ins_digest", models.BinaryField(blank=True, default=bytes, max_length=32)),
            ],
        ),
    ]
