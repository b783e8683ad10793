"""The letters about an access that somebody questions cannot be switched off."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0007_recovery_is_never_switched"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="switch",
            name="switch_not_of_what_must_be_told",
        ),
        migrations.AddConstraint(
            model_name="switch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_on", True),
                    models.Q(
                        (
                            "kind__in",
                            [
                                "emergency",
                                "emergency_of_patient",
                                "new_device",
                                "security_changed",
                                "address_asked",
                                "recovery_asked",
                                "case_opened",
                                "case_due",
                                "unsealing",
                            ],
                        ),
                        _negated=True,
                    ),
                    _connector="OR",
                ),
                name="switch_not_of_what_must_be_told",
                violation_error_message="This letter cannot be switched off.",
            ),
        ),
    ]
