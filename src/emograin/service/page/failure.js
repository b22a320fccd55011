/** A request that failed. `status` is HTTP's, 0 if the service was not reached; `wait` is Retry-After, in seconds. */
export class Failure extends Error {
  constructor(status, message, wait = null) { super(message); this.status = status; this.wait = wait; }
  get temporary() { return this.status === 429 || this.status === 503; }
  get causedByTexts() { return [400, 413, 422].includes(this.status); }
}
