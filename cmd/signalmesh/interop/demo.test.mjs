// The demo hub of "signalmesh node", over three servers, in each hub protocol.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { Client, PROTOCOLS, settle, stopAll } from './client.mjs';
import { CHAT, Cluster } from './cluster.mjs';

const cluster = await Cluster.start(CHAT);
after(() => cluster.close());

const NOTHING = [];

for (const protocol of PROTOCOLS) {
  describe(`demo hub: ${protocol}`, () => {
    let everybody = [];
    let one, two, three; // on one server each; ann is on two
    test('everybody connects', cluster.test(async () => {
      everybody = await Promise.all(['ann', 'ann', undefined].map(
        (user, i) => Client.connect(cluster.nodes[i], { user, protocol })));
      [one, two, three] = everybody;
    }));
    after(() => stopAll(everybody));

    // check sends from sender and expects that those in recipients, and nobody
    // else, get what a client called "me" says on that server.
    const check = async (sender, recipients, method, ...args) => {
      await sender.invoke(method, ...args, 'me', `${method} from ${sender.server}`);
      const expected = [['me', `${method} from ${sender.server}`, sender.server]];
      assert.deepEqual(await settle(sender, everybody),
        everybody.map((client) => (recipients.includes(client) ? expected : NOTHING)));
    };

    test('WhoAmI', cluster.test(async () => {
      for (const [i, client] of everybody.entries()) {
        assert.deepEqual(await client.invoke('WhoAmI'),
          { connectionId: client.id, userId: ['ann', 'ann', ''][i], server: `server-${i + 1}` });
      }
    }));

    test('Send', cluster.test(async () => {
      for (const sender of everybody) await check(sender, everybody, 'Send');
    }));

    test('SendToOthers', cluster.test(async () => {
      for (const sender of everybody) {
        await check(sender, everybody.filter((client) => client !== sender), 'SendToOthers');
      }
    }));

    test('SendToConnection', cluster.test(async () => {
      for (const sender of everybody) {
        for (const client of everybody) await check(sender, [client], 'SendToConnection', client.id);
        await check(sender, NOTHING, 'SendToConnection', 'nobody');
      }
    }));

    test('Whisper', cluster.test(async () => {
      for (const sender of everybody) {
        await check(sender, [one, two], 'Whisper', 'ann');
        await check(sender, NOTHING, 'Whisper', 'nobody');
      }
    }));

    test('JoinRoom, SendToRoom, LeaveRoom', cluster.test(async () => {
      await one.invoke('JoinRoom', 'red');
      await three.invoke('JoinRoom', 'red');
      for (const sender of everybody) await check(sender, [one, three], 'SendToRoom', 'red');
      await one.invoke('LeaveRoom', 'red');
      for (const sender of everybody) await check(sender, [three], 'SendToRoom', 'red');
      await three.invoke('LeaveRoom', 'red');
      for (const sender of everybody) await check(sender, NOTHING, 'SendToRoom', 'red');
    }));

    test('AddToRoom, RemoveFromRoom', cluster.test(async () => {
      await one.invoke('AddToRoom', one.id, 'blue');
      await one.invoke('AddToRoom', two.id, 'blue');
      await one.invoke('AddToRoom', three.id, 'blue');
      for (const sender of everybody) await check(sender, everybody, 'SendToRoom', 'blue');
      await three.invoke('RemoveFromRoom', two.id, 'blue');
      for (const sender of everybody) await check(sender, [one, three], 'SendToRoom', 'blue');
      await two.invoke('RemoveFromRoom', one.id, 'blue');
      await two.invoke('RemoveFromRoom', three.id, 'blue');
      for (const sender of everybody) await check(sender, NOTHING, 'SendToRoom', 'blue');
    }));

    test('errors', cluster.test(async () => {
      const failed = (target) => `Failed to invoke '${target}' due to an error on the server.`;
      const unexpected = (target) => `An unexpected error occurred invoking '${target}' on the server.`;
      for (const [call, message] of [
        [['nope'], `${failed('nope')} HubException: Method does not exist.`],
        [['Send', 'me'], failed('Send')],
        [['Send', 'me', { text: 'none' }], failed('Send')],
        [['JoinRoom', ''], `${unexpected('JoinRoom')} HubException: a room needs a name`],
        [['AddToRoom', 'nobody', 'red'], `${unexpected('AddToRoom')} HubException: there is no connection "nobody"`],
        [['RemoveFromRoom', 'nobody', 'red'], `${unexpected('RemoveFromRoom')} HubException: there is no connection "nobody"`],
      ]) {
        const start = performance.now();
        await assert.rejects(one.invoke(...call), { name: 'Error', message });
        assert.ok(performance.now() - start < 2_000, `answered after ${performance.now() - start} ms`);
      }
    }));
  });
}
