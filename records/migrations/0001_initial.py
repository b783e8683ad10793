"""Dossiers, keys and records: sealed bytes only."""

import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Dossier',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('pseudonym', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('active_key_version', models.PositiveIntegerField(default=1)),
                ('sealed_identity', models.BinaryField()),
                ('identity_revision', models.PositiveBigIntegerField(default=1)),
                ('sealed_contact', models.BinaryField(blank=True, default=bytes)),
                ('contact_revision', models.PositiveBigIntegerField(default=0)),
                ('ins_digest', models.BinaryField(blank=True, max_length=32, null=True, unique=True)),
                ('created_on', models.DateField(default=django.utils.timezone.localdate)),
                ('account', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='dossier', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='HouseKey',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('purpose', models.CharField(max_length=16)),
                ('version', models.PositiveIntegerField(default=1)),
                ('state', models.CharField(choices=[('active', 'Active'), ('decrypt_only', 'Opens only'), ('destroyed', 'Destroyed')], default='active', max_length=12)),
                ('kek_id', models.CharField(max_length=255)),
                ('wrapped', models.BinaryField(null=True)),
                ('check_value', models.BinaryField(max_length=16)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('retired_at', models.DateTimeField(null=True)),
                ('destroyed_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('purpose', 'version'), name='records_housekey_version'), models.UniqueConstraint(condition=models.Q(('state', 'active')), fields=('purpose',), name='records_housekey_one_active'), models.CheckConstraint(condition=models.Q(models.Q(('destroyed_at__isnull', False), ('state', 'destroyed'), ('wrapped__isnull', True)), models.Q(('destroyed_at__isnull', True), ('state__in', ['active', 'decrypt_only']), ('wrapped__isnull', False)), _connector='OR'), name='records_housekey_destroyed_is_empty', violation_error_message='A destroyed key holds nothing, any other key is wrapped.')],
            },
        ),
        migrations.CreateModel(
            name='PatientKey',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('active', 'Active'), ('decrypt_only', 'Opens only'), ('destroyed', 'Destroyed')], default='active', max_length=12)),
                ('kek_id', models.CharField(max_length=255)),
                ('wrapped', models.BinaryField(null=True)),
                ('check_value', models.BinaryField(max_length=16)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('retired_at', models.DateTimeField(null=True)),
                ('destroyed_at', models.DateTimeField(null=True)),
                ('dossier', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='keys', to='records.dossier')),
            ],
        ),
        migrations.CreateModel(
            name='Record',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('category', models.CharField(max_length=32)),
                ('header', models.BinaryField()),
                ('body', models.BinaryField()),
                ('filed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('author', models.UUIDField(null=True)),
                ('masked_at', models.DateTimeField(null=True)),
                ('revision', models.PositiveBigIntegerField(default=1)),
                ('key_version', models.PositiveIntegerField()),
                ('source_digest', models.BinaryField(max_length=32, null=True)),
                ('dossier', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='records', to='records.dossier')),
            ],
        ),
        migrations.AddConstraint(
            model_name='dossier',
            constraint=models.CheckConstraint(condition=django.db.models.lookups.GreaterThanOrEqual(django.db.models.functions.text.Length('sealed_identity'), 77), name='records_dossier_sealed', violation_error_message='The identity of a health record is always sealed.'),
        ),
        migrations.AddConstraint(
            model_name='dossier',
            constraint=models.CheckConstraint(condition=models.Q(django.db.models.lookups.Exact(django.db.models.functions.text.Length('sealed_contact'), 0), django.db.models.lookups.GreaterThanOrEqual(django.db.models.functions.text.Length('sealed_contact'), 77), _connector='OR'), name='records_dossier_contact_sealed', violation_error_message='The address of a patient is always sealed.'),
        ),
        migrations.AddConstraint(
            model_name='patientkey',
            constraint=models.UniqueConstraint(fields=('dossier', 'version'), name='records_patientkey_version'),
        ),
        migrations.AddConstraint(
            model_name='patientkey',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'active')), fields=('dossier',), name='records_patientkey_one_active'),
        ),
        migrations.AddConstraint(
            model_name='patientkey',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('destroyed_at__isnull', False), ('state', 'destroyed'), ('wrapped__isnull', True)), models.Q(('destroyed_at__isnull', True), ('state__in', ['active', 'decrypt_only']), ('wrapped__isnull', False)), _connector='OR'), name='records_patientkey_destroyed_is_empty', violation_error_message='A destroyed key holds nothing, any other key is wrapped.'),
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(fields=['dossier', 'category', '-filed_at'], name='records_by_category'),
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(fields=['dossier', '-filed_at'], name='records_by_filing'),
        ),
        migrations.AddConstraint(
            model_name='record',
            constraint=models.UniqueConstraint(fields=('dossier', 'source_digest'), name='records_record_filed_once'),
        ),
        migrations.AddConstraint(
            model_name='record',
            constraint=models.CheckConstraint(condition=models.Q(('category__in', ['medical_summary', 'consultation_report', 'hospital_report', 'laboratory', 'imaging', 'prescription', 'dispensation', 'care_plan', 'prevention', 'child_health', 'maternity_sexual_health', 'mental_health', 'genetics', 'certificate', 'social_care', 'reimbursement', 'directives', 'administrative', 'personal_notes'])), name='records_record_category_known', violation_error_message='A document lies in one of the 19 categories.'),
        ),
        migrations.AddConstraint(
            model_name='record',
            constraint=models.CheckConstraint(condition=models.Q(django.db.models.lookups.GreaterThanOrEqual(django.db.models.functions.text.Length('header'), 77), django.db.models.lookups.GreaterThanOrEqual(django.db.models.functions.text.Length('body'), 77)), name='records_record_sealed', violation_error_message='Header and body of a document are always sealed.'),
        ),
        # Ciphertext does not compress: PostgreSQL would try on every write and give up.
        migrations.RunSQL(
            "ALTER TABLE records_record ALTER COLUMN header SET STORAGE EXTERNAL, "
            "ALTER COLUMN body SET STORAGE EXTERNAL",
            migrations.RunSQL.noop,
        ),
    ]
