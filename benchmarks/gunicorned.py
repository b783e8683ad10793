"""``python -m benchmarks.gunicorned ARGUMENTS``: gunicorn from the peers' folder, which it does not find by itself."""

import sys

from gunicorn.app.wsgiapp import run

if __name__ == "__main__":
    sys.exit(run())
