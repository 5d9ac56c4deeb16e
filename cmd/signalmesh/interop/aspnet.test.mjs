// Microsoft's clients on two Go servers, and a server of ASP.NET Core at the Redis door
// of a third node: one hub. What each side sends reaches the other's clients.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { AspNet } from './aspnet.mjs';
import { Client, PROTOCOLS, stopAll, WIRES } from './client.mjs';
import { Cluster, DIALOGUE } from './cluster.mjs';

const HUB = 'Dialogue';
const cluster = await Cluster.start({ ...DIALOGUE, redis: true, flags: ['--detailed-errors'] });
after(() => cluster.close());

// next returns what a client is sent next: one text.
async function next(client) {
  await client.has(1);
  return client.inbox.shift()[0];
}

for (const [title, wire] of Object.entries(WIRES)) {
  describe(`ASP.NET Core beside Go: ${title}`, () => {
    let net, ann, bob; // on one server each

    test('everybody connects', cluster.test(async () => {
      net = AspNet.start(HUB, [cluster.nodes[2]]);
      for (const protocol of PROTOCOLS) await net.ask('connect', { to: protocol, text: protocol });
      [ann, bob] = await Promise.all([
        Client.connect(cluster.nodes[0], { ...wire, user: 'ann' }), Client.connect(cluster.nodes[1], { ...wire, user: 'bob' }),
      ]);
      ann.on('echo', (value) => value);
      ann.on('refuse', () => { throw new Error('not today'); });
    }));
    after(() => Promise.all([net?.kill(), stopAll([ann, bob])]));

    test('ASP.NET Core sends to clients of Go', cluster.test(async () => {
      await net.ask('all', { text: 'to all' });
      assert.equal(await next(ann), 'to all');
      assert.equal(await next(bob), 'to all');
      for (const protocol of PROTOCOLS) assert.deepEqual(await net.heard(protocol, 1), ['to all']);
      await net.ask('all', { text: 'but ann', but: [ann.id, ...PROTOCOLS] });
      assert.equal(await next(bob), 'but ann');
      await net.ask('user', { to: 'ann', text: 'to a user' });
      assert.equal(await next(ann), 'to a user');
      await net.ask('connection', { to: bob.id, text: 'to a connection' });
      assert.equal(await next(bob), 'to a connection');
      await net.ask('add', { to: bob.id, text: 'red' });
      await net.ask('group', { to: 'red', text: 'to a group' });
      assert.equal(await next(bob), 'to a group');
      await net.ask('remove', { to: bob.id, text: 'red' });
      await net.ask('group', { to: 'red', text: 'to nobody' });
      await net.ask('all', { text: 'last', but: PROTOCOLS });
      assert.equal(await next(ann), 'last', 'and nothing before it');
      assert.equal(await next(bob), 'last', 'and nothing before it');
    }));

    test('clients of Go send to those of ASP.NET Core', cluster.test(async () => {
      for (const protocol of PROTOCOLS) {
        for (const [method, ...args] of [
          ['SendAllExcept', [ann.id, bob.id, ...PROTOCOLS.filter((other) => other !== protocol)]],
          ['SendClient', protocol], ['SendClients', [protocol, 'nobody']],
          ['SendUser', `${protocol}'s user`], ['SendUsers', [`${protocol}'s user`]],
        ]) {
          await bob.invoke(method, ...args, method);
          assert.deepEqual(await net.heard(protocol, 1), [method]);
        }
        await bob.invoke('Add', protocol, 'blue');
        await ann.invoke('SendGroup', 'blue', 'in');
        assert.deepEqual(await net.heard(protocol, 1), ['in']);
        await bob.invoke('Remove', protocol, 'blue');
        await ann.invoke('SendGroup', 'blue', 'out');
        await ann.invoke('SendClient', protocol, 'last');
        assert.deepEqual(await net.heard(protocol, 1), ['last'], 'and nothing else');
      }
    }));

    test('clients are asked, both ways', cluster.test(async () => {
      assert.equal(await net.ask('invoke', { to: ann.id, text: 'echo' }), 'a question');
      await assert.rejects(net.ask('invoke', { to: ann.id, text: 'refuse' }), { message: 'HubException: Error: not today' });
      await assert.rejects(net.ask('invoke', { to: ann.id, text: 'no such' }), { message: "HubException: Client didn't provide a result." });
      await assert.rejects(net.ask('invoke', { to: 'nobody', text: 'echo' }), { message: "IOException: Connection 'nobody' does not exist." });
      for (const protocol of PROTOCOLS) {
        assert.equal(await bob.invoke('Ask', protocol, 'echo', 'who?'), 'who?');
        await assert.rejects(bob.invoke('Ask', protocol, 'refuse', 'who?'), /HubException: not today$/);
      }
    }));

    test('who leaves is not there any more', cluster.test(async () => {
      const [gone, stays] = PROTOCOLS;
      const refused = assert.rejects(ann.invoke('Ask', gone, 'silent', '?'), /HubException: Connection disconnected\.$|IOException: Connection '.*' does not exist\.$/);
      await ann.invoke('SendClient', gone, 'goodbye'); // behind the question
      await net.heard(gone, 1);
      await net.ask('disconnect', { to: gone });
      await refused;
      await ann.invoke('SendAllExcept', [ann.id, bob.id], 'who is there?');
      assert.deepEqual(await net.heard(stays, 1), ['who is there?']);
      assert.deepEqual(net.inboxes[gone], []);
      await net.stop();
      await assert.rejects(ann.invoke('Ask', gone, 'echo', '?'), /IOException: Connection '.*' does not exist\.$/);
    }));
  });
}
