"""Administrators in pairs: proposals, and the one way by which a role changes.

The application has no right to change a role (accounts 0002). The function below changes it for a proposal that two
active administrators made and agreed to, neither of whom it is about, between the two roles that read no record.
"""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

_CHANGE = """
CREATE FUNCTION public.accounts_change_role(nomination uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    wanted record;
    former text;
BEGIN
    SELECT n.account_id, n.role INTO wanted FROM public.welcoming_nomination n
        JOIN public.accounts_account one ON one.id = n.asked_by AND one.role = 'administrator' AND one.is_active
        JOIN public.accounts_account other ON other.id = n.agreed_by AND other.role = 'administrator' AND other.is_active
        WHERE n.id = nomination AND n.account_id IS NOT NULL AND n.asked_by <> n.agreed_by
            AND n.account_id NOT IN (n.asked_by, n.agreed_by)
            AND n.agreed_at > clock_timestamp() - interval '5 minutes';
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT role INTO former FROM public.accounts_account WHERE id = wanted.account_id FOR UPDATE;
    UPDATE public.accounts_account SET role = wanted.role
        WHERE id = wanted.account_id AND role IN ('administrator', 'adviser') AND role <> wanted.role
            AND ended_at IS NULL;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    RETURN former;
END $$;
REVOKE ALL ON FUNCTION public.accounts_change_role(uuid) FROM PUBLIC;
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'carnet_app') THEN
        GRANT EXECUTE ON FUNCTION public.accounts_change_role(uuid) TO carnet_app;
        REVOKE DELETE ON welcoming_nomination FROM carnet_app;
    END IF;
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ("welcoming", "0001_initial"),
        ("accounts", "0008_recoveries"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Nomination",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("role", models.CharField(max_length=16)),
                ("sealed", models.BinaryField(blank=True, default=bytes)),
                ("asked_by", models.UUIDField()),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("agreed_by", models.UUIDField(blank=True, null=True)),
                ("agreed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["administrator", "adviser"])), name="welcoming_nomination_role"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("agreed_at__isnull", True), ("agreed_by__isnull", True)),
                            models.Q(
                                ("agreed_at__isnull", False),
                                ("agreed_by__isnull", False),
                                models.Q(("agreed_by", models.F("asked_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="welcoming_nomination_two_people",
                    ),
                ],
            },
        ),
        migrations.RunSQL(_CHANGE, "DROP FUNCTION public.accounts_change_role(uuid)"),
    ]
