// Of three servers one dies, or leaves, and comes back. The others carry on.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Client, PROTOCOLS, settle, stopAll, talks } from './client.mjs';
import { CHAT, Cluster } from './cluster.mjs';
import { Stream } from './stream.mjs';

const cluster = await Cluster.start(CHAT);
after(() => cluster.close());

// STREAM is how many messages each of the survivors sends, at least, before a
// server is killed, after it is found dead, and after it is back.
const STREAM = 500;

// BACK is how long a server that was killed may take to be part of the mesh again,
// from the start of its process, and HELD how long a death may hold up joins,
// connections, and changes at the dead, all in milliseconds.
const BACK = 3_000;
const HELD = 5_000;

// timed returns how many milliseconds something takes.
async function timed(run) {
  const start = performance.now();
  await run();
  return Math.round(performance.now() - start);
}

for (const [title, victim] of [['the last in the file', 2], ['the first in the file', 0]]) {
  test(`${title} is killed and comes back`, cluster.test(async (t) => {
    const dead = cluster.nodes[victim];
    const alive = cluster.nodes.filter((node) => node !== dead);
    const survivors = await Promise.all(alive.map((node, i) => Client.connect(node, { protocol: PROTOCOLS[i] })));
    const lost = await Client.connect(dead);
    const streams = survivors.map((client) => new Stream(client));
    const more = () => Promise.all(streams.map((stream) => stream.more(STREAM)));
    await more();

    const cut = lost.ended();
    await dead.kill();
    const [known, held] = await Promise.all([
      timed(() => cluster.meshed()),
      timed(() => heldUp(alive, lost.id)),
    ]);
    t.diagnostic(`the others were without it after ${known} ms; joins and connections took ${held} ms meanwhile`);
    assert.ok(held < HELD, `held up for ${held} ms`);
    await cut;
    await more();

    let ready;
    const back = await timed(async () => {
      ready = await timed(() => dead.start());
      await cluster.meshed();
    });
    t.diagnostic(`back in the mesh ${back} ms after the start of the process, which was ready after ${ready} ms`);
    assert.ok(back < BACK, `back after ${back} ms`);

    const returned = await Client.connect(dead);
    await more();
    for (const stream of streams) await stream.stop();
    t.diagnostic(`${streams.map(({ sent }) => sent).join(' and ')} messages were sent meanwhile`);
    await complete(streams, [...survivors, returned]);
    await stopAll([...survivors, returned]);
  }));
}

// heldUp does what asks all servers that are thought alive.
async function heldUp(alive, lostID) {
  const clients = await Promise.all(alive.map((node) => Client.connect(node)));
  await Promise.all(clients.map((client) => client.invoke('JoinRoom', 'shelter')));
  await assert.rejects(clients[0].invoke('AddToRoom', lostID, 'shelter'), /there is no connection/);
  await stopAll(clients);
}

// complete expects that of each stream the first two clients have everything, and
// the last one, which came back, everything from then on; all in order.
async function complete(streams, clients) {
  const inboxes = clients.map(() => []);
  for (const sender of clients) {
    for (const [i, arrived] of (await settle(sender, clients)).entries()) inboxes[i].push(...arrived);
  }
  const rest = inboxes.pop();
  for (const stream of streams) {
    const all = Array.from({ length: stream.sent }, (_, i) => i);
    for (const inbox of inboxes) assert.deepEqual(stream.numbers(inbox), all, stream.user);
    const numbers = stream.numbers(rest);
    assert.ok(numbers.length >= STREAM, `${numbers.length} messages of the ${stream.user}`);
    assert.deepEqual(numbers, all.slice(-numbers.length), stream.user);
  }
}

test('who leaves well is missed at once, and its clients find it again', cluster.test(async (t) => {
  const [one, two, leaver] = cluster.nodes;
  const plain = await Client.connect(leaver);
  const faithful = await Client.connect(leaver, { reconnect: true });
  const cut = plain.ended();
  const gone = await timed(async () => {
    await leaver.stop();
    await cluster.meshed();
  });
  t.diagnostic(`gone, and missed by the others, ${gone} ms after the signal`);
  assert.equal(await cut, undefined); // no error: it was told that it may come again
  for (const node of [one, two]) { // it did not fail, though client.ncconf lists it
    const { members, missing } = await node.status();
    assert.deepEqual(members.filter(({ state }) => state === 'gone'), []);
    assert.ok(missing.every(({ peer }) => !peer));
  }

  const again = faithful.again();
  await leaver.start();
  await cluster.meshed(BACK);
  assert.notEqual(await again, faithful.id);
  const sender = await Client.connect(one);
  await sender.invoke('SendToConnection', await again, 'me', 'welcome back');
  assert.deepEqual(await settle(sender, [faithful]), [[['me', 'welcome back', one.name]]]);
  await stopAll([faithful, sender]);
  await talks(cluster);
}));
