// A run of "signalmesh demo".

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const build = fileURLToPath(new URL('../../../build/', import.meta.url));

/** Starts the demo on free ports and waits for the addresses of its three pages. */
export async function startDemo() {
  const child = spawn(`${build}signalmesh`, ['demo', '--http-port', '0', '--signalr-js', `${build}demo/signalr.min.js`]);
  const ended = once(child, 'exit');
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (chunk) => { log += chunk; });
  const urls = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const url = line.match(/^ +\d +(http:\S+)/)?.[1];
    if (url) urls.push(url);
    if (urls.length === 3) break;
  }
  child.stdout.resume();
  if (urls.length !== 3) throw new Error(`the demo did not start:\n${log}`);
  return {
    urls,
    log: () => log,
    /** Types a line into its terminal. */
    type: (line) => child.stdin.write(`${line}\n`),
    /** Ends it as Ctrl-C does, and returns its exit code. */
    async stop() {
      child.kill('SIGINT');
      const [code] = await ended;
      return code;
    },
  };
}
