// Servers find each other, whichever comes first.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { talks } from './client.mjs';
import { CHAT, Cluster, HOSTS } from './cluster.mjs';

// LATE is how much later than the others the seed starts, and FOUND how long it
// may take then until all see each other, in milliseconds.
const LATE = 5_000;
const FOUND = 20_000;

test('nodes start one after the other, the last in the file first', async (t) => {
  const cluster = await Cluster.make(CHAT);
  t.after(() => cluster.close());
  await cluster.test(async () => {
    for (const node of cluster.nodes.toReversed()) await node.start();
    await cluster.meshed();
    await talks(cluster);
  })(t);
});

test('nodes start before their only seed', async (t) => {
  const cluster = await Cluster.make({ ...CHAT, seeds: HOSTS.slice(0, 1) });
  t.after(() => cluster.close());
  await cluster.test(async () => {
    const [seed, ...others] = cluster.nodes;
    await Promise.all(others.map((node) => node.start()));
    await delay(LATE); // that the seed is late is the point
    for (const node of others) assert.equal((await node.status()).health, 'isolated');
    const start = performance.now();
    await seed.start();
    await cluster.meshed(FOUND);
    t.diagnostic(`found each other ${Math.round(performance.now() - start)} ms after the start of the seed`);
    await talks(cluster);
  })(t);
});
