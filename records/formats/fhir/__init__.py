"""FHIR R4 (https://hl7.org/fhir/R4/): taking in and showing.

``bundle`` reads a file safely, ``references`` follows what points inside it, ``mapping`` says in
which drawer each resource lies, ``presenting`` turns one resource into words for its reader.
"""
