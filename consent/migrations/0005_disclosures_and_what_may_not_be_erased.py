"""The lawful disclosures of French law as dated data; and what the application may not erase here either.

Sources: Code civil art. 55-56 (births) and 78-79 (deaths); Code de la santé publique art. L. 3113-1, R. 3113-1 to
R. 3113-5 and D. 3113-6 to D. 3113-7 (diseases of mandatory notification, pseudonymised by the notifying doctor);
Code pénal art. 226-14 and 434-3 (abuse of a minor or of somebody who
cannot protect themselves). The list of diseases is the one of D. 3113-6 in short; it changes by decree: a correction
is a new migration that ends a line and begins another.
"""

from datetime import datetime, timezone

from django.db import migrations

_SINCE = datetime(2016, 5, 1, tzinfo=timezone.utc)
_SICK = ("date", "age", "sex", "department", "disease")
_DISEASES = [
    ("measles", "Measles", "Rougeole"),
    ("tuberculosis", "Tuberculosis", "Tuberculose"),
    ("hiv", "HIV infection", "Infection par le VIH"),
    ("hepatitis_a", "Acute hepatitis A", "Hépatite aiguë A"),
    ("hepatitis_b", "Acute hepatitis B", "Hépatite aiguë B"),
    ("meningococcal", "Invasive meningococcal disease", "Infection invasive à méningocoque"),
    ("legionellosis", "Legionnaires' disease", "Légionellose"),
    ("food_poisoning", "Collective food poisoning", "Toxi-infection alimentaire collective"),
    ("dengue", "Dengue", "Dengue"),
    ("chikungunya", "Chikungunya", "Chikungunya"),
    ("zika", "Zika", "Zika"),
    ("diphtheria", "Diphtheria", "Diphtérie"),
    ("tetanus", "Tetanus", "Tétanos"),
    ("rubella", "Rubella", "Rubéole"),
    ("listeriosis", "Listeriosis", "Listériose"),
    ("botulism", "Botulism", "Botulisme"),
    ("cholera", "Cholera", "Choléra"),
    ("typhoid", "Typhoid fever", "Fièvre typhoïde"),
    ("rabies", "Rabies", "Rage"),
    ("lead_poisoning", "Lead poisoning of a minor", "Saturnisme de l'enfant mineur"),
]


def lines():
    """(code, law, English, French, recipient, named, fields)."""
    yield ("birth", "Code civil, art. 55-56", "Birth", "Naissance", "civil_registry", True,
           ("name", "date", "place", "sex"))  # fmt: skip
    yield ("death", "Code civil, art. 78-79 ; CGCT, art. L. 2223-42", "Death", "Décès", "civil_registry", True,
           ("name", "date", "place", "cause"))  # fmt: skip
    yield ("abuse", "Code pénal, art. 226-14 et 434-3", "Abuse", "Maltraitance", "prosecutor", True,
           ("name", "date", "findings"))  # fmt: skip
    for code, english, french in _DISEASES:
        law = "Code de la santé publique, art. L. 3113-1 et D. 3113-6"
        yield (f"notifiable_{code}", law, english, french, "regional_health_agency", False, _SICK)


def write(apps, schema_editor):
    """Write the list."""
    basis = apps.get_model("consent", "DisclosureBasis")
    basis.objects.using(schema_editor.connection.alias).bulk_create(
        basis(code=code, law=law, label_en=english, label_fr=french, recipient=recipient, named=named,
              fields=list(fields), during=(_SINCE, None))
        for code, law, english, french, recipient, named, fields in lines()
    )  # fmt: skip


def erase(apps, schema_editor):
    """Take the list away."""
    apps.get_model("consent", "DisclosureBasis").objects.using(schema_editor.connection.alias).all().delete()


_TAKE_AWAY = """
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'carnet_app') THEN
        REVOKE INSERT, UPDATE, DELETE ON consent_disclosurebasis FROM carnet_app;
        REVOKE DELETE ON consent_wish, consent_delegation, consent_representation, consent_teamcare,
            consent_treatingdoctor, consent_carecode, consent_codetry, consent_emergencyreview,
            consent_disclosure FROM carnet_app;
    END IF;
END
$$
"""


class Migration(migrations.Migration):

    dependencies = [("consent", "0004_who_acts_for_whom")]

    operations = [
        migrations.RunPython(write, erase),
        migrations.RunSQL(_TAKE_AWAY, migrations.RunSQL.noop),
    ]
