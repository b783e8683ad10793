import datetime
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.text
import django.db.models.lookups
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # Ranges and identifiers together in one exclusion constraint need it. A trusted extension: the
        # owner of the database may create it, and where it was made beforehand nothing happens.
        migrations.RunSQL("CREATE EXTENSION IF NOT EXISTS btree_gist", migrations.RunSQL.noop),
        migrations.CreateModel(
            name='MatrixVersion',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=20, unique=True)),
                ('during', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('during__isempty', False), ('during__lower_inc', True), ('during__lower_inf', False), ('during__upper_inc', False)), name='matrixversion_during', violation_error_message='A period has a start, and ends after it starts.'), models.CheckConstraint(condition=models.Q(('name__regex', '^[a-z0-9_.:-]+$')), name='matrixversion_name', violation_error_message='A version of the matrix has a short name that the log can hold.'), django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('during', '&&')], name='matrixversion_alone', violation_error_message='Another version of the matrix is in force at that time.')],
            },
        ),
        migrations.CreateModel(
            name='Organisation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200)),
                ('place', models.CharField(blank=True, max_length=120)),
                ('finess', models.CharField(blank=True, max_length=9, null=True, unique=True)),
            ],
            options={
                'ordering': ['name', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='organisation_named', violation_error_message='An organisation has a name.'), models.CheckConstraint(condition=models.Q(('finess__isnull', True), ('finess__regex', '^[0-9][0-9AB][0-9]{7}$'), _connector='OR'), name='organisation_finess', violation_error_message='A FINESS number has 9 characters.')],
            },
        ),
        migrations.CreateModel(
            name='Professional',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('rpps', models.CharField(blank=True, max_length=11, null=True, unique=True)),
                ('family', models.CharField(max_length=100)),
                ('given', models.CharField(max_length=100)),
                ('title', models.CharField(blank=True, max_length=20)),
                ('profession', models.CharField(max_length=40)),
                ('account', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='professional', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['family', 'given', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Opposition',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('dossier', models.UUIDField()),
                ('during', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('organisation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='oppositions', to='consent.organisation')),
                ('author', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='oppositions_as_author', to='consent.professional')),
                ('professional', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='oppositions', to='consent.professional')),
            ],
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('during', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='consent.organisation')),
                ('professional', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='consent.professional')),
            ],
        ),
        migrations.CreateModel(
            name='Emergency',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('dossier', models.UUIDField()),
                ('reason_code', models.CharField(max_length=30)),
                ('sealed_reason', models.BinaryField()),
                ('key_version', models.PositiveIntegerField()),
                ('digest', models.BinaryField()),
                ('during', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('professional', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='emergencies', to='consent.professional')),
            ],
        ),
        migrations.CreateModel(
            name='Choice',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('dossier', models.UUIDField()),
                ('profession', models.CharField(blank=True, max_length=40)),
                ('category', models.CharField(max_length=40)),
                ('right', models.CharField(max_length=10)),
                ('allowed', models.BooleanField()),
                ('during', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('organisation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='choices', to='consent.organisation')),
                ('professional', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='choices', to='consent.professional')),
            ],
        ),
        migrations.CreateModel(
            name='CareRelationship',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('dossier', models.UUIDField()),
                ('during', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('professional', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='relationships', to='consent.professional')),
            ],
        ),
        migrations.CreateModel(
            name='AccessRequest',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('dossier', models.UUIDField()),
                ('category', models.CharField(max_length=40)),
                ('purpose', models.CharField(max_length=30)),
                ('asked_at', models.DateTimeField()),
                ('answer', models.CharField(default='pending', max_length=10)),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('choice', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='requests', to='consent.choice')),
                ('professional', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='requests', to='consent.professional')),
            ],
            options={
                'ordering': ['asked_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='MatrixRow',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('profession', models.CharField(max_length=40)),
                ('profession_fr', models.CharField(max_length=120)),
                ('category', models.CharField(max_length=40)),
                ('access', models.CharField(max_length=12)),
                ('basis', models.CharField(max_length=20)),
                ('note', models.TextField(blank=True)),
                ('source', models.TextField(blank=True)),
                ('version', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='rows', to='consent.matrixversion')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('version', 'profession', 'category'), include=('access',), name='matrixrow_once', violation_error_message='The matrix has one line per profession and category.'), models.CheckConstraint(condition=models.Q(('category__in', ['medical_summary', 'consultation_report', 'hospital_report', 'laboratory', 'imaging', 'prescription', 'dispensation', 'care_plan', 'prevention', 'child_health', 'maternity_sexual_health', 'mental_health', 'genetics', 'certificate', 'social_care', 'reimbursement', 'directives', 'administrative', 'personal_notes'])), name='matrixrow_category', violation_error_message='The category is not one of the 19.'), models.CheckConstraint(condition=models.Q(('access__in', ['none', 'on_consent', 'read', 'write'])), name='matrixrow_access', violation_error_message='The access is none, on_consent, read or write.'), models.CheckConstraint(condition=models.Q(models.Q(('category', 'personal_notes'), _negated=True), ('access', 'none'), _connector='OR'), name='matrixrow_patient_only', violation_error_message='Personal notes are closed to every profession.')],
            },
        ),
        migrations.AddConstraint(
            model_name='professional',
            constraint=models.CheckConstraint(condition=models.Q(('family', ''), _negated=True), name='professional_named', violation_error_message='A professional has a family name.'),
        ),
        migrations.AddConstraint(
            model_name='professional',
            constraint=models.CheckConstraint(condition=models.Q(('rpps__isnull', True), ('rpps__regex', '^[0-9]{11}$'), _connector='OR'), name='professional_rpps', violation_error_message='An RPPS number has 11 digits.'),
        ),
        migrations.AddConstraint(
            model_name='professional',
            constraint=models.CheckConstraint(condition=models.Q(('profession__regex', '^[a-z][a-z_]*$')), name='professional_profession', violation_error_message='A profession is named by its code in the matrix.'),
        ),
        migrations.AddIndex(
            model_name='opposition',
            index=models.Index(fields=['dossier'], name='opposition_dossier'),
        ),
        migrations.AddConstraint(
            model_name='opposition',
            constraint=models.CheckConstraint(condition=models.Q(('during__isempty', False), ('during__lower_inc', True), ('during__lower_inf', False), ('during__upper_inc', False)), name='opposition_during', violation_error_message='A period has a start, and ends after it starts.'),
        ),
        migrations.AddConstraint(
            model_name='opposition',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('organisation__isnull', True), ('professional__isnull', False)), models.Q(('organisation__isnull', False), ('professional__isnull', True)), _connector='OR'), name='opposition_one_target', violation_error_message='An opposition is against one person or one organisation.'),
        ),
        migrations.AddConstraint(
            model_name='opposition',
            constraint=models.CheckConstraint(condition=models.Q(('professional__isnull', True), ('author__isnull', True), models.Q(('professional', models.F('author')), _negated=True), _connector='OR'), name='opposition_not_oneself', violation_error_message='An author always sees what they wrote themselves.'),
        ),
        migrations.AddConstraint(
            model_name='opposition',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('professional__isnull', False)), expressions=[('dossier', '='), ('professional', '='), (django.db.models.functions.comparison.Coalesce('author', models.Value(uuid.UUID('00000000-0000-0000-0000-000000000000'), output_field=models.UUIDField())), '='), ('during', '&&')], name='opposition_once_per_professional', violation_error_message='This opposition is already recorded at that time.'),
        ),
        migrations.AddConstraint(
            model_name='opposition',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('organisation__isnull', False)), expressions=[('dossier', '='), ('organisation', '='), (django.db.models.functions.comparison.Coalesce('author', models.Value(uuid.UUID('00000000-0000-0000-0000-000000000000'), output_field=models.UUIDField())), '='), ('during', '&&')], name='opposition_once_per_organisation', violation_error_message='This opposition is already recorded at that time.'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('during__isempty', False), ('during__lower_inc', True), ('during__lower_inf', False), ('during__upper_inc', False)), name='membership_during', violation_error_message='A period has a start, and ends after it starts.'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('professional', '='), ('organisation', '='), ('during', '&&')], name='membership_once', violation_error_message='This person already belongs to this organisation at that time.'),
        ),
        migrations.AddIndex(
            model_name='emergency',
            index=models.Index(fields=['dossier', 'professional'], name='emergency_between'),
        ),
        migrations.AddConstraint(
            model_name='emergency',
            constraint=models.CheckConstraint(condition=models.Q(('during__isempty', False), ('during__lower_inc', True), ('during__lower_inf', False), ('during__upper_inc', False)), name='emergency_during', violation_error_message='A period has a start, and ends after it starts.'),
        ),
        migrations.AddConstraint(
            model_name='emergency',
            constraint=models.CheckConstraint(condition=models.Q(('during__endswith__lte', django.db.models.expressions.CombinedExpression(models.F('during__startswith'), '+', models.Value(datetime.timedelta(seconds=43200)))), ('during__upper_inf', False)), name='emergency_ends', violation_error_message='An emergency access ends by itself after a few minutes.'),
        ),
        migrations.AddConstraint(
            model_name='emergency',
            constraint=models.CheckConstraint(condition=models.Q(('reason_code__in', ['life_threatening', 'unconscious', 'unable_to_consent', 'regulation_call'])), name='emergency_reason', violation_error_message='An emergency access has a reason from the list.'),
        ),
        migrations.AddConstraint(
            model_name='emergency',
            constraint=models.CheckConstraint(condition=models.Q(django.db.models.lookups.Exact(django.db.models.functions.text.Length('digest'), 32)), name='emergency_digest', violation_error_message='The digest of a sealed reason has 32 bytes.'),
        ),
        migrations.AddConstraint(
            model_name='emergency',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('dossier', '='), ('professional', '='), ('during', '&&')], name='emergency_once', violation_error_message='An emergency access is already open.'),
        ),
        migrations.AddIndex(
            model_name='choice',
            index=models.Index(fields=['dossier'], name='choice_dossier'),
        ),
        migrations.AddConstraint(
            model_name='choice',
            constraint=models.CheckConstraint(condition=models.Q(('during__isempty', False), ('during__lower_inc', True), ('during__lower_inf', False), ('during__upper_inc', False)), name='choice_during', violation_error_message='A period has a start, and ends after it starts.'),
        ),
        migrations.AddConstraint(
            model_name='choice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('organisation__isnull', True), ('profession', ''), ('professional__isnull', False)), models.Q(('organisation__isnull', False), ('profession', ''), ('professional__isnull', True)), models.Q(('organisation__isnull', True), ('professional__isnull', True), models.Q(('profession', ''), _negated=True)), _connector='OR'), name='choice_one_target', violation_error_message='A choice is about one person, one team or one profession.'),
        ),
        migrations.AddConstraint(
            model_name='choice',
            constraint=models.CheckConstraint(condition=models.Q(('category__in', ['medical_summary', 'consultation_report', 'hospital_report', 'laboratory', 'imaging', 'prescription', 'dispensation', 'care_plan', 'prevention', 'child_health', 'maternity_sexual_health', 'mental_health', 'genetics', 'certificate', 'social_care', 'reimbursement', 'directives', 'administrative'])), name='choice_category', violation_error_message='A choice is about a category that can be shared.'),
        ),
        migrations.AddConstraint(
            model_name='choice',
            constraint=models.CheckConstraint(condition=models.Q(('right__in', ['read', 'deposit'])), name='choice_right', violation_error_message='Only reading and adding can be shared.'),
        ),
        migrations.AddConstraint(
            model_name='choice',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('professional__isnull', False)), expressions=[('professional', '='), ('dossier', '='), ('category', '='), ('right', '='), ('during', '&&')], name='choice_once_per_professional', violation_error_message='There is already a choice for this category at that time.'),
        ),
        migrations.AddConstraint(
            model_name='choice',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('organisation__isnull', False)), expressions=[('organisation', '='), ('dossier', '='), ('category', '='), ('right', '='), ('during', '&&')], name='choice_once_per_organisation', violation_error_message='There is already a choice for this category at that time.'),
        ),
        migrations.AddConstraint(
            model_name='choice',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('profession', ''), _negated=True), expressions=[('profession', '='), ('dossier', '='), ('category', '='), ('right', '='), ('during', '&&')], name='choice_once_per_profession', violation_error_message='There is already a choice for this category at that time.'),
        ),
        migrations.AddIndex(
            model_name='carerelationship',
            index=models.Index(fields=['dossier', 'professional'], name='relationship_between'),
        ),
        migrations.AddConstraint(
            model_name='carerelationship',
            constraint=models.CheckConstraint(condition=models.Q(('during__isempty', False), ('during__lower_inc', True), ('during__lower_inf', False), ('during__upper_inc', False)), name='relationship_during', violation_error_message='A period has a start, and ends after it starts.'),
        ),
        migrations.AddConstraint(
            model_name='carerelationship',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('dossier', '='), ('professional', '='), ('during', '&&')], name='relationship_once', violation_error_message='This care relationship is already open at that time.'),
        ),
        migrations.AddIndex(
            model_name='accessrequest',
            index=models.Index(fields=['dossier'], name='request_dossier'),
        ),
        migrations.AddConstraint(
            model_name='accessrequest',
            constraint=models.CheckConstraint(condition=models.Q(('category__in', ['medical_summary', 'consultation_report', 'hospital_report', 'laboratory', 'imaging', 'prescription', 'dispensation', 'care_plan', 'prevention', 'child_health', 'maternity_sexual_health', 'mental_health', 'genetics', 'certificate', 'social_care', 'reimbursement', 'directives', 'administrative'])), name='request_category', violation_error_message='A request is about a category that can be shared.'),
        ),
        migrations.AddConstraint(
            model_name='accessrequest',
            constraint=models.CheckConstraint(condition=models.Q(('purpose__in', ['diagnosis', 'treatment', 'follow_up', 'coordination', 'prevention', 'second_opinion'])), name='request_purpose', violation_error_message='A request has a purpose from the list.'),
        ),
        migrations.AddConstraint(
            model_name='accessrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer', 'pending'), ('answered_at__isnull', True), ('choice__isnull', True)), models.Q(('answer', 'allowed'), ('answered_at__isnull', False), ('choice__isnull', False)), models.Q(('answer', 'refused'), ('answered_at__isnull', False), ('choice__isnull', True)), _connector='OR'), name='request_answer', violation_error_message='A request is pending, or answered at some time; if allowed, by a choice.'),
        ),
        migrations.AddConstraint(
            model_name='accessrequest',
            constraint=models.UniqueConstraint(condition=models.Q(('answer', 'pending')), fields=('dossier', 'professional', 'category'), name='request_pending_once', violation_error_message='This request is already waiting for an answer.'),
        ),
    ]
