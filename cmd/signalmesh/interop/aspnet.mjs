// A server of ASP.NET Core, as Redis sees it, as a child process: see aspnet/main.go.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { ASPNET } from './cluster.mjs';
import { within } from './waiting.mjs';

export class AspNet {
  inboxes = {}; // texts, by client
  #child;
  #ended;
  #asked = new Map(); // by number: what is to be done with the answer
  #last = 0;
  #changed = () => {};

  // start starts a server of a hub, by its full name, at the Redis doors of nodes.
  static start(hub, nodes) {
    const server = new AspNet();
    const child = spawn(ASPNET, [hub, ...nodes.map(({ door }) => door)], { env: {}, stdio: ['pipe', 'pipe', 'inherit'] });
    server.#child = child;
    server.#ended = new Promise((resolve) => { child.once('close', resolve).once('error', resolve); });
    child.stdin.on('error', () => {}); // who asks waits in vain, and is told
    createInterface({ input: child.stdout }).on('line', (text) => server.#take(JSON.parse(text)));
    return server;
  }

  #take({ id, error, result, client, text }) {
    if (id === undefined) {
      if (error) throw new Error(`client ${client}: ${error}`);
      (this.inboxes[client] ??= []).push(text);
      this.#changed();
      return;
    }
    const { resolve, reject } = this.#asked.get(id);
    this.#asked.delete(id);
    if (error) reject(new Error(error));
    else resolve(result);
  }

  // ask has the server do something, and returns what came of it.
  ask(op, request = {}) {
    const id = ++this.#last;
    const answer = new Promise((resolve, reject) => { this.#asked.set(id, { resolve, reject }); });
    this.#child.stdin.write(`${JSON.stringify({ id, op, ...request })}\n`);
    return within(answer, 10_000, `the ASP.NET Core server to ${op}`);
  }

  // heard returns the texts that a client was sent, once there are n, and forgets them.
  async heard(client, n) {
    const inbox = (this.inboxes[client] ??= []);
    await within(new Promise((resolve) => {
      this.#changed = () => { if (inbox.length >= n) resolve(); };
      this.#changed();
    }), 10_000, `${n} messages at client ${client}, which has ${inbox.length}`);
    return inbox.splice(0);
  }

  // stop ends the server, and fails if it noticed anything wrong.
  async stop() {
    this.#child.stdin.end();
    const code = await within(this.#ended, 5_000, 'the ASP.NET Core server to end');
    if (code !== 0) throw new Error(`the ASP.NET Core server ended with ${code}`);
  }

  // kill ends it as a power cut does.
  async kill() {
    this.#child.kill('SIGKILL');
    await within(this.#ended, 5_000, 'the ASP.NET Core server to be killed');
  }
}
