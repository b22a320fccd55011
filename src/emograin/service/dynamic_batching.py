"""Dynamic batching: texts of concurrent requests share batches. The queue is bounded and fair to every request."""

import asyncio
import logging
import math
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

from .errors import ServiceError, shutting_down
from .served_model import Scored

LOG = logging.getLogger("emograin.service")
Score = Callable[[Sequence[str], Sequence[bool]], list[Scored]]
SPEED_DECAY = 0.8  # of the moving average of seconds per text


class Job:
    """The texts of one request.

    Args:
        texts: The texts.
        explain: Whether to explain the predictions.

    Attributes:
        answer: One result per text, in order, once all are computed.
    """

    def __init__(self, texts: Sequence[str], explain: bool):
        self.texts, self.explain = texts, explain
        self.taken = 0  # number of texts that the worker took, from the first on
        self.results: list[Scored] = []  # in order, as batches take the texts in order
        self.answer: asyncio.Future[list[Scored]] = asyncio.get_running_loop().create_future()

    @property
    def waiting(self) -> int:
        """Number of texts that the worker has not taken."""
        return len(self.texts) - self.taken

    def deliver(self, result: Scored | Exception) -> None:
        """Add the result of the next text, or fail the whole request."""
        if self.answer.done():
            return
        if isinstance(result, Exception):
            self.answer.set_exception(result)
            return
        self.results.append(result)
        if len(self.results) == len(self.texts):
            self.answer.set_result(self.results)


class BatchingQueue:
    """A bounded queue with one worker. `score` runs in a thread of its own, everything else on the event loop.

    Args:
        score: Scores texts, given which of them to explain.
        batch_texts: Maximum number of texts per batch.
        queue_texts: Maximum number of texts in the queue.
        on_batch: Called with the number of texts of each batch.
    """

    def __init__(
        self, score: Score, batch_texts: int, queue_texts: int, on_batch: Callable[[int], object] = lambda _: None
    ):
        self.score, self.batch_texts, self.queue_texts, self.on_batch = score, batch_texts, queue_texts, on_batch
        self.waiting = 0  # number of texts
        self.shutting_down = False
        self.ready = False
        self._round_robin: deque[Job] = deque()  # a job is in it at most once
        self._unanswered: set[Job] = set()
        self._arrival = asyncio.Event()
        self._seconds_per_text = 0.0
        self._thread = ThreadPoolExecutor(1, "emograin-worker")

    @property
    def idle(self) -> bool:
        """True if every accepted request is answered."""
        return not self._unanswered

    def submit(self, texts: Sequence[str], explain: bool = False) -> Job:
        """Accept a request.

        Raises:
            ServiceError: The service is shutting down, or the queue is full.
        """
        if self.shutting_down:
            raise shutting_down()
        if self.waiting + len(texts) > self.queue_texts:
            seconds = self.retry_after()
            raise ServiceError(
                429,
                "queue_full",
                f"{self.waiting} texts are in the queue, which holds at most {self.queue_texts}; retry in {seconds} s",
                {"Retry-After": str(seconds)},
            )
        job = Job(texts, explain)
        self._unanswered.add(job)
        job.answer.add_done_callback(lambda _: self._unanswered.discard(job))
        self._round_robin.append(job)
        self.waiting += len(texts)
        self._arrival.set()
        return job

    def cancel(self, job: Job) -> None:
        """Cancel a request: its texts in the queue are not computed."""
        if job in self._round_robin:
            self._round_robin.remove(job)
            self.waiting -= job.waiting
        job.answer.cancel()

    def retry_after(self) -> int:
        """Return the estimated seconds until the current queue is processed, 1 to 60."""
        return min(60, max(1, math.ceil(self.waiting * self._seconds_per_text)))

    async def run_worker(self, warm_up: Callable[[], object]) -> None:
        """Warm up, then compute batches until the service is shutting down and the queue is empty."""
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._thread, warm_up)
            self.ready = True
        except Exception as error:
            LOG.error("warm-up failed", exc_info=error)
        while self._round_robin or not self.shutting_down:
            if not self._round_robin:
                self._arrival.clear()
                await self._arrival.wait()
                continue
            await self._compute(self._take())

    async def close(self, seconds: float, worker: asyncio.Task[None]) -> None:
        """Reject new requests, finish accepted ones for up to `seconds`, then fail the rest."""
        self.refuse()
        await asyncio.wait([worker], timeout=seconds)
        worker.cancel()
        self.fail_pending()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def refuse(self) -> None:
        """Reject new requests and continue with the accepted ones."""
        self.shutting_down = True
        self._arrival.set()

    def fail_pending(self) -> None:
        """Fail all requests that are not finished."""
        for job in list(self._unanswered):
            job.deliver(shutting_down())
            self.cancel(job)

    def _take(self) -> list[Job]:
        """Take the next batch: one text per request in turn, so that a long request does not block others."""
        batch: list[Job] = []
        while self._round_robin and len(batch) < self.batch_texts:
            job = self._round_robin.popleft()
            batch.append(job)
            job.taken += 1
            if job.waiting:
                self._round_robin.append(job)
        self.waiting -= len(batch)
        return batch

    async def _compute(self, batch: list[Job]) -> None:
        from_end = dict.fromkeys(batch, 0)
        texts = []
        for job in reversed(batch):  # the last text taken of each job is the one before `taken`
            from_end[job] += 1
            texts.append(job.texts[job.taken - from_end[job]])
        texts.reverse()
        started = perf_counter()
        results = await self._score(batch, texts)
        seconds = (perf_counter() - started) / len(batch)
        average = self._seconds_per_text or seconds
        self._seconds_per_text = SPEED_DECAY * average + (1 - SPEED_DECAY) * seconds
        self.on_batch(len(batch))
        for job, result in zip(batch, results, strict=True):
            job.deliver(result)
            if isinstance(result, Exception):
                self.cancel(job)

    async def _score(self, batch: list[Job], texts: list[str]) -> list[Scored | Exception]:
        """Score a batch. If the model fails, score each request alone, so that one does not fail the others."""
        loop = asyncio.get_running_loop()
        explained = [job.explain for job in batch]
        try:
            return list(await loop.run_in_executor(self._thread, self.score, texts, explained))
        except Exception as error:
            if len(set(batch)) == 1:
                LOG.error("the model failed", exc_info=error)
                return [error] * len(batch)
        results: list[Scored | Exception] = [RuntimeError()] * len(batch)
        for job in dict.fromkeys(batch):
            own = [index for index, each in enumerate(batch) if each is job]
            alone = await self._score([job] * len(own), [texts[index] for index in own])
            for index, result in zip(own, alone, strict=True):
                results[index] = result
        return results
