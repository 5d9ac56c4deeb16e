// The oldest client still in wide use, over every transport with every protocol
// that it carries, against one server and against two.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { settle, stopAll, WIRES } from './client.mjs';
import { Cluster, DIALOGUE, HOSTS } from './cluster.mjs';
import { connectOldest, HttpTransportType } from './oldest.mjs';
import { until, within } from './waiting.mjs';

const NOTHING = [];
const BURST = 100;
const numbers = Array.from({ length: BURST }, (_, i) => `${i}`);
const below = (n) => Array.from({ length: n }, (_, i) => i);

const unexpected = (target) => `An unexpected error occurred invoking '${target}' on the server.`;
const midway = 'An error occurred on the server while streaming results.';

// texts returns the texts that each of clients got of what sender had sent.
const texts = async (sender, clients) =>
  (await settle(sender, clients)).map((inbox) => inbox.map(([text]) => text));

// departure returns how the connection of a client ended, as watcher is told.
const departure = (watcher, id) => within(new Promise((resolve) => {
  watcher.on('left', (who, why) => { if (who === id) resolve(why); });
}), 10_000, `the end of a connection to be told at ${watcher.server}`);

for (const servers of [1, 2]) {
  const cluster = await Cluster.start({ ...DIALOGUE, hosts: HOSTS.slice(0, servers) });
  after(() => cluster.close());
  const [first] = cluster.nodes;
  const last = cluster.nodes.at(-1);

  for (const [title, wire] of Object.entries(WIRES)) {
    describe(`oldest client, servers ${servers}: ${title}`, () => {
      // POST requests of this client overtake each other, its MessagePack has no
      // cancellation, and its event streams may take an end for a fault.
      const ordered = wire.transport === HttpTransportType.WebSockets;
      const cancels = wire.protocol === 'json';
      const ends = wire.transport === HttpTransportType.ServerSentEvents ? [undefined, 'Error occurred'] : [undefined];
      const connect = (node, user) => connectOldest(node, { ...wire, user });
      let one, two; // on the first server and on the last

      test('everybody connects', cluster.test(async () => {
        [one, two] = await Promise.all([connect(first, 'ann'), connect(last, 'bob')]);
        assert.deepEqual([one.user, two.user], ['ann', 'bob']);
        assert.deepEqual([one.server, two.server], ['server-1', `server-${servers}`]);
      }));
      after(() => stopAll([one, two]));

      test('values and errors come back', cluster.test(async () => {
        for (const value of [null, true, -1, 0.5, '', '部屋 \u001e', [], { a: [{ b: null }] }, 'x'.repeat(20_000)]) {
          assert.deepEqual(await one.invoke('Echo', value), value);
        }
        await assert.rejects(one.invoke('Fail', 'no entry'), {
          message: `${unexpected('Fail')} HubException: no entry`,
        });
        await assert.rejects(one.invoke('FailInside'), { message: unexpected('FailInside') });
        await assert.rejects(one.invoke('Panic'), { message: unexpected('Panic') });
        await assert.rejects(one.invoke('nope'), {
          message: "Failed to invoke 'nope' due to an error on the server. HubException: Method does not exist.",
        });
        await Promise.all(numbers.map(async (n) => assert.equal(await two.invoke('EchoText', n), n)));
      }));

      test('everybody, groups and users are reached', cluster.test(async () => {
        await two.invoke('Join', 'red');
        for (const sender of [one, two]) {
          await sender.invoke('SendAll', 'all');
          await sender.invoke('SendGroup', 'red', 'red');
          await sender.invoke('SendUser', 'ann', 'ann');
          await sender.invoke('SendClient', two.id, 'two');
          const arrived = await texts(sender, [one, two]);
          assert.deepEqual(arrived.map((inbox) => inbox.sort()), [['all', 'ann'], ['all', 'red', 'two']]);
        }
        await one.invoke('Remove', two.id, 'red');
        await one.invoke('SendGroup', 'red', 'nobody');
        assert.deepEqual(await texts(one, [one, two]), [NOTHING, NOTHING]);
      }));

      test('what is sent without a pause arrives', cluster.test(async () => {
        await Promise.all(numbers.map((n) => one.send('SendAll', n)));
        for (const arrived of await texts(one, [one, two])) {
          if (!ordered) arrived.sort((a, b) => a - b);
          assert.deepEqual(arrived, numbers);
        }
      }));

      test('a long text arrives', cluster.test(async () => {
        await one.invoke('SendRepeated', two.id, '\u00e9\u2028<"', 50_000);
        const [[text]] = await texts(one, [two]);
        assert.ok(text === '\u00e9\u2028<"'.repeat(50_000), `${text?.length} characters`);
      }));

      test('streams have items, ends, and errors', cluster.test(async () => {
        assert.deepEqual(await one.stream('Count', 500), below(500));
        assert.deepEqual(await one.stream('CountChannel', 500), below(500));
        assert.deepEqual(await one.stream('Count', 0), NOTHING);
        await assert.rejects(one.stream('CountAndFail', 3, 'no more'), { message: `${midway} HubException: no more` });
        await assert.rejects(one.stream('NoCount', 'no entry'), {
          message: `${unexpected('NoCount')} HubException: no entry`,
        });
        await assert.rejects(one.stream('Echo', 1), {
          message: "The client attempted to invoke the non-streaming 'Echo' method with a streaming invocation.",
        });
      }));

      test('a stream that is cancelled ends at the server', cluster.test(async () => {
        const guest = await connect(last);
        const stream = guest.subscribe('Ticks');
        await until(() => stream.items.length > 3, 10_000, 'ticks');
        if (cancels) stream.dispose();
        else {
          assert.throws(() => stream.dispose(), { message: 'Invalid message type.' });
          await guest.stop();
        }
        await until(async () => await two.invoke('Streaming') === 0, 10_000, 'the stream to end');
        await stopAll([guest]);
      }));

      test('who stops has left in order, and comes back by hand', cluster.test(async () => {
        const guest = await connect(last, 'guest');
        const stream = guest.subscribe('TicksChannel');
        await until(() => stream.items.length > 0, 10_000, 'ticks');
        const before = guest.id;
        const left = departure(one, before);
        await guest.stop();
        assert.equal(await left, '');
        await until(async () => await two.invoke('Streaming') === 0, 10_000, 'the stream to end');
        await guest.start();
        assert.notEqual(guest.id, before);
        await one.invoke('SendUser', 'guest', 'again');
        assert.deepEqual(await texts(one, [guest]), [['again']]);
        await guest.stop();
      }));

      test('who is ended by the server is told so', cluster.test(async () => {
        const [aborting, talkative] = await Promise.all([connect(last), connect(last)]);
        const [aborted, tooLarge] = [aborting, talkative].map((guest) => [guest.ended(), departure(one, guest.id)]);
        await aborting.send('Abort');
        assert.ok(ends.includes((await aborted[0])?.message));
        assert.equal(await aborted[1], '');
        await assert.rejects(talkative.invoke('EchoText', 'x'.repeat(32 << 10)));
        assert.match((await tooLarge[0]).message, /Connection closed with an error/);
        assert.match(await tooLarge[1], /maximum message size of 32768B was exceeded/);
      }));

      test('who cannot answer a question goes, and who asked is told', cluster.test(async () => {
        const guest = await connect(last);
        guest.on('ask', () => 42);
        await assert.rejects(one.invoke('Ask', guest.id, 'ask', 1), {
          message: unexpected('Ask') + (servers > 1 ? ' HubException: Connection disconnected.' : ''),
        });
        await stopAll([guest]);
      }));
    });
  }

  test(`oldest client, servers ${servers}: server-sent events carry no MessagePack`, cluster.test(async () => {
    const options = { transport: HttpTransportType.ServerSentEvents, protocol: 'messagepack' };
    await assert.rejects(connectOldest(first, options), /Unable to initialize any of the available transports/);
  }));
}
