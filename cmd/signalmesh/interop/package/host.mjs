// An ASP.NET Core server that uses the package, in a separate process group.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { HubConnectionBuilder, LogLevel } from '@microsoft/signalr';

import { until } from '../waiting.mjs';

// PATIENCE is how long a test waits for one event, in milliseconds.
export const PATIENCE = 15_000;

// alive reports whether there is a process with that ID.
export function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

// A Host is a server and its node.
export class Host {
  log = '';
  #changed = () => {};
  #exit;

  // folder is that of the published application, and program the name of its DLL or
  // executable.
  constructor(folder, program, { env = {}, uid } = {}) {
    const path = join(folder, program);
    const [command, args] = path.endsWith('.dll') ? ['dotnet', [path]] : [path, []];
    this.process = spawn(command, [...args, '--urls', 'http://127.0.0.1:0'], {
      cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'], ...(uid === undefined ? {} : { uid, gid: uid }),
      env: { ...process.env, DOTNET_ROLL_FORWARD: 'Major', ...env },
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        this.log += text;
        this.#changed();
      });
    }
    this.#exit = once(this.process, 'close');
  }

  // said waits until the log matches, and returns the match. n is which match.
  said(pattern, n = 0) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`never said: ${pattern}\n${this.log}`)), PATIENCE);
      this.#changed = () => {
        const match = [...this.log.matchAll(new RegExp(pattern, 'g'))][n];
        if (!match) return;
        clearTimeout(timer);
        this.#changed = () => {};
        resolve(match);
      };
      this.#changed();
    });
  }

  // started waits until the server and its node listen.
  async started() {
    this.node = Number((await this.said(/The node listens after \d+ ms \(pid (\d+)\)/))[1]);
    this.url = (await this.said(/Now listening on: (http:\S+)/))[1];
    return this;
  }

  // connect connects Microsoft's client. receive is called with the arguments of each call of method.
  async connect(path, method, receive) {
    const client = new HubConnectionBuilder().withUrl(this.url + path).configureLogging(LogLevel.None).build();
    client.on(method, (...args) => receive(args));
    await client.start();
    return client;
  }

  // ended waits for the end of the server, and returns its exit code or the signal.
  async ended() {
    const [code, signal] = await this.#exit;
    return signal ?? code;
  }

  // interrupt does what Ctrl-C in a terminal does.
  interrupt() {
    process.kill(-this.process.pid, 'SIGINT');
  }

  // end kills what is left.
  async end() {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill('SIGKILL');
    await this.#exit;
    await this.nodeEnded();
  }

  nodeEnded() {
    return until(() => !this.node || !alive(this.node), PATIENCE, 'the end of the node');
  }
}

// startNode starts the node of a published application by itself, as a sidecar.
export function startNode(folder, args, env) {
  const program = join(folder, 'runtimes', `linux-${process.arch}`, 'native', 'signalmesh-node');
  const node = spawn(program, ['node', '--child', ...args], { stdio: ['pipe', 'ignore', 'inherit'], env: { ...process.env, ...env } });
  const ended = once(node, 'close');
  return {
    end() {
      node.stdin.end();
      return ended;
    },
  };
}
