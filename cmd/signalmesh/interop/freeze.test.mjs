// A server hangs until the others give up their links to it, and then goes on.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Client, PROTOCOLS, settle, stopAll } from './client.mjs';
import { CHAT, Cluster } from './cluster.mjs';
import { Stream } from './stream.mjs';
import { until } from './waiting.mjs';

const cluster = await Cluster.start(CHAT);
after(() => cluster.close());

// GIVEN_UP is how long links to a silent server may last, and BACK how long the mesh
// may take to be whole again, in milliseconds.
const GIVEN_UP = 10_000;
const BACK = 5_000;

test('a server that was frozen is linked again, and has missed nothing', cluster.test(async (t) => {
  const [one, two, frozen] = cluster.nodes;
  const clients = await Promise.all(cluster.nodes.map((node, i) => Client.connect(node, { protocol: PROTOCOLS[i % 2] })));
  // Server 2 is silent, so that one pair of servers has traffic and one has none.
  const stream = new Stream(clients[0]);
  await stream.more(100);

  frozen.freeze();
  try {
    const start = performance.now();
    for (const node of [one, two]) {
      await until(async () => {
        const { members } = await node.status();
        return !members.some(({ name, linked }) => name === frozen.name && linked);
      }, GIVEN_UP, `${node.name} to give up its link`);
    }
    t.diagnostic(`links were given up after ${Math.round(performance.now() - start)} ms`);
    await stream.more(100);
  } finally {
    frozen.thaw();
  }
  const start = performance.now();
  await cluster.meshed(BACK);
  t.diagnostic(`linked again after ${Math.round(performance.now() - start)} ms`);

  await stream.more(100);
  await stream.stop();
  const all = Array.from({ length: stream.sent }, (_, i) => i);
  for (const [i, inbox] of (await settle(clients[0], clients)).entries()) {
    assert.deepEqual(stream.numbers(inbox), all, `at ${clients[i].server}`);
  }
  t.diagnostic(`${stream.sent} messages were sent meanwhile, and all are there`);
  await stopAll(clients);
}));
