// Every transport with every protocol that it carries: nothing of what a client
// does over three servers depends on how it is connected.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { HttpTransportType } from '@microsoft/signalr';

import { Client, forgotten, settle, stopAll, WIRES } from './client.mjs';
import { Cluster, DIALOGUE } from './cluster.mjs';
import { within } from './waiting.mjs';

const cluster = await Cluster.start(DIALOGUE);
after(() => cluster.close());

// BURST is how many messages a client sends without a pause, and LARGE the length
// of a text of which clients could not send the like.
const BURST = 300;
const LARGE = 400_000;

const NOTHING = [];
const numbers = Array.from({ length: BURST }, (_, i) => `${i}`);

// texts returns the texts that each of clients got of what sender had sent.
const texts = async (sender, clients) =>
  (await settle(sender, clients)).map((inbox) => inbox.map(([text]) => text));

// departure returns how the connection of a client ended, as watcher's server tells.
const departure = (watcher, id) => within(new Promise((resolve) => {
  watcher.on('left', (who, why) => { if (who === id) resolve(why); });
}), 10_000, `the end of a connection to be told at ${watcher.server}`);

for (const [title, wire] of Object.entries(WIRES)) {
  describe(`transports: ${title}`, () => {
    const connect = (i, user) => Client.connect(cluster.nodes[i], { ...wire, user });
    let one, two, three; // a client on each server

    test('everybody connects', cluster.test(async () => {
      [one, two, three] = await Promise.all([connect(0, 'ann'), connect(1, 'bob'), connect(2, 'ann')]);
      assert.deepEqual([one.user, two.user, three.user], ['ann', 'bob', 'ann']);
      assert.deepEqual([one, two, three].map(({ server }) => server), ['server-1', 'server-2', 'server-3']);
    }));
    after(() => stopAll([one, two, three]));

    test('values and errors come back', cluster.test(async () => {
      for (const value of [null, true, -1, 0.5, '', '部屋 \u001e', [], { a: [{ b: null }] }, 'x'.repeat(20_000)]) {
        assert.deepEqual(await one.invoke('Echo', value), value);
      }
      await assert.rejects(one.invoke('Fail', 'no entry'), {
        message: "An unexpected error occurred invoking 'Fail' on the server. HubException: no entry",
      });
      await assert.rejects(one.invoke('nope'), {
        message: "Failed to invoke 'nope' due to an error on the server. HubException: Method does not exist.",
      });
      await Promise.all(numbers.map(async (n) => assert.equal(await two.invoke('EchoText', n), n)));
    }));

    test('everybody, groups and users are reached from each server', cluster.test(async () => {
      await three.invoke('Join', 'red');
      await three.invoke('Add', two.id, 'red');
      for (const sender of [one, two, three]) {
        await sender.invoke('SendAll', 'all');
        await sender.invoke('SendGroup', 'red', 'red');
        await sender.invoke('SendUser', 'ann', 'ann');
        await sender.invoke('SendClient', two.id, 'two');
        const arrived = await texts(sender, [one, two, three]);
        assert.deepEqual(arrived.map((inbox) => inbox.sort()), [
          ['all', 'ann'], ['all', 'red', 'two'], ['all', 'ann', 'red'],
        ], `from ${sender.server}`);
      }
      await three.invoke('Leave', 'red');
      await three.invoke('Remove', two.id, 'red');
      await one.invoke('SendGroup', 'red', 'nobody');
      assert.deepEqual(await texts(one, [one, two, three]), [NOTHING, NOTHING, NOTHING]);
    }));

    test('what is sent without a pause arrives in order', cluster.test(async () => {
      await Promise.all(numbers.map((n) => one.send('SendAll', n)));
      assert.deepEqual(await texts(one, [one, two, three]), [numbers, numbers, numbers]);
    }));

    test('a long text reaches a client from each server', cluster.test(async () => {
      for (const sender of [one, two, three]) {
        await sender.invoke('SendRepeated', two.id, '\u00e9\u2028<"', LARGE / 4);
        const [[text]] = await texts(sender, [two]);
        assert.ok(text === '\u00e9\u2028<"'.repeat(LARGE / 4), `${text?.length} characters from ${sender.server}`);
      }
    }));

    test('who stops has left in order', cluster.test(async () => {
      const guest = await connect(2, 'guest');
      await guest.invoke('Join', 'guests');
      const left = departure(one, guest.id);
      await guest.stop();
      assert.equal(await left, '');
      await forgotten(one, guest.id);
      await two.invoke('SendUser', 'guest', 'anybody');
      await two.invoke('SendGroup', 'guests', 'anybody');
      assert.deepEqual(await texts(two, [one, two, three]), [NOTHING, NOTHING, NOTHING]);
    }));

    test('who aborts its own call is closed for good', cluster.test(async () => {
      const guest = await Client.connect(cluster.nodes[1], { ...wire, reconnect: true });
      const left = departure(one, guest.id);
      const ended = guest.ended();
      await guest.send('Abort');
      assert.equal(await ended, undefined);
      assert.equal(await left, '');
    }));

    test('a message over the limit ends the connection', cluster.test(async () => {
      const guest = await connect(1);
      const left = departure(three, guest.id);
      const ended = guest.ended();
      await assert.rejects(guest.invoke('EchoText', 'x'.repeat(32 << 10)));
      assert.match((await ended).message, /Connection closed with an error/);
      assert.match(await left, /maximum message size of 32768B was exceeded/);
    }));
  });
}

test('transports: server-sent events carry no MessagePack', cluster.test(async () => {
  const options = { transport: HttpTransportType.ServerSentEvents, protocol: 'messagepack' };
  await assert.rejects(Client.connect(cluster.nodes[0], options), /'ServerSentEvents' does not support Binary/);
}));

// cast connects a client of every wire, those that reconnect to one node, and the
// others in turns to all.
const cast = (node) => Promise.all(Object.values(WIRES).map((wire, i) =>
  Client.connect(node ?? cluster.nodes[i % cluster.nodes.length], { ...wire, reconnect: node !== undefined })));

test('transports: all in one mesh', cluster.test(async () => {
  const clients = await cast();
  await Promise.all(clients.map((client) => client.invoke('Join', 'mixed')));
  for (const sender of clients) {
    await Promise.all(numbers.slice(0, 50).map((n) => sender.send('SendGroup', 'mixed', n)));
    for (const inbox of await texts(sender, clients)) assert.deepEqual(inbox, numbers.slice(0, 50));
  }
  await stopAll(clients);
}));

for (const [title, end] of [['is killed', (node) => node.kill()], ['leaves', (node) => node.stop()]]) {
  test(`transports: all connect again to a server that ${title} and comes back`, cluster.test(async () => {
    const [sender, , node] = cluster.nodes;
    const clients = await cast(node);
    const again = clients.map((client) => client.again());
    again.forEach((promise) => promise.catch(() => {})); // it may be late before it is awaited
    await end(node);
    await node.start();
    const ids = await Promise.all(again);
    assert.equal(new Set([...ids, ...clients.map(({ id }) => id)]).size, 2 * clients.length);
    await cluster.meshed();
    const host = await Client.connect(sender);
    for (const id of ids) await host.invoke('SendClient', id, id);
    assert.deepEqual(await texts(host, clients), ids.map((id) => [id]));
    await stopAll([...clients, host]);
  }));
}
