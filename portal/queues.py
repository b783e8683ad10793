"""The queues of background work, and the order in which a worker empties them."""

from __future__ import annotations

from kombu import Exchange, Queue
from kombu.utils.scheduling import priority_cycle

from portal.notifications.kinds import Urgency

# Each with an exchange of its own: bound to a common one by a common key, a message would reach all three.
QUEUES = tuple(Queue(urgency.value, Exchange(urgency.value), routing_key=urgency.value) for urgency in Urgency)
# A message that nobody acknowledged comes back to the queue after this many seconds. Longer than
# the longest task, or Redis would hand out a task that is still running.
VISIBILITY_SECONDS = 900
LONGEST_TASK_SECONDS = 840

_RANK = {urgency.value: rank for rank, urgency in enumerate(Urgency)}


class MostUrgentFirst(priority_cycle):
    """Asks Redis for the most urgent queue first, each time; otherwise fifty thousand bulk tasks take turns with it."""

    def consume(self, n: int) -> list[str]:
        """The queues in the order in which Redis shall look at them."""
        return sorted(self.items[:n], key=lambda name: (_RANK.get(name, len(_RANK)), name))
