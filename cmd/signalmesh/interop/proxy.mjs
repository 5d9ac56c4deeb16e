// A network that can be cut.

import { connect, createServer } from 'node:net';
import { once } from 'node:events';

// A Proxy passes TCP connections on to a node, and loses them as a network does:
// without a close frame.
export class Proxy {
  #server;
  #pairs = new Set(); // [client's side, node's side]
  #held; // connections that are not passed on yet; undefined: none is held
  #host;
  #port;
  #left = new Set(); // nodes' sides that nobody will hear from again

  // open returns a Proxy to a node.
  static async open(node) {
    const proxy = new Proxy();
    [proxy.#host, proxy.#port] = node.http.split(':');
    proxy.#server = createServer((client) => {
      client.on('error', () => {});
      if (proxy.#held) proxy.#held.push(client);
      else proxy.#pass(client);
    });
    proxy.#server.listen({ host: '127.0.0.1', port: 0 });
    await once(proxy.#server, 'listening');
    proxy.address = `127.0.0.1:${proxy.#server.address().port}`;
    return proxy;
  }

  #pass(client) {
    const node = connect(Number(this.#port), this.#host);
    const pair = [client, node];
    this.#pairs.add(pair);
    for (const [from, to] of [[client, node], [node, client]]) {
      from.on('error', () => {});
      from.on('close', () => {
        this.#pairs.delete(pair);
        if (!this.#left.has(to)) to.destroy();
      });
      from.pipe(to);
    }
  }

  // reset breaks all connections at both ends.
  reset() { this.#each((client, node) => { client.resetAndDestroy(); node.resetAndDestroy(); }); }

  // end ends all connections as a process that dies does.
  end() { this.#each((client, node) => { client.destroy(); node.destroy(); }); }

  // swallow passes nothing on any more on the connections there are.
  swallow() {
    this.#each((client, node) => {
      for (const side of [client, node]) {
        side.unpipe();
        side.resume();
      }
    });
  }

  // forsake breaks all connections at the clients' end. The node believes them alive.
  forsake() {
    this.swallow();
    this.#each((client, node) => {
      this.#left.add(node);
      client.resetAndDestroy();
    });
  }

  // down holds new connections until up passes them on.
  down() { this.#held ??= []; }

  up() {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const client of held) this.#pass(client);
  }

  #each(cut) {
    for (const [client, node] of [...this.#pairs]) cut(client, node);
  }

  async close() {
    for (const client of this.#held ?? []) client.destroy();
    this.end();
    for (const node of this.#left) node.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
