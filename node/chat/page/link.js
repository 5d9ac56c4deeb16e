// The connection to the hub, kept for as long as the page is open.

// Milliseconds before each try; the last one holds for all that follow.
const DELAYS = [0, 250, 500, 1000, 1500];

/** How long to wait before a try. Never null: there is always a next one. */
function delay(tries) {
  const base = DELAYS[Math.min(tries, DELAYS.length - 1)];
  return base * (0.75 + Math.random() / 2); // so that the clients of a lost server do not come all at once
}

/**
 * A link to a hub. It is always on its way to being connected. Its listeners:
 * connected() when it is, once more after each loss; lost(tries) when it is no
 * more, and again after each try that failed; and on, an object of the methods
 * that the hub may call.
 */
export class Link {
  #listeners;
  #connection = null;

  constructor(listeners) {
    this.#listeners = listeners;
  }

  get connected() {
    return this.#connection?.state === window.signalR.HubConnectionState.Connected;
  }

  /** Connects to url, instead of what the link was connected to. */
  async open(url) {
    const { signalR } = window;
    const before = this.#connection;
    const policy = {
      nextRetryDelayInMilliseconds: ({ previousRetryCount: tries }) => {
        this.#lost(connection, tries);
        return delay(tries);
      },
    };
    const connection = this.#connection = new signalR.HubConnectionBuilder()
      .withUrl(url)
      .withAutomaticReconnect(policy)
      .configureLogging(signalR.LogLevel.Error)
      .build();
    for (const [method, run] of Object.entries(this.#listeners.on)) connection.on(method, run);
    connection.onreconnected(() => this.#listeners.connected());
    // The server said goodbye for good. A demonstration comes back all the same.
    connection.onclose(() => {
      this.#lost(connection, 0);
      this.#start(connection);
    });
    await before?.stop();
    await this.#start(connection);
  }

  /** Runs a hub method and returns its result. */
  invoke(method, ...args) {
    return this.#connection.invoke(method, ...args);
  }

  #lost(connection, tries) {
    if (connection === this.#connection) this.#listeners.lost(tries);
  }

  /** Tries until it is connected, or another connection has taken its place. */
  async #start(connection) {
    for (let tries = 0; connection === this.#connection; tries++) {
      await new Promise((done) => setTimeout(done, delay(tries)));
      try {
        await connection.start();
      } catch {
        this.#lost(connection, tries + 1); // the client has logged why
        continue;
      }
      if (connection === this.#connection) this.#listeners.connected();
      else await connection.stop();
      return;
    }
  }
}
