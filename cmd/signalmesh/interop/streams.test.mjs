// Streams in both directions, over every transport.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { Subject } from '@microsoft/signalr';

import { Client, stopAll, WIRES } from './client.mjs';
import { Cluster, DIALOGUE, HOSTS } from './cluster.mjs';
import { until, within } from './waiting.mjs';

const cluster = await Cluster.start({ ...DIALOGUE, hosts: HOSTS.slice(0, 1) });
after(() => cluster.close());

// LONG is how many items a long stream to the client has, and UPLOAD one from it:
// where clients send by POST, they do so item by item.
const LONG = 1_000;
const UPLOAD = 200;

const below = (n) => Array.from({ length: n }, (_, i) => i);
const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

const unexpected = (target) => `An unexpected error occurred invoking '${target}' on the server.`;
const midway = 'An error occurred on the server while streaming results.';
const missed = (target) => `The client attempted to invoke the streaming '${target}' method with a non-streaming invocation.`;
const mistaken = (target) => `The client attempted to invoke the non-streaming '${target}' method with a streaming invocation.`;

// FAILURES are streams, the items they have, and how they end.
const FAILURES = [
  ['an error for the client', ['CountAndFail', 3, 'no more'], 3, `${midway} HubException: no more`],
  ['an error for the client at once', ['CountAndFail', 0, 'none'], 0, `${midway} HubException: none`],
  ['an error inside', ['CountAndFailInside', 2], 2, midway],
  ['a panic', ['CountAndPanic', 2], 2, midway],
  ['an error before the stream', ['NoCount', 'no entry'], 0, `${unexpected('NoCount')} HubException: no entry`],
  ['a method that does not stream', ['Echo', 1], 0, mistaken('Echo')],
  ['an unknown method', ['nope'], 0, "Failed to invoke 'nope' due to an error on the server. HubException: Method does not exist."],
];

// feed sends items, and then the end of the stream.
function feed(subject, items) {
  for (const item of items) subject.next(item);
  subject.complete();
}

for (const [title, wire] of Object.entries(WIRES)) {
  describe(`streams: ${title}`, () => {
    let one, other; // on one server

    test('everybody connects', cluster.test(async () => {
      [one, other] = await Promise.all([Client.connect(cluster.nodes[0], wire), Client.connect(cluster.nodes[0])]);
    }));
    after(() => stopAll([one, other]));

    // upload calls a method with one stream from the client.
    const upload = (method, items, ...args) => {
      const subject = new Subject();
      const answer = one.invoke(method, ...args, subject);
      feed(subject, items);
      return answer;
    };
    const streaming = (n) => until(async () => await other.invoke('Streaming') === n, 10_000, `${n} methods to stream`);

    test('all items arrive, in order', cluster.test(async () => {
      for (const method of ['Count', 'CountChannel']) {
        for (const n of [0, 1, LONG]) assert.deepEqual(await one.stream(method, n), below(n), method);
      }
    }));

    test('streams run beside each other and beside calls', cluster.test(async () => {
      const ticks = one.subscribe('Ticks');
      const streams = await Promise.all(below(10).map((i) => one.stream(i % 2 ? 'Count' : 'CountChannel', 50 + i)));
      assert.deepEqual(streams, below(10).map((i) => below(50 + i)));
      assert.equal(await one.invoke('EchoText', 'meanwhile'), 'meanwhile');
      ticks.dispose();
      await streaming(0);
    }));

    for (const [failure, call, n, text] of FAILURES) {
      test(`a stream ends with ${failure}`, cluster.test(async () => {
        const stream = one.subscribe(...call);
        await assert.rejects(stream.ended(), { message: text });
        assert.deepEqual(stream.items, below(n));
      }));
    }

    test('who disposes of a stream stops its producer', cluster.test(async () => {
      for (const method of ['Ticks', 'TicksChannel']) {
        const stream = one.subscribe(method);
        await until(() => stream.items.length >= 3, 10_000, `three items of ${method}`);
        await streaming(1);
        stream.dispose();
        await streaming(0);
        assert.deepEqual(stream.items, below(stream.items.length));
        assert.equal(await one.invoke('EchoText', 'still here'), 'still here');
      }
    }));

    test('a stream without anybody to stream to is refused', cluster.test(async () => {
      await assert.rejects(one.invoke('Count', 1), { message: missed('Count') });
      await one.send('Count', 1);
      assert.equal(await one.invoke('EchoText', 'still here'), 'still here');
    }));

    test('an upload is read to its end', cluster.test(async () => {
      assert.equal(await upload('Sum', []), 0);
      assert.equal(await upload('Sum', below(UPLOAD)), sum(below(UPLOAD)));
      assert.equal(await upload('Concat', ['a', '', '部屋'], '-'), '-a--部屋');
    }));

    test('uploads run beside each other', cluster.test(async () => {
      const sums = await Promise.all(below(10).map((i) => upload('Sum', below(i))));
      assert.deepEqual(sums, below(10).map((i) => sum(below(i))));
      const [first, second] = [new Subject(), new Subject()];
      const answer = one.invoke('ConcatBoth', first, '.', second);
      for (const letter of 'abc') {
        second.next(letter.toUpperCase());
        first.next(letter);
      }
      second.complete();
      first.complete();
      assert.deepEqual(await answer, ['.a.b.c', '.A.B.C']);
    }));

    test('the error of an upload reaches the method', cluster.test(async () => {
      for (const [method, args] of [['Concat', ['-']], ['Sum', []]]) {
        const subject = new Subject();
        const answer = one.invoke(method, ...args, subject);
        subject.error(new Error('out of words'));
        await assert.rejects(answer, { message: `${unexpected(method)} HubException: out of words` });
      }
    }));

    test('an item of another type ends the upload', cluster.test(async () => {
      await assert.rejects(upload('Concat', ['one', 2], '-'), {
        message: `${unexpected('Concat')} HubException: Failed to bind Stream message.`,
      });
      assert.equal(await one.invoke('EchoText', 'still here'), 'still here');
    }));

    test('a method need not read all of an upload', cluster.test(async () => {
      const words = below(UPLOAD).map((i) => `word ${i}`);
      assert.equal(await upload('First', words), 'word 0');
      assert.equal(await one.invoke('EchoText', 'still here'), 'still here');
    }));

    test('calls must have the streams that their methods read', cluster.test(async () => {
      await assert.rejects(one.invoke('Sum'), {
        message: `${unexpected('Sum')} HubException: Client sent 0 stream(s), Hub method expects 1.`,
      });
      await assert.rejects(upload('WhoAmI', []), {
        message: `${unexpected('WhoAmI')} HubException: Client sent 1 stream(s), Hub method expects 0.`,
      });
      await assert.rejects(upload('Echo', []), { message: "Failed to invoke 'Echo' due to an error on the server." });
      assert.equal(await one.invoke('EchoText', 'still here'), 'still here');
    }));

    test('a call streams in both directions at once', cluster.test(async () => {
      const subject = new Subject();
      const stream = one.subscribe('Double', subject);
      for (let i = 0; i < 10; i++) { // each answer is awaited: there is no end of the upload yet
        subject.next(i);
        await until(() => stream.items.length > i, 10_000, `item ${i}`);
      }
      feed(subject, below(UPLOAD));
      await stream.ended();
      assert.deepEqual(stream.items, [...below(10), ...below(UPLOAD)].map((n) => 2 * n));

      const failing = new Subject();
      const failed = one.subscribe('Double', failing);
      failing.next(1);
      failing.error(new Error('out of numbers'));
      await assert.rejects(failed.ended(), { message: `${midway} HubException: out of numbers` });
      assert.deepEqual(failed.items, [2]);
    }));

    test('who goes ends its streams', cluster.test(async () => {
      const guest = await Client.connect(cluster.nodes[0], wire);
      const cut = [guest.subscribe('Ticks'), guest.subscribe('TicksChannel')];
      const hold = guest.invoke('Hold', new Subject());
      hold.catch(() => {}); // awaited below
      await streaming(3);
      await guest.stop();
      await within(assert.rejects(hold), 5_000, 'the end of a call');
      for (const stream of cut) await assert.rejects(stream.ended());
      await streaming(0);
    }));
  });
}

test('streams: a server that leaves ends them all', cluster.test(async () => {
  const [node] = cluster.nodes;
  const clients = await Promise.all(Object.values(WIRES).map((wire) => Client.connect(node, wire)));
  const cut = clients.flatMap((client) => {
    const hold = client.invoke('Hold', new Subject());
    hold.catch(() => {}); // awaited below
    return [client.subscribe('Ticks').ended, client.subscribe('TicksChannel').ended, () => hold];
  });
  await until(async () => await clients[0].invoke('Streaming') === cut.length, 10_000, 'everything to stream');
  await node.stop();
  for (const ended of cut) await assert.rejects(ended());
}));
