"""Measurements: ``make bench`` runs them all and writes ``docs/benchmarks.md``; each module runs alone, too.

Other people's software that Carnet is compared with comes from a lock and a folder of its own
(``requirements/peers.txt``, ``build/peers``), behind everything else on the path: whatever Carnet has itself is
Carnet's.
"""

import sys
from pathlib import Path

PEERS = Path(__file__).resolve().parents[1] / "build" / "peers"
if str(PEERS) not in sys.path:
    sys.path.append(str(PEERS))
