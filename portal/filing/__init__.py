"""Files that people bring and look at: what patients' and professionals' pages share.

Come here for the form, for filing what was sealed while it came in, and for the page of a document. How a file comes in
is ``portal.uploading``, how an original leaves is ``portal.serving``.
"""
