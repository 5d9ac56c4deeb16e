// What clients are answered: values as they were sent, and errors in .NET's words
// (section 18 of the protocol reference).

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { Client, PROTOCOLS, settle, stopAll } from './client.mjs';
import { Cluster, HOSTS, MATRIX } from './cluster.mjs';

const cluster = await Cluster.start(MATRIX);
after(() => cluster.close());
const outspoken = await Cluster.start({ ...MATRIX, hosts: HOSTS.slice(0, 1), flags: ['--detailed-errors'] });
after(() => outspoken.close());

const VALUES = {
  null: null,
  booleans: [true, false],
  integers: [0, 1, -1, 127, 128, -128, -129, 65_535, 65_536, 2 ** 31, -(2 ** 31) - 1, 2 ** 32,
    Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
  fractions: [0.5, -0.1, 1 / 3, 1e21, 5e-324, Number.MAX_VALUE, Number.EPSILON],
  strings: ['', 'hello', 'zürich', '部屋', '🙂👩‍👩‍👧', '\u0000', '\u001e', '\u2028', '<a href="&">', '"\\/\b\f\n\r\t', 'x'.repeat(20_000)],
  arrays: [[], [[]], [1, 'two', null, [3, [4]]], Array.from({ length: 1_000 }, (_, i) => i)],
  objects: [{}, { a: { b: { c: [{ d: null }] } } }, { '': 1, 'a b': 2, ünï: 3, constructor: 4 }],
};

const ORDER = {
  title: 'tea', count: 3, price: 4.75, paid: true, tags: ['green', ''], notes: { from: 'somebody' },
  previous: {
    title: '', count: -1, price: 0, paid: false, tags: [], notes: {}, image: null, previous: null,
  },
};
const BYTES = Uint8Array.from({ length: 256 }, (_, i) => i);

// binary is how a protocol's clients see bytes.
const binary = {
  json: (bytes) => Buffer.from(bytes).toString('base64'),
  messagepack: (bytes) => bytes,
};

const failed = (target) => `Failed to invoke '${target}' due to an error on the server.`;
const unexpected = (target) => `An unexpected error occurred invoking '${target}' on the server.`;
const missing = (target) => `${failed(target)} HubException: Method does not exist.`;
const counted = (n, m) => `InvalidDataException: Invocation provides ${n} argument(s) but target expects ${m}.`;
const unbound = 'InvalidDataException: Error binding arguments. Make sure that the types of the provided values '
  + 'match the types of the hub method being invoked.';
const tooLarge = 'InvalidDataException: The maximum message size of 32768B was exceeded. '
  + 'The message size can be configured in AddHubOptions.';

// ERRORS are invocations, what they are answered, and what a server that tells
// every error adds to that.
const ERRORS = [
  ['an unknown method', ['nope'], missing('nope')],
  ['an unknown method with arguments', ['nope', 1, 'two'], missing('nope')],
  ['no argument for one', ['Echo'], failed('Echo'), counted(0, 1)],
  ['two arguments for one', ['Echo', 1, 2], failed('Echo'), counted(2, 1)],
  ['an argument for none', ['WhoAmI', 1], failed('WhoAmI'), counted(1, 0)],
  ['an object for a text', ['EchoText', {}], failed('EchoText'), unbound],
  ['a number for a text', ['SendAll', 1], failed('SendAll'), unbound],
  ['a text for an integer', ['EchoInteger', 'one'], failed('EchoInteger'), unbound],
  ['a fraction for an integer', ['EchoInteger', 1.5], failed('EchoInteger'), unbound],
  ['a text for a truth', ['EchoBool', 'true'], failed('EchoBool'), unbound],
  ['a text for a list', ['SendAllExcept', 'nobody', 'text'], failed('SendAllExcept'), unbound],
  ['a text for a structure', ['EchoOrder', 'tea'], failed('EchoOrder'), unbound],
  ['a wrong argument in another case', ['eChOtExT', {}], failed('EchoText'), unbound],
  ['a hub error', ['Fail', 'no entry'], `${unexpected('Fail')} HubException: no entry`],
  ['an error inside', ['FailInside'], unexpected('FailInside'), 'Exception: not for the client'],
  ['joining a connection that does not exist', ['Add', 'nobody', 'red'], unexpected('Add'), "IOException: Connection 'nobody' does not exist."],
  ['removing a connection that does not exist', ['Remove', 'nobody', 'red'], unexpected('Remove'), "IOException: Connection 'nobody' does not exist."],
];

// NAMELESS are invocations that must fail, and how they say why is not .NET's.
const NAMELESS = [
  ['a panic', ['Panic'], unexpected('Panic')],
  ['sending to a connection without a name', ['SendClient', null, 'text'], unexpected('SendClient')],
  ['sending to a group without a name', ['SendGroup', null, 'text'], unexpected('SendGroup')],
  ['sending to a group without a name except some', ['SendGroupExcept', null, [], 'text'], unexpected('SendGroupExcept')],
  ['joining a group without a name', ['Join', null], unexpected('Join')],
  ['joining a connection without a name', ['Add', null, 'red'], unexpected('Add')],
  ['removing a connection without a name', ['Remove', null, 'red'], unexpected('Remove')],
];

// PROMPT is how long an answer may take, in milliseconds, that must not wait for
// the time limit of a group change.
const PROMPT = 2_000;

for (const protocol of PROTOCOLS) {
  describe(`answers: ${protocol}`, () => {
    let one, two, three, told;
    test('everybody connects', cluster.test(async () => {
      [one, two, three] = await Promise.all(cluster.nodes.map((node) => Client.connect(node, { protocol })));
      told = await Client.connect(outspoken.nodes[0], { protocol });
    }));
    after(() => stopAll([one, two, three, told]));

    for (const [title, values] of Object.entries(VALUES)) {
      test(`echo of ${title}`, cluster.test(async () => {
        for (const value of [values].flat()) assert.deepEqual(await one.invoke('Echo', value), value);
        assert.deepEqual(await one.invoke('Echo', values), values);
      }));
    }

    test('echo of typed values', cluster.test(async () => {
      for (const n of VALUES.integers) assert.equal(await one.invoke('EchoInteger', n), n);
      for (const n of [...VALUES.integers, ...VALUES.fractions]) assert.equal(await one.invoke('EchoNumber', n), n);
      for (const text of VALUES.strings) assert.equal(await one.invoke('EchoText', text), text);
      for (const b of VALUES.booleans) assert.equal(await one.invoke('EchoBool', b), b);
    }));

    test('echo of bytes', cluster.test(async () => {
      for (const bytes of [BYTES, new Uint8Array(0), BYTES.subarray(3, 4)]) {
        assert.deepEqual(await one.invoke('EchoBinary', binary[protocol](bytes)), binary[protocol](bytes));
      }
    }));

    test('echo of a structure', cluster.test(async () => {
      const order = { ...ORDER, image: binary[protocol](BYTES) };
      assert.deepEqual(await one.invoke('EchoOrder', order), order);
    }));

    test('values cross the mesh as they are, for each protocol in its own way', cluster.test(async () => {
      const others = await Promise.all(PROTOCOLS.map((other) => Client.connect(cluster.nodes[1], { protocol: other })));
      for (const value of Object.values(VALUES)) {
        await one.invoke('Relay', value);
        for (const inbox of await settle(one, [one, two, three, ...others])) assert.deepEqual(inbox, [[value]]);
      }
      await three.invoke('RelayOrder', { ...ORDER, image: binary[protocol](BYTES) });
      const inboxes = await settle(three, [...others, one, two, three]);
      for (const [i, other] of PROTOCOLS.entries()) {
        assert.deepEqual(inboxes[i], [[{ ...ORDER, image: binary[other](BYTES) }]]);
      }
      await stopAll(others);
    }));

    for (const [title, call, text, detail] of [...ERRORS, ...NAMELESS]) {
      test(`error: ${title}`, cluster.test(async () => {
        const start = performance.now();
        await assert.rejects(one.invoke(...call), { name: 'Error', message: text });
        assert.ok(performance.now() - start < PROMPT, `answered after ${performance.now() - start} ms`);
        if (detail) await assert.rejects(told.invoke(...call), { message: `${text} ${detail}` });
      }));
    }

    test('error: streaming a method that is none', cluster.test(async () => {
      const text = "The client attempted to invoke the non-streaming 'Echo' method with a streaming invocation.";
      await assert.rejects(one.stream('Echo', 1), { message: text });
    }));

    test('a call that wants no answer gets none, and the connection lives on', cluster.test(async () => {
      await one.send('nope');
      await one.send('Fail', 'unheard');
      await one.send('Panic');
      await one.send('SendCaller', 'heard');
      const [inbox] = await settle(one, [one]);
      assert.deepEqual(inbox, [['heard']]);
    }));

    test('a message over the limit ends the connection', cluster.test(async () => {
      const closed = 'Server returned an error on close: Connection closed with an error.';
      for (const [node, text] of [[cluster.nodes[2], closed], [outspoken.nodes[0], `${closed} ${tooLarge}`]]) {
        const client = await Client.connect(node, { protocol });
        const ended = client.ended();
        await assert.rejects(client.invoke('EchoText', 'x'.repeat(32 << 10)));
        assert.equal((await ended).message, text);
      }
    }));
  });
}
