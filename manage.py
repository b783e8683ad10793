"""Command line of Carnet: ``python manage.py help``.

Without ``CARNET_PROFILE``, the variables that `make run` keeps in ``.carnet/environment`` are used.
"""

import os
import sys
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from portal.env import read_variables

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    if "CARNET_PROFILE" not in os.environ:
        os.environ.update(read_variables(Path(__file__).resolve().parent / ".carnet" / "environment"))
    try:
        _ = settings.INSTALLED_APPS
    except ImproperlyConfigured as refusal:
        sys.exit(str(refusal))
    execute_from_command_line(sys.argv)
