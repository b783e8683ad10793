"""What those who run the house look at: is it alive, is it ready, and numbers for Prometheus.

Nothing here is about a person: counts, ages and tokens of closed lists.
"""
