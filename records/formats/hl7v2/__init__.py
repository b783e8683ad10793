"""HL7 v2 (2.3 to 2.8), unsolicited results ORU^R01: reading only.

``message`` cuts a file into segments and unescapes texts, ``people`` reads PID and the names of professionals,
``results`` makes results of OBX, ``reading`` puts a bundle together.
"""
