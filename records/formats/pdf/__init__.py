"""PDF: opened, walked object by object, cleaned of what acts by itself, drawn as images of its pages.

Come here for what is removed from a PDF and what refuses it.
"""
