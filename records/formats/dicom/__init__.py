"""DICOM: who, what and when of an examination, and a preview of its pixels without the names in its tags."""
