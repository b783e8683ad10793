"""A dossier and its keys come by a prepared query as a query set would give them."""

from audit.prepared import models_of
from consent.declaring import declared
from records.models import Dossier, PatientKey


def test_models_are_those_of_a_query_set(household):
    with declared(household.ref.id):
        expected = PatientKey.objects.filter(dossier_id=household.ref.id).select_related("dossier").get()
        [found] = models_of(PatientKey, "found.dossier_id = %s", (household.ref.id,), together="dossier")
    assert isinstance(found.dossier, Dossier)
    for made, wanted in ((found, expected), (found.dossier, expected.dossier)):
        assert not made._state.adding
        for field in wanted._meta.concrete_fields:
            assert plain(getattr(made, field.attname)) == plain(getattr(wanted, field.attname)), field


def plain(value):
    return bytes(value) if isinstance(value, memoryview) else value
