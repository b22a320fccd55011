"""What /metrics tells, in Prometheus' format; one registry an app."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
TEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """The service's counts.

    Args:
        waiting: Texts that wait for the model now.
    """

    def __init__(self, waiting: Callable[[], float]):
        self.registry = CollectorRegistry()
        self.requests = Counter("emograin_requests", "Requests.", ["path", "status"], registry=self.registry)
        self.texts = Counter("emograin_texts", "Texts predicted and answered.", registry=self.registry)
        self.batches = Histogram(
            "emograin_batch_texts", "Texts that went through the model at once.", buckets=TEXTS, registry=self.registry
        )
        self.seconds = Histogram(
            "emograin_request_seconds",
            "Seconds from a request's arrival to its answer's end.",
            ["path"],
            buckets=SECONDS,
            registry=self.registry,
        )
        Gauge("emograin_queue_texts", "Texts that wait for the model.", registry=self.registry).set_function(waiting)
        ProcessCollector(registry=self.registry)

    def exposition(self) -> bytes:
        """All of them, as text."""
        return generate_latest(self.registry)
