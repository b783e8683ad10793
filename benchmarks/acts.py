"""``python -m benchmarks.acts``: an act with its entry in the log, beside the bare act, and under history libraries.

One row of one table is changed in one transaction, alone and remembered, in turns within one process each: Django is
set up once per process (``benchmarks.historians``).
"""

from __future__ import annotations

import subprocess
import sys

import psycopg
from psycopg.conninfo import make_conninfo

from benchmarks.historians import APPS
from benchmarks.house import open_house


def main() -> None:
    """Carnet first, then each library that is installed."""
    with open_house() as house:
        url = house.superuser_url
        for name in APPS:
            database = "carnet" if name == "carnet" else f"peer_{name}"
            if name != "carnet":
                with psycopg.connect(url, autocommit=True) as superuser:
                    superuser.execute(f"CREATE DATABASE {database}")
            command = [sys.executable, "-m", "benchmarks.historians", make_conninfo(url, dbname=database), name]
            if subprocess.run(command, check=False).returncode:  # noqa: S603 - our own program
                print(f"{name}: could not be measured, left out")


if __name__ == "__main__":
    main()
