"""Dynamic batching: texts of concurrent requests share batches. The queue is bounded and fair to clients."""

import asyncio
import logging
import math
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

from .errors import ServiceError, shutting_down
from .fair_queue import FairQueue
from .options import Options
from .served_model import Scored

LOG = logging.getLogger("emograin.service")
Score = Callable[[Sequence[str], Sequence[Options]], list[Scored]]
UNFINISHED_SHARE = 1 / 3  # of the tokens of a batch, if it does not finish the requests of all of its texts
SPEED_DECAY = 0.8  # of the moving average of seconds per text


class Job:
    """The texts of one request.

    Args:
        texts: The texts.
        options: What is computed for the texts.
        costs: Cost of each text, in tokens.
        client: Who sent the request.

    Attributes:
        answer: One result per text, in order, once all are computed.
        waiting: Number of texts that the worker has not taken; 0 once the request is cancelled.
    """

    def __init__(self, texts: Sequence[str], options: Options, costs: Sequence[float], client: Hashable):
        self.texts, self.options, self.costs, self.client = texts, options, costs, client
        self.waiting = len(texts)
        self.taken = 0  # number of texts that the worker took, from the first on
        self.results: list[Scored] = []  # in order, as batches take the texts in order
        self.answer: asyncio.Future[list[Scored]] = asyncio.get_running_loop().create_future()

    @property
    def next_cost(self) -> float:
        """Cost of the next text."""
        return self.costs[self.taken]

    def take(self) -> None:
        """Take the next text."""
        self.taken += 1
        self.waiting -= 1

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
        score: Scores texts, given the options of each.
        batch_texts: Maximum number of texts per batch.
        queue_texts: Maximum number of texts in the queue.
        on_batch: Called with the number of texts of each batch.
        batch_tokens: Maximum cost of a batch of several texts: the time that others wait for it.
        cost: Returns the cost of a text, in tokens, given its options.
    """

    def __init__(
        self,
        score: Score,
        batch_texts: int,
        queue_texts: int,
        on_batch: Callable[[int], object] = lambda _: None,
        batch_tokens: float = math.inf,
        cost: Callable[[str, Options], float] = lambda _text, _options: 1,
    ):
        self.score, self.batch_texts, self.queue_texts, self.on_batch = score, batch_texts, queue_texts, on_batch
        self.batch_tokens, self.cost = batch_tokens, cost
        self.waiting = 0  # number of texts
        self.shutting_down = False
        self.ready = False
        self._queue: FairQueue[Job] = FairQueue()
        self._unanswered: set[Job] = set()
        self._arrival = asyncio.Event()
        self._seconds_per_text = 0.0
        self._thread = ThreadPoolExecutor(1, "emograin-worker")
        self._worker: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        """True if every accepted request is answered."""
        return not self._unanswered

    def submit(self, texts: Sequence[str], options: Options = Options(), client: Hashable = None) -> Job:  # noqa: B008
        """Accept a request.

        Args:
            texts: The texts.
            options: What is computed for the texts.
            client: Who sent it; clients share the model equally.

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
        job = Job(texts, options, [self.cost(text, options) for text in texts], client)
        self._unanswered.add(job)
        job.answer.add_done_callback(lambda _: self._unanswered.discard(job))
        self._queue.add(job)
        self.waiting += len(texts)
        self._arrival.set()
        return job

    def cancel(self, job: Job) -> None:
        """Cancel a request: its texts in the queue are not computed."""
        self.waiting -= job.waiting
        job.waiting, job.texts, job.costs = 0, (), ()  # the queue drops it at its turn
        job.answer.cancel()

    def retry_after(self) -> int:
        """Return the estimated seconds until the current queue is processed, 1 to 60."""
        return min(60, max(1, math.ceil(self.waiting * self._seconds_per_text)))

    def start(self, warm_up: Callable[[], object]) -> asyncio.Task[None]:
        """Start the worker, unless it was started, and return it."""
        if self._worker is None:
            self._worker = asyncio.create_task(self.run_worker(warm_up))
        return self._worker

    async def run_worker(self, warm_up: Callable[[], object]) -> None:
        """Warm up, then compute batches until the service is shutting down and the queue is empty."""
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._thread, warm_up)
            self.ready = True
        except Exception as error:
            LOG.error("warm-up failed", exc_info=error)
        while self.waiting or not self.shutting_down:
            if not self.waiting:
                self._arrival.clear()
                await self._arrival.wait()
                continue
            await self._compute(*self._take())

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

    def _take(self) -> tuple[list[Job], list[str]]:
        """Take the next batch: for each text its job, and the text.

        Short requests do not wait for long ones: a batch that finishes requests takes no texts of others along, and one
        that finishes none is small, as requests that arrive wait for it. A text that costs more is computed alone.
        """
        jobs: list[Job] = []
        texts: list[str] = []
        cost, finishes = 0.0, False
        while len(texts) < self.batch_texts and (job := self._queue.peek()) is not None:
            last = job.waiting == 1
            cost += job.next_cost
            max_cost = self.batch_tokens * (1 if last and (finishes or not texts) else UNFINISHED_SHARE)
            if texts and (cost > max_cost or (finishes and not last)):
                break
            jobs.append(job)
            texts.append(job.texts[job.taken])
            finishes |= last
            self._queue.take()
        self.waiting -= len(texts)
        return jobs, texts

    async def _compute(self, batch: list[Job], texts: list[str]) -> None:
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
        options = [job.options for job in batch]
        try:
            return list(await loop.run_in_executor(self._thread, self.score, texts, options))
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
