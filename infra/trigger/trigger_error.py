"""The one exception of the trigger function."""


class TriggerError(Exception):
    """The event starts no run; the text says why in one sentence.

    Lambda tries again and at last puts the event into the dead-letter queue.
    """
