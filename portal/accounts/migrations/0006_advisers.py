"""Advisers: a role that sees the queue of people to call back, and nothing else."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("accounts", "0005_sessions")]

    operations = [
        migrations.AlterField(
            model_name="account",
            name="role",
            field=models.CharField(
                choices=[
                    ("patient", "Patient"),
                    ("professional", "Professional"),
                    ("administrator", "Administrator"),
                    ("adviser", "Adviser"),
                ],
                max_length=16,
            ),
        ),
        migrations.RemoveConstraint(model_name="account", name="accounts_role_known"),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["patient", "professional", "administrator", "adviser"])),
                name="accounts_role_known",
                violation_error_message="An account is a patient's, a professional's, an administrator's or an adviser's.",
            ),
        ),
    ]
