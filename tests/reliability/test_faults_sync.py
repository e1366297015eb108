"""The fault matrix, with tasks that wait in their worker's place."""

from fault_matrix import *  # noqa: F403

DEFERRABLE = False
