"""`make run`: the demo on one machine, with servers of its own.

``folder`` keeps what survives between runs, ``preparing`` makes it ready, ``supervisor`` keeps the
processes alive and stops them in order, ``launching`` is the order of it all. Production has an
orchestrator and needs none of this.
"""
