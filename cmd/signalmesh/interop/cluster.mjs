// Nodes as child processes: what a client.ncconf and an appsettings.json make of
// one program on several loopback addresses.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { until, within } from './waiting.mjs';

export const HOSTS = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];

// What a node can be: a program and the hub that it serves. Both programs take the
// flags of "signalmesh node". "npm test" builds them, with Go's race detector: a node
// that found a race does not end well. INTEROP_PROGRAMS is another folder of programs.
const programs = process.env.INTEROP_PROGRAMS ?? fileURLToPath(new URL('../../../build/race', import.meta.url));
export const CHAT = { program: join(programs, 'signalmesh'), hub: 'chat' };
export const MATRIX = { program: join(programs, 'server'), hub: 'matrix' };
export const DIALOGUE = { program: join(programs, 'server'), hub: 'dialogue' };
// DOOR is a node without a hub of its own, beside a server that scales out over Redis.
export const DOOR = { program: join(programs, 'signalmesh'), redis: true };
// ASPNET is the program that is a server of ASP.NET Core, as Redis sees it.
export const ASPNET = join(programs, 'aspnet');

// How the nodes of a cluster dial their seeds: in the order of the file, every second
// for a minute, then again.
const RETRIES = 'connection-retries="60" retry-interval="1" retry-connection-delay="1" connection-timeout="2"';

// running and folders hold the child processes and temporary folders there are, so
// that none outlives this process.
const running = new Set();
const folders = new Set();
function clean() {
  for (const child of running) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}
process.on('exit', clean);
for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]]) {
  process.once(signal, () => process.exit(code));
}
// A test runner that is killed leaves the tests that it started running.
const runner = process.ppid;
setInterval(() => {
  if (process.ppid !== runner) process.exit(1);
}, 500).unref();

// A Cluster is one application on one cache: its two files and its nodes.
export class Cluster {
  // make writes the files and picks the ports, and starts nothing.
  //
  // program and hub are CHAT, MATRIX or DIALOGUE, or DOOR; seeds are the addresses in
  // client.ncconf; bootstrap are peers to dial besides; redis gives each node a Redis
  // door; flags are further ones, for all nodes.
  static async make({
    program,
    hub,
    redis = false,
    hosts = HOSTS,
    seeds = hosts,
    bootstrap = [],
    cache = 'demoClusteredCache',
    application = 'chatApplication',
    flags = [],
  }) {
    const cluster = new Cluster();
    const peerPort = await freePort(hosts);
    const folder = mkdtempSync(join(tmpdir(), 'signalmesh-interop-'));
    folders.add(folder);
    const ncconf = join(folder, 'client.ncconf');
    writeFileSync(ncconf, clientNcconf(cache, seeds, peerPort));
    const config = join(folder, 'appsettings.json');
    writeFileSync(config, JSON.stringify({
      NCacheConfiguration: { CacheName: cache, ApplicationID: application },
    }, null, 2));

    cluster.nodes = [];
    for (const [i, host] of hosts.entries()) {
      const http = `${host}:${await freePort([host])}`;
      const admin = `${host}:${await freePort([host])}`;
      const peers = `${host}:${peerPort}`;
      const name = `server-${i + 1}`;
      const door = redis ? `${host}:${await freePort([host])}` : undefined;
      const command = [
        program, 'node', '--name', name, '--http', http, '--listen', peers,
        '--admin', admin, '--ncconf', ncconf, '--config', config, '--allow-anonymous',
        ...(hub ? ['--hub', hub] : []), ...(door ? ['--redis', door] : []),
        ...bootstrap.flatMap((peer) => ['--bootstrap', peer]), ...flags,
      ];
      cluster.nodes.push(new Node({ name, hub, command, http, admin, peers, door }));
    }
    return cluster;
  }

  // start makes a cluster, starts all its nodes at once, and awaits the mesh.
  static async start(options) {
    const cluster = await Cluster.make(options);
    try {
      await Promise.all(cluster.nodes.map((node) => node.start()));
      await cluster.meshed();
    } catch (err) {
      cluster.complain();
      clean(); // a test file that fails outside its tests ends without the event "exit"
      throw err;
    }
    return cluster;
  }

  // meshed returns when all nodes that run see each other, directly.
  async meshed(ms = 20_000) {
    const live = this.nodes.filter((node) => node.running);
    await until(async () => {
      const views = await Promise.all(live.map((node) => node.status()));
      return views.every((view, i) => sees(view, live.filter((_, j) => j !== i)));
    }, ms, `${live.map((node) => node.name).join(', ')} to see each other`);
  }

  // test wraps a test's function: if it fails, what the nodes said is told too.
  test = (run) => async (t) => {
    try {
      await run(t);
    } catch (err) {
      this.complain();
      throw err;
    }
  };

  // complain tells what the nodes wrote to stderr.
  complain() {
    for (const node of this.nodes) {
      if (node.stderr !== '') console.error(`--- ${node.name} (${node.http}) wrote:\n${node.stderr}`);
    }
  }

  // close ends all nodes, gracefully, and fails if one does not end well. Clients
  // that a failed test left behind would keep this process alive: they go first.
  async close() {
    const left = this.nodes.flatMap((node) => [...node.clients]);
    await Promise.allSettled(left.map((client) => client.stop()));
    const ended = await Promise.allSettled(this.nodes.map((node) => node.stop()));
    const failed = ended.find(({ status }) => status === 'rejected');
    if (failed) {
      this.complain();
      throw failed.reason;
    }
  }
}

// sees says whether a node's status shows it linked to the others and to nobody else.
function sees({ members }, others) {
  const alive = members.filter(({ state }) => state !== 'gone');
  const names = alive.filter(({ state, linked }) => state === 'alive' && linked).map(({ name }) => name);
  return alive.length === others.length && others.every(({ name }) => names.includes(name));
}

// A Node is one server process, which can be started again after its end.
class Node {
  #child;
  #ended; // resolves to [code, signal]
  clients = new Set(); // that were connected to it

  constructor({ name, hub, command, http, admin, peers, door }) {
    Object.assign(this, { name, hub, command, http, admin, peers, door, stderr: '' });
  }

  get running() { return this.#child !== undefined; }

  // url is where the hub is served to a user, through a Proxy if there is one.
  url(user, through) {
    return `http://${through?.address ?? this.http}/${this.hub}${user === undefined ? '' : `?user=${encodeURIComponent(user)}`}`;
  }

  // start starts the process, always with the same command, and awaits its ready
  // line and /readyz.
  async start() {
    const [program, ...args] = this.command;
    const before = this.stderr.length;
    const child = spawn(program, args, {
      env: {}, // settings of whoever runs the tests are none of the nodes'
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    running.add(child);
    child.stderr.setEncoding('utf8').on('data', (text) => { this.stderr += text; });
    this.#ended = new Promise((resolve) => {
      const end = (code, signal) => {
        running.delete(child);
        this.#child = undefined;
        resolve([code, signal]);
      };
      child.once('close', end).once('error', (err) => {
        this.stderr += `${err}\n`;
        end(null, null);
      });
    });
    // A test that forgets a node must not wait for it.
    child.unref();
    child.stderr.unref();
    await until(async () => {
      if (!this.running) throw new Error(`${this.name} ended before it was ready`);
      return (await this.#get('/readyz'))?.ok && /^ready:/m.test(this.stderr.slice(before));
    }, 20_000, `${this.name} to be ready`);
  }

  // metric is the value of a metric of package signalr.
  async metric(name) {
    const text = await (await this.#get('/metrics', 10_000)).text();
    return Number(new RegExp(`^signalmesh_signalr_${name}(?:{.*})? (.*)$`, 'm').exec(text)[1]);
  }

  // status is how the mesh looks from here.
  async status() {
    const response = await this.#get('/api/status');
    if (!response?.ok) return { health: 'unreachable', members: [] };
    return response.json();
  }

  // kill ends the process as a power cut would.
  async kill() {
    this.#child?.kill('SIGKILL');
    await within(this.#ended, 5_000, `${this.name} to be killed`);
  }

  // freeze stops the process in its tracks, as a machine that hangs does, and thaw
  // lets it go on.
  freeze() { this.#child.kill('SIGSTOP'); }

  thaw() { this.#child.kill('SIGCONT'); }

  // stop asks the process to leave, and expects it to do so cleanly.
  async stop() {
    if (!this.running) return;
    this.#child.kill('SIGTERM');
    const [code, signal] = await within(this.#ended, 15_000, `${this.name} to stop`);
    if (code !== 0) throw new Error(`${this.name} stopped with ${signal ?? `code ${code}`}`);
  }

  // get asks the admin listener, and returns undefined if that is not there.
  async #get(path, ms = 2_000) {
    try {
      return await fetch(`http://${this.admin}${path}`, { signal: AbortSignal.timeout(ms) });
    } catch {
      return undefined;
    }
  }
}

function clientNcconf(cache, seeds, port) {
  return `<?xml version="1.0" encoding="UTF-8"?>
<configuration>
  <ncache-server ${RETRIES} port="${port}"/>
  <cache id="${cache}" load-balance="False">
${seeds.map((host) => `    <server name="${host}"/>`).join('\n')}
  </cache>
</configuration>
`;
}

// handedOut are the ports that this process has found free before.
const handedOut = new Set();

// freePort finds a TCP port that is free on all of hosts. It is below the range
// from which systems pick ports for outgoing connections: one of those could sit
// on the port of a node that is down, just when it is to be started again.
async function freePort(hosts) {
  for (let tries = 0; tries < 1_000; tries++) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (handedOut.has(port)) continue;
    const free = await Promise.all(hosts.map((host) => isFree(host, port)));
    if (free.every(Boolean)) {
      handedOut.add(port);
      return port;
    }
  }
  throw new Error(`no port from 20000 to 31999 is free on all of ${hosts.join(', ')}`);
}

function isFree(host, port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
