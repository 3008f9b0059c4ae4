"""Tasks of the floor; importing the outbox registers them."""

from marketplace.queue import outbox_drain, outbox_run

__all__ = ["outbox_drain", "outbox_run"]
