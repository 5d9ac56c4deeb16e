// A burst: as much as fits, from every server at once, and nothing lost, doubled
// or out of order.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Client, PROTOCOLS, settle, stopAll } from './client.mjs';
import { CHAT, Cluster } from './cluster.mjs';
import { within } from './waiting.mjs';

const cluster = await Cluster.start(CHAT);
after(() => cluster.close());

const BURST = 10_000; // messages from each server
const SIZE = 256; // characters of text in each

test(`${BURST} messages from each of three servers at once reach every client, in order, once`, cluster.test(async (t) => {
  const clients = await Promise.all(cluster.nodes.flatMap(
    (node) => PROTOCOLS.map((protocol) => Client.connect(node, { protocol }))));
  // One sender on each server: json, messagepack, json.
  const senders = [clients[0], clients[3], clients[4]];
  const texts = Array.from({ length: BURST }, (_, i) => `${i} `.padEnd(SIZE, '.'));

  const start = performance.now();
  const answers = senders.flatMap(
    (sender) => texts.map((text) => sender.pour('Send', sender.server, text)));
  await within(Promise.all(answers), 60_000, `${answers.length} answers`);
  const sent = performance.now();
  await Promise.all(clients.map((client) => client.has(senders.length * BURST, 60_000)));
  const seconds = (performance.now() - start) / 1000;
  t.diagnostic(`${answers.length} messages answered after ${((sent - start) / 1000).toFixed(1)} s, all `
    + `${answers.length * clients.length} copies of them at their clients after ${seconds.toFixed(1)} s: `
    + `${Math.round(answers.length / seconds)} messages/s, ${Math.round(answers.length * clients.length / seconds)} copies/s`);

  // What would come twice might come late: a marker from each server ends that.
  const inboxes = clients.map(() => []);
  for (const sender of senders) {
    for (const [i, arrived] of (await settle(sender, clients)).entries()) inboxes[i].push(...arrived);
  }
  for (const [i, inbox] of inboxes.entries()) {
    const client = `client ${i} of ${clients[i].server}`;
    assert.equal(inbox.length, answers.length, `messages at ${client}`);
    for (const { server } of senders) {
      const own = inbox.filter(([user]) => user === server);
      const wrong = own.findIndex(([, text, from], n) => text !== texts[n] || from !== server);
      assert.equal(wrong, -1, `message ${wrong} of ${server} at ${client} is ${own[wrong]?.[1]}`);
    }
  }
  await stopAll(clients);
}));
