"""Accesses that somebody questions: by the patient to whom they happened, or by a pattern that stands out.

``cases``: a patient does not recognise an access; the professional explains it by a code and words sealed for the
patient; an administrator, who reads the code only, concludes; the patient reads the outcome. ``unsealing``: two
administrators and a reason, for one name, for a short time, told to the patient.
"""
