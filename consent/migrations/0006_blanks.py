"""Where the patient lets a professional know that their view is incomplete; it may be ended, not erased."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import uuid
from django.db import migrations, models


_TAKE_AWAY = """
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'carnet_app') THEN
        REVOKE DELETE ON consent_blank FROM carnet_app;
    END IF;
END
$$
"""


class Migration(migrations.Migration):

    dependencies = [
        ('consent', '0005_disclosures_and_what_may_not_be_erased'),
    ]

    operations = [
        migrations.CreateModel(
            name='Blank',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('dossier', models.UUIDField()),
                ('category', models.CharField(max_length=40)),
                ('during', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('professional', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='blanks', to='consent.professional')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('during__isempty', False), ('during__lower_inc', True), ('during__lower_inf', False), ('during__upper_inc', False)), name='blank_during', violation_error_message='A period has a start, and ends after it starts.'), models.CheckConstraint(condition=models.Q(('category__in', ['medical_summary', 'consultation_report', 'hospital_report', 'laboratory', 'imaging', 'prescription', 'dispensation', 'care_plan', 'prevention', 'child_health', 'maternity_sexual_health', 'mental_health', 'genetics', 'certificate', 'social_care', 'reimbursement', 'directives', 'administrative'])), name='blank_category', violation_error_message='A blank is about a category that can be shared.'), django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('dossier', '='), ('professional', '='), ('category', '='), ('during', '&&')], name='blank_once', violation_error_message='This professional is already told at that time.')],
            },
        ),
        migrations.RunSQL(_TAKE_AWAY, migrations.RunSQL.noop),
    ]
