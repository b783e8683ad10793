"""``python -m portal.running``."""

import sys

from portal.running.launching import main

if __name__ == "__main__":
    sys.exit(main())
