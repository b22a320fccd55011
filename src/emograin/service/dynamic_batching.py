"""Texts of requests in flight, computed in batches by one worker; bounded, and fair to every request."""

import asyncio
import logging
import math
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

from .errors import Refusal, closing
from .served_model import Scored

LOG = logging.getLogger("emograin.service")
Score = Callable[[Sequence[str], Sequence[bool]], list[Scored]]
MEMORY = 0.8  # how much the measured speed remembers of the batches before


class Job:
    """One request's texts on their way through the worker.

    Args:
        texts: The texts.
        explain: Whether their words are asked for.

    Attributes:
        answer: One result a text, in order, once all are there.
    """

    def __init__(self, texts: Sequence[str], explain: bool):
        self.texts, self.explain = texts, explain
        self.taken = 0  # texts that the worker has had, from the first on
        self.results: list[Scored] = []  # in order: a batch takes a request's texts in theirs
        self.answer: asyncio.Future[list[Scored]] = asyncio.get_running_loop().create_future()

    @property
    def waiting(self) -> int:
        """Texts that the worker has not had."""
        return len(self.texts) - self.taken

    def deliver(self, result: Scored | Exception) -> None:
        """The next text's result, or why the whole request has none."""
        if self.answer.done():
            return
        if isinstance(result, Exception):
            self.answer.set_exception(result)
            return
        self.results.append(result)
        if len(self.results) == len(self.texts):
            self.answer.set_result(self.results)


class BatchingQueue:
    """Everything but `score` runs on the event loop, `score` in one thread of its own.

    Args:
        score: Texts, and which are to be explained -> results.
        batch_texts: Texts of a batch.
        queue_texts: Texts that wait at most.
        watch: Called with the texts of each batch.
    """

    def __init__(self, score: Score, batch_texts: int, queue_texts: int, watch: Callable[[int], object] = lambda _: 0):
        self.score, self.batch_texts, self.queue_texts, self.watch = score, batch_texts, queue_texts, watch
        self.waiting = 0  # texts
        self.closing = False
        self.ready = False
        self._turns: deque[Job] = deque()  # whose turn it is; a job is in it once
        self._open: set[Job] = set()
        self._arrival = asyncio.Event()
        self._pace = 0.0  # seconds a text
        self._thread = ThreadPoolExecutor(1, "emograin-worker")

    @property
    def idle(self) -> bool:
        """Whether every accepted request is answered."""
        return not self._open

    def submit(self, texts: Sequence[str], explain: bool = False) -> Job:
        """Accept a request.

        Raises:
            Refusal: The service stops, or the queue is full.
        """
        if self.closing:
            raise closing()
        if self.waiting + len(texts) > self.queue_texts:
            seconds = self.retry_after()
            raise Refusal(
                429,
                "queue_full",
                f"{self.waiting} texts are waiting, at most {self.queue_texts} may; come back in {seconds} s",
                {"Retry-After": str(seconds)},
            )
        job = Job(texts, explain)
        self._open.add(job)
        job.answer.add_done_callback(lambda _: self._open.discard(job))
        self._turns.append(job)
        self.waiting += len(texts)
        self._arrival.set()
        return job

    def drop(self, job: Job) -> None:
        """Forget a request: its texts that wait are not computed."""
        if job in self._turns:
            self._turns.remove(job)
            self.waiting -= job.waiting
        job.answer.cancel()

    def retry_after(self) -> int:
        """Seconds after which what waits now is done, by the speed so far: 1 to 60."""
        return min(60, max(1, math.ceil(self.waiting * self._pace)))

    async def work(self, warm_up: Callable[[], object]) -> None:
        """Warm up, then compute batch after batch until the service stops and nothing is left."""
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._thread, warm_up)
            self.ready = True
        except Exception as error:
            LOG.error("warming up failed", exc_info=error)
        while self._turns or not self.closing:
            if not self._turns:
                self._arrival.clear()
                await self._arrival.wait()
                continue
            await self._compute(self._take())

    async def close(self, seconds: float, work: asyncio.Task[None]) -> None:
        """Accept nothing more, finish what was accepted; what is not done after `seconds` is refused."""
        self.refuse()
        await asyncio.wait([work], timeout=seconds)
        work.cancel()
        self.give_up()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def refuse(self) -> None:
        """Accept nothing more, and go on with what was accepted."""
        self.closing = True
        self._arrival.set()

    def give_up(self) -> None:
        """Refuse what was accepted and is not done."""
        for job in list(self._open):
            job.deliver(closing())
            self.drop(job)

    def _take(self) -> list[Job]:
        """The next batch, as whose turn it is: one text a request in turn, so that a long one holds up no other."""
        batch: list[Job] = []
        while self._turns and len(batch) < self.batch_texts:
            job = self._turns.popleft()
            batch.append(job)
            job.taken += 1
            if job.waiting:
                self._turns.append(job)
        self.waiting -= len(batch)
        return batch

    async def _compute(self, batch: list[Job]) -> None:
        places = dict.fromkeys(batch, 0)
        texts = []
        for job in reversed(batch):  # the last text taken of each job is the one before `taken`
            places[job] += 1
            texts.append(job.texts[job.taken - places[job]])
        texts.reverse()
        started = perf_counter()
        results = await self._score(batch, texts)
        pace = (perf_counter() - started) / len(batch)
        self._pace = MEMORY * self._pace + (1 - MEMORY) * pace if self._pace else pace
        self.watch(len(batch))
        for job, result in zip(batch, results, strict=True):
            job.deliver(result)
            if isinstance(result, Exception):
                self.drop(job)

    async def _score(self, batch: list[Job], texts: list[str]) -> list[Scored | Exception]:
        """Results of a batch. Where the model fails, each request is tried alone: one's text fails no other's."""
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
            own = [at for at, each in enumerate(batch) if each is job]
            for at, result in zip(own, await self._score([job] * len(own), [texts[at] for at in own]), strict=True):
                results[at] = result
        return results
