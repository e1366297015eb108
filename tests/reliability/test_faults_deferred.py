"""The fault matrix, with tasks that wait deferred."""

from fault_matrix import *  # noqa: F403

DEFERRABLE = True
