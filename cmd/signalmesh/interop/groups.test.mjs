// Groups and users over three servers: who is reached from when to when (sections
// A3 to A5 of the reference).

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { Client, PROTOCOLS, settle, stopAll } from './client.mjs';
import { Cluster, MATRIX } from './cluster.mjs';

const cluster = await Cluster.start(MATRIX);
after(() => cluster.close());

// ROUNDS is how often a join, or a leave, is raced by a send from elsewhere.
const ROUNDS = 300;

const NOTHING = [];

for (const protocol of PROTOCOLS) {
  describe(`groups and users: ${protocol}`, () => {
    const connect = (i, user) => Client.connect(cluster.nodes[i], { user, protocol });
    let one, two, three; // a client on each server

    test('everybody connects', cluster.test(async () => {
      [one, two, three] = await Promise.all([connect(0, 'ann'), connect(1, 'bob'), connect(2)]);
    }));
    after(() => stopAll([one, two, three]));

    // texts returns the texts that each got of what sender sent.
    const texts = async (sender, clients = [one, two, three]) =>
      (await settle(sender, clients)).map((inbox) => inbox.map(([text]) => text));

    // raced changes a membership of client, over and over, and sends to the group
    // from another server the moment that the change is answered.
    const raced = async (change, sender, client) => {
      for (let i = 0; i < ROUNDS; i++) {
        await change(`race ${i}`);
        await sender.invoke('SendGroup', `race ${i}`, `${i}`);
      }
      const [arrived] = await texts(sender, [client]);
      return arrived;
    };
    const EVERY = Array.from({ length: ROUNDS }, (_, i) => `${i}`);

    test('who joins gets what another server sends at once', cluster.test(async (t) => {
      const start = performance.now();
      assert.deepEqual(await raced((group) => one.invoke('Join', group), two, one), EVERY);
      t.diagnostic(`${ROUNDS} joins and sends in ${Math.round(performance.now() - start)} ms`);
    }));

    test('who leaves gets nothing of what another server sends at once', cluster.test(async () => {
      assert.deepEqual(await raced((group) => one.invoke('Leave', group), two, one), NOTHING);
    }));

    test('who is joined from elsewhere gets what a third server sends at once', cluster.test(async (t) => {
      const start = performance.now();
      assert.deepEqual(await raced((group) => one.invoke('Add', three.id, group), two, three), EVERY);
      t.diagnostic(`${ROUNDS} joins elsewhere and sends in ${Math.round(performance.now() - start)} ms`);
    }));

    test('who is removed from elsewhere gets nothing of what a third server sends at once', cluster.test(async () => {
      assert.deepEqual(await raced((group) => one.invoke('Remove', three.id, group), two, three), NOTHING);
    }));

    test('who joins gets what its own server sends at once', cluster.test(async () => {
      assert.deepEqual(await raced((group) => two.invoke('Join', group), two, two), EVERY);
      assert.deepEqual(await raced((group) => two.invoke('Leave', group), two, two), NOTHING);
    }));

    test('joining twice is joining once, here and from elsewhere', cluster.test(async () => {
      await one.invoke('Join', 'twice');
      await one.invoke('Join', 'twice');
      await two.invoke('Add', one.id, 'twice');
      await two.invoke('Add', three.id, 'twice');
      await one.invoke('Add', three.id, 'twice');
      for (const sender of [one, two, three]) {
        await sender.invoke('SendGroup', 'twice', 'once');
        assert.deepEqual(await texts(sender), [['once'], NOTHING, ['once']]);
      }
      await two.invoke('Remove', one.id, 'twice');
      await three.invoke('Leave', 'twice');
      for (const sender of [one, two, three]) {
        await sender.invoke('SendGroup', 'twice', 'gone');
        assert.deepEqual(await texts(sender), [NOTHING, NOTHING, NOTHING]);
      }
    }));

    test('leaving a group one is not in succeeds, here and from elsewhere', cluster.test(async () => {
      await one.invoke('Leave', 'never joined');
      await one.invoke('Remove', three.id, 'never joined');
    }));

    test('names are literal', cluster.test(async () => {
      const names = ['*', '?', '[a-z]', 'a', 'A', 'a b', ' a', 'a:b', ':', 'all', 'group:a', 'zürich', 'zu\u0308rich', '部屋', '🙂', '\u0000'];
      for (const [i, name] of names.entries()) {
        await (i % 2 ? three.invoke('Join', name) : one.invoke('Add', three.id, name));
        await two.invoke('SendGroup', name, name);
        assert.deepEqual(await texts(two), [NOTHING, NOTHING, [name]], `group ${JSON.stringify(name)}`);
        await three.invoke('Leave', name);
      }
      const users = ['*', 'ann*', 'Ann', 'a b', 'zürich', '部屋', '🙂', 'a:b'];
      const clients = await Promise.all(users.map((user, i) => connect(i % 3, user)));
      for (const [i, user] of users.entries()) {
        await three.invoke('SendUser', user, user);
        const expected = users.map((other) => (other === user ? [user] : NOTHING));
        assert.deepEqual(await texts(three, [...clients, one]), [...expected, NOTHING], `user ${i}: ${user}`);
      }
      await stopAll(clients);
    }));

    test('a connection can be reached from everywhere as soon as it is there', cluster.test(async () => {
      for (let i = 0; i < 20; i++) {
        const guest = await connect(i % 3, `guest ${i}`);
        const host = [one, two, three][(i + 1) % 3];
        await host.invoke('SendClient', guest.id, 'by id');
        await host.invoke('SendUser', `guest ${i}`, 'by user');
        assert.deepEqual(await texts(host, [guest]), [['by id', 'by user']]);
        await guest.stop();
      }
    }));

    test('of a user with connections on two servers one can leave', cluster.test(async () => {
      const [here, there, same] = await Promise.all([connect(0, 'zoe'), connect(1, 'zoe'), connect(1, 'zoe')]);
      await three.invoke('SendUser', 'zoe', 'three');
      assert.deepEqual(await texts(three, [here, there, same]), [['three'], ['three'], ['three']]);
      await there.stop();
      await three.invoke('SendUser', 'zoe', 'two');
      assert.deepEqual(await texts(three, [here, same]), [['two'], ['two']]);
      await same.stop();
      await three.invoke('SendUser', 'zoe', 'one');
      assert.deepEqual(await texts(three, [here]), [['one']]);
      await here.stop();
    }));

    test('membership ends with the connection, not with that of others', cluster.test(async () => {
      const guest = await connect(2, 'guest');
      await guest.invoke('Join', 'guests');
      await one.invoke('Join', 'guests');
      await guest.stop();
      const again = await connect(2, 'guest');
      await two.invoke('SendGroup', 'guests', 'anybody');
      assert.deepEqual(await texts(two, [one, again]), [['anybody'], NOTHING]);
      await one.invoke('Leave', 'guests');
      await again.stop();
    }));
  });
}
