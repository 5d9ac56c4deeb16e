// Clients that are asked from any server, and connections that are ended from any.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { Client, forgotten, stopAll, WIRES } from './client.mjs';
import { Cluster, DIALOGUE } from './cluster.mjs';
import { within } from './waiting.mjs';

// The errors inside are told, to tell them apart.
const cluster = await Cluster.start({ ...DIALOGUE, flags: ['--detailed-errors'] });
after(() => cluster.close());

// MANY is how many questions are open at once, and PROMPT how long the end of a
// server may keep who has asked one of its clients waiting, in milliseconds.
const MANY = 100;
const PROMPT = 5_000;

const ANSWERS = [0, -1, 0.5, true, false, '', '部屋 \u001e', [1, ['two', null]], { a: { b: [] } }, null];

const unexpected = (target) => `An unexpected error occurred invoking '${target}' on the server.`;
const unknown = (id) => `IOException: Connection '${id}' does not exist.`;

// ask has a client's server ask another client.
const ask = (asker, asked, method, question = null) => asker.invoke('Ask', asked.id, method, question);

// silent gives a client a method that never answers, and returns a promise that
// resolves when it has been asked that often.
const silent = (client, times = 1) => within(new Promise((resolve) => {
  let asked = 0;
  client.on('silent', () => {
    if (++asked === times) resolve();
    return new Promise(() => {});
  });
}), 10_000, `a client of ${client.server} to be asked ${times} times`);

for (const [title, wire] of Object.entries(WIRES)) {
  describe(`client results: ${title}`, () => {
    let asked, near, far; // near is on the same server as asked, far on another
    let third;

    test('everybody connects', cluster.test(async () => {
      const [one, two, three] = cluster.nodes;
      asked = await Client.connect(one, wire);
      near = await Client.connect(one, { protocol: 'messagepack' });
      far = await Client.connect(two);
      third = await Client.connect(three, wire);
      for (const client of [asked, third]) {
        client.on('echo', (value) => value);
        client.on('double', async (n) => 2 * n);
        client.on('refuse', () => { throw new Error('not today'); });
        client.on('nothing', () => {});
      }
    }));
    after(() => stopAll([asked, near, far, third]));

    test('a value comes back, from here and from elsewhere', cluster.test(async () => {
      for (const asker of [near, far, third]) {
        for (const value of ANSWERS) assert.deepEqual(await ask(asker, asked, 'echo', value), value);
      }
      assert.deepEqual(await ask(asked, third, 'echo', ANSWERS), ANSWERS);
    }));

    test('a long value comes back', cluster.test(async () => {
      const text = 'x'.repeat(20_000);
      assert.equal(await ask(far, asked, 'echo', text), text);
    }));

    test('who asks can be asked meanwhile', cluster.test(async () => {
      assert.equal(await asked.invoke('AskCaller', 'double', 21), 42);
      asked.on('through', (n) => asked.invoke('AskCaller', 'double', n));
      assert.equal(await ask(far, asked, 'through', 4), 8);
    }));

    for (const [failure, method, text] of [
      ['an error', 'refuse', 'Error: not today'],
      ['nothing', 'nothing', "Client didn't provide a result."],
      ['that there is no such method', 'nope', "Client didn't provide a result."],
    ]) {
      test(`the answer is ${failure}`, cluster.test(async () => {
        for (const asker of [near, far]) {
          await assert.rejects(ask(asker, asked, method), { message: `${unexpected('Ask')} HubException: ${text}` });
        }
      }));
    }

    test('the answer has another type', cluster.test(async () => {
      assert.equal(await far.invoke('AskText', asked.id, 'echo', 'text'), 'text');
      for (const asker of [near, far]) {
        const start = `${unexpected('AskText')} HubException: Error trying to deserialize result to String. `;
        await assert.rejects(asker.invoke('AskText', asked.id, 'echo', 1), ({ message }) => message.startsWith(start));
      }
    }));

    test('there is no time for the answer', cluster.test(async () => {
      const heard = silent(asked, 2);
      for (const asker of [near, far]) {
        await assert.rejects(asker.invoke('AskBriefly', asked.id, 'silent', 50), /Invocation canceled by the server\.$/);
      }
      await heard;
    }));

    test(`${MANY} questions at once`, cluster.test(async () => {
      const askers = [near, far, third];
      const answers = await Promise.all(Array.from({ length: MANY }, (_, i) => ask(askers[i % 3], asked, 'double', i)));
      assert.deepEqual(answers, answers.map((_, i) => 2 * i));
    }));

    test('who is asked and stops leaves nobody waiting', cluster.test(async () => {
      for (const [asker, text] of [
        [near, (id) => `IOException: Connection '${id}' disconnected.`],
        [far, () => 'HubException: Connection disconnected.'],
      ]) {
        const guest = await Client.connect(cluster.nodes[0], wire);
        const heard = silent(guest);
        const refused = assert.rejects(ask(asker, guest, 'silent'), { message: `${unexpected('Ask')} ${text(guest.id)}` });
        await heard;
        await guest.stop();
        await refused;
        await forgotten(asker, guest.id);
        await assert.rejects(ask(asker, guest, 'silent'), { message: `${unexpected('Ask')} ${unknown(guest.id)}` });
      }
    }));

    test('connections are ended from each server', cluster.test(async () => {
      for (const host of [near, far]) {
        const guest = await Client.connect(cluster.nodes[0], { ...wire, reconnect: true });
        const ended = guest.ended();
        await host.invoke('Disconnect', guest.id);
        assert.equal(await ended, undefined);
        await forgotten(host, guest.id);
        await assert.rejects(host.invoke('Disconnect', guest.id), { message: `${unexpected('Disconnect')} ${unknown(guest.id)}` });
      }
    }));

    test('all connections of a user are ended from one server', cluster.test(async () => {
      const guests = await Promise.all([0, 1, 2, 2].map((i) =>
        Client.connect(cluster.nodes[i], { ...wire, user: 'guest', reconnect: true })));
      const host = await Client.connect(cluster.nodes[2], { user: 'host' });
      const ended = guests.map((guest) => guest.ended());
      assert.equal(await host.invoke('DisconnectUser', 'guest'), guests.length);
      assert.deepEqual(await Promise.all(ended), guests.map(() => undefined));
      assert.equal(await host.invoke('DisconnectUser', 'guest'), 0);
      assert.equal(await host.invoke('EchoText', 'still here'), 'still here');
      await host.stop();
    }));
  });
}

test('client results: a connection that never was', cluster.test(async () => {
  const asker = await Client.connect(cluster.nodes[0]);
  await assert.rejects(ask(asker, { id: 'nobody' }, 'echo'), { message: `${unexpected('Ask')} ${unknown('nobody')}` });
  await assert.rejects(asker.invoke('Disconnect', 'nobody'), { message: `${unexpected('Disconnect')} ${unknown('nobody')}` });
  await asker.stop();
}));

for (const [title, end] of [['is killed', (node) => node.kill()], ['leaves', (node) => node.stop()]]) {
  test(`client results: a server ${title} whose clients are asked`, cluster.test(async (t) => {
    const [one, two, dead] = cluster.nodes;
    if (!dead.running) {
      await dead.start();
      await cluster.meshed();
    }
    const askers = await Promise.all([one, two].map((node) => Client.connect(node)));
    const clients = await Promise.all(Object.values(WIRES).map((wire) => Client.connect(dead, wire)));
    const heard = clients.map((client) => silent(client, askers.length));
    const refused = Promise.all(clients.flatMap(({ id }) => askers.map((asker) =>
      assert.rejects(ask(asker, { id }, 'silent'), /IOException: Connection '.*' disconnected\.$|HubException: Connection disconnected\.$/))));
    refused.catch(() => {}); // awaited below
    await Promise.all(heard);
    const start = performance.now();
    await end(dead);
    await refused;
    const waited = Math.round(performance.now() - start);
    t.diagnostic(`${clients.length * askers.length} questions ended ${waited} ms after the server was told to`);
    assert.ok(waited < PROMPT, `told after ${waited} ms`);
    await cluster.meshed();
    for (const { id } of clients) {
      await forgotten(askers[0], id);
      await assert.rejects(ask(askers[0], { id }, 'silent'), { message: `${unexpected('Ask')} ${unknown(id)}` });
    }
    await stopAll([...clients, ...askers]);
  }));
}

test('client results: whoever asks may leave before the answer', cluster.test(async () => {
  const [one, two] = cluster.nodes;
  const asked = await Client.connect(one);
  const asker = await Client.connect(two);
  let answer;
  const heard = within(new Promise((resolve) => {
    asked.on('late', () => new Promise((give) => {
      answer = give;
      resolve();
    }));
  }), 10_000, 'a question');
  const refused = assert.rejects(ask(asker, asked, 'late'));
  await heard;
  await asker.stop();
  await refused;
  answer('too late');
  assert.equal(await asked.invoke('EchoText', 'still here'), 'still here');
  const again = await Client.connect(two);
  asked.on('echo', (value) => value);
  assert.equal(await ask(again, asked, 'echo', 'in time'), 'in time');
  await stopAll([asked, again]);
}));
