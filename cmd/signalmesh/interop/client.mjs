// Microsoft's client, and what it was sent.

import assert from 'node:assert/strict';

import { HttpTransportType, HubConnectionBuilder, LogLevel } from '@microsoft/signalr';
import { MessagePackHubProtocol } from '@microsoft/signalr-protocol-msgpack';

import { until, within } from './waiting.mjs';

// PROTOCOLS are the hub protocols that the tests run with.
export const PROTOCOLS = ['json', 'messagepack'];

// WIRES are the ways in which a client can be connected, as options of connect.
// Server-sent events carry no binary protocol.
const { WebSockets, ServerSentEvents, LongPolling } = HttpTransportType;
export const WIRES = {
  'WebSockets, JSON': { transport: WebSockets, protocol: 'json' },
  'WebSockets, MessagePack': { transport: WebSockets, protocol: 'messagepack' },
  'WebSockets without negotiation, JSON': { transport: WebSockets, protocol: 'json', skipNegotiation: true },
  'server-sent events, JSON': { transport: ServerSentEvents, protocol: 'json' },
  'long polling, JSON': { transport: LongPolling, protocol: 'json' },
  'long polling, MessagePack': { transport: LongPolling, protocol: 'messagepack' },
};

// HUBS are the hubs there are: the clients' method that they call, how to send a
// text to everybody, and how to find the text in what arrives.
const HUBS = {
  chat: {
    method: 'ReceiveMessage', // (user, text, server)
    say: (client, text) => client.invoke('Send', 'settle', text),
    textOf: ([, text]) => text,
  },
  matrix: {
    method: 'message', // (text)
    say: (client, text) => client.invoke('SendAll', text),
    textOf: ([text]) => text,
  },
};
HUBS.dialogue = HUBS.matrix; // which it is, and more

// A Client is a connection to one hub of one node. Its inbox holds the arguments
// of each call that the server made of its method.
export class Client {
  inbox = [];
  #connection;
  #changed = () => {};
  #closed; // why the connection ended, if it was not asked to

  // connect returns a Client that the whole mesh can reach.
  //
  // With reconnect it connects again, without end, when it is told that it may. With
  // stateful it asks for stateful reconnect. With through, a Proxy to node, it
  // connects through that. ServerTimeout is how many milliseconds the server may be
  // silent.
  static async connect(node, {
    user, protocol = 'json', transport = WebSockets, skipNegotiation = false, reconnect = false,
    stateful = false, through, serverTimeout,
  } = {}) {
    const client = new Client();
    client.hub = HUBS[node.hub];
    node.clients.add(client); // which ends it, if nobody else does
    const builder = new HubConnectionBuilder()
      .withUrl(node.url(user, through), { transport, skipNegotiation })
      .configureLogging(LogLevel.None);
    if (protocol === 'messagepack') builder.withHubProtocol(new MessagePackHubProtocol());
    if (reconnect) builder.withAutomaticReconnect({ nextRetryDelayInMilliseconds: () => 50 });
    if (serverTimeout) builder.withServerTimeout(serverTimeout);
    if (stateful) builder.withStatefulReconnect();
    const connection = builder.build();
    client.#connection = connection;
    connection.on(client.hub.method, (...args) => {
      client.inbox.push(args);
      client.#changed();
    });
    connection.onclose((err) => {
      client.#closed = err ?? new Error('closed by the server');
      client.#changed();
    });
    await within(connection.start(), 10_000, `a connection to ${node.name}`);
    // The handshake is answered before the hub knows of the connection; an answer
    // to an invocation comes after that.
    const { connectionId, userId, server } = await client.invoke('WhoAmI');
    return Object.assign(client, { id: connectionId, user: userId, server });
  }

  // invoke calls a hub method and awaits its answer.
  invoke(method, ...args) {
    return within(this.#connection.invoke(method, ...args), 30_000, `the answer of ${method}`);
  }

  // send calls a hub method and wants no answer.
  send(method, ...args) { return this.#connection.send(method, ...args); }

  // stream calls a hub method that streams, and returns all items.
  stream(method, ...args) {
    const items = [];
    return within(new Promise((resolve, reject) => {
      this.#connection.stream(method, ...args).subscribe({
        next: (item) => items.push(item), complete: () => resolve(items), error: reject,
      });
    }), 30_000, `the stream of ${method}`);
  }

  // subscribe calls a hub method that streams. Items holds what has come, ended
  // resolves when there will be no more, and dispose cancels the stream.
  subscribe(method, ...args) {
    const items = [];
    let subscription;
    const ended = new Promise((resolve, reject) => {
      subscription = this.#connection.stream(method, ...args).subscribe({
        next: (item) => items.push(item), complete: resolve, error: reject,
      });
    });
    ended.catch(() => {}); // a test that does not ask does not want to know
    return {
      items,
      ended: () => within(ended, 10_000, `the end of the stream of ${method}`),
      dispose: () => subscription.dispose(),
    };
  }

  // on has the server run handler as a method of the client, whose result is what
  // the server is answered if it asks.
  on(method, handler) { this.#connection.on(method, handler); }

  // ended returns why the server closed the connection, once it has.
  ended() {
    return within(new Promise((resolve) => {
      this.#connection.onclose(resolve);
    }), 10_000, `${this.server} to close a connection`);
  }

  // again returns the connection ID that the client has after the next reconnect,
  // when the whole mesh can reach it.
  async again() {
    await within(new Promise((resolve) => {
      this.#connection.onreconnected(resolve);
    }), 10_000, `a client of ${this.server} to connect again`);
    return (await this.invoke('WhoAmI')).connectionId;
  }

  // pour is invoke for thousands at once: it sets no clock for each.
  pour(method, ...args) { return this.#connection.invoke(method, ...args); }

  // has returns when the inbox holds n entries, or more.
  has(n, ms = 10_000) { return this.until(() => this.inbox.length >= n, ms, `${n} messages`); }

  // until returns when holds does, which is asked whenever something arrives.
  async until(holds, ms, what) {
    const held = new Promise((resolve, reject) => {
      this.#changed = () => {
        if (this.#closed) reject(new Error(`connection to ${this.server} ended: ${this.#closed.message}`));
        else if (holds()) resolve();
      };
      this.#changed();
    });
    try {
      await within(held, ms, `${what} at a client of ${this.server}, which has ${this.inbox.length}`);
    } finally {
      this.#changed = () => {};
    }
  }

  async stop() {
    await within(this.#connection.stop(), 5_000, `a connection to ${this.server} to stop`);
  }
}

const MARKER = 'marker ';
let marks = 0;

// settle returns what has arrived at each of clients of all that sender had sent
// until now. It takes no pause for that: sender sends a marker to everybody, what
// one server sends arrives in order, so before the marker is all there will be.
export async function settle(sender, clients) {
  const { say, textOf } = sender.hub;
  const marker = `${MARKER}${++marks}`;
  await say(sender, marker);
  return Promise.all(clients.map(async (client) => {
    const found = () => client.inbox.findIndex((args) => textOf(args) === marker);
    await client.until(() => found() >= 0, 10_000, `${marker} from ${sender.server}`);
    const arrived = client.inbox.splice(0, found() + 1);
    return arrived.filter((args) => !`${textOf(args)}`.startsWith(MARKER)); // nor those before
  }));
}

// forgotten returns when host's server knows that no server has the connection.
// Nobody is told that: whoever sees the client go is a moment ahead of the servers.
export function forgotten(host, connectionId) {
  return until(async () => {
    try {
      await host.invoke('Add', connectionId, 'nobody');
      return false;
    } catch (err) {
      if (err.message.startsWith("An unexpected error occurred invoking 'Add'")) return true;
      throw err;
    }
  }, 10_000, `${host.server} to forget connection ${connectionId}`);
}

// stopAll ends connections, whatever state they are in, those that failed to begin
// included.
export async function stopAll(clients) {
  await Promise.allSettled(clients.map((client) => client?.stop()));
}

// talks expects that a message from each node of a cluster reaches clients of all.
export async function talks(cluster) {
  const clients = await Promise.all(cluster.nodes.map(
    (node, i) => Client.connect(node, { protocol: PROTOCOLS[i % PROTOCOLS.length] })));
  for (const sender of clients) {
    await sender.hub.say(sender, 'hello');
    for (const arrived of await settle(sender, clients)) assert.deepEqual(arrived.map(sender.hub.textOf), ['hello']);
  }
  await stopAll(clients);
}
