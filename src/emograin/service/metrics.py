"""Metrics in the Prometheus format, served at /metrics; one registry per app."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
TEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """The metrics of one service.

    Args:
        waiting: Returns the number of texts in the queue.
    """

    def __init__(self, waiting: Callable[[], float]):
        self.registry = CollectorRegistry()
        self.requests = Counter("emograin_requests", "Requests.", ["path", "status"], registry=self.registry)
        self.texts = Counter("emograin_texts", "Texts predicted.", registry=self.registry)
        self.batches = Histogram("emograin_batch_texts", "Texts per batch.", buckets=TEXTS, registry=self.registry)
        self.seconds = Histogram(
            "emograin_request_seconds",
            "Seconds from the arrival of a request to the end of its response.",
            ["path"],
            buckets=SECONDS,
            registry=self.registry,
        )
        Gauge("emograin_queue_texts", "Texts in the queue.", registry=self.registry).set_function(waiting)
        ProcessCollector(registry=self.registry)

    def exposition(self) -> bytes:
        """Return all metrics in the text format."""
        return generate_latest(self.registry)
