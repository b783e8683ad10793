"""CDA R2 (HL7, ISO 27932), in its French profiles (CI-SIS, ANS) and tolerant of others: reading only.

``xml`` parses without following anything, ``header`` says who and when, ``narrative`` keeps the text,
``entries`` makes results, vaccinations and prescriptions of what is structured, ``document`` puts a bundle together.
"""
