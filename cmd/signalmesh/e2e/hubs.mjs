// The program in server/: a hub, and pages of three origins that use it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { build } from './demo.mjs';

const scripts = fileURLToPath(new URL('node_modules/@microsoft', import.meta.url));

/** Starts it and waits for the three origins. */
export async function startHubs() {
  const child = spawn(`${build}e2e/server`, ['--scripts', scripts], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended]);
  const [own, allowed, other] = JSON.parse(line);
  const state = async () => (await fetch(`${own}/state`)).json();
  return {
    own, allowed, other, state, url: `${own}/hub`,
    /** Waits for its state to be so. */
    async until(holds, what) {
      const end = performance.now() + 10_000;
      for (let now = await state(); !holds(now); now = await state()) {
        if (performance.now() > end) throw new Error(`waited for ${what}: ${JSON.stringify(now)}`);
        await delay(20);
      }
    },
    /** Ends it, and returns its exit code. */
    async stop() {
      child.stdin.end();
      const [code] = await ended;
      return code;
    },
  };
}
