// Numbered messages, one after the other, to see whether any is lost.

import { until } from './waiting.mjs';

// A Stream is a client that sends numbered messages to all until it is stopped.
export class Stream {
  sent = 0;
  #stopped = false;
  #done;

  constructor(client) {
    this.client = client;
    this.user = `stream of ${client.server}`;
    this.#done = this.#run();
    this.#done.catch(() => {}); // more and stop tell it
  }

  async #run() {
    while (!this.#stopped) {
      await this.client.invoke('Send', this.user, `${this.sent}`);
      this.sent++;
    }
  }

  // more returns when n more messages have been sent.
  async more(n) {
    const goal = this.sent + n;
    await Promise.race([this.#done, until(() => this.sent >= goal, 30_000, `${n} more messages of the ${this.user}`)]);
  }

  async stop() {
    this.#stopped = true;
    await this.#done;
  }

  // numbers are those of the messages of this stream in what arrived.
  numbers(arrived) {
    return arrived.filter(([user]) => user === this.user).map(([, text]) => Number(text));
  }
}
