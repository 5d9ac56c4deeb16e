// Every row of the backplane contract's table of operations (section A2 of the
// reference), from each server of a mesh of three, in each hub protocol.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { Client, PROTOCOLS, settle, stopAll } from './client.mjs';
import { Cluster, MATRIX } from './cluster.mjs';

const cluster = await Cluster.start(MATRIX);
after(() => cluster.close());

// CAST is who is connected to which server, and is in which groups.
const CAST = {
  ann1: { server: 0, user: 'ann', groups: ['red'] },
  non1: { server: 0, groups: ['blue'] },
  ann2: { server: 1, user: 'ann', groups: [] },
  bob2: { server: 1, user: 'bob', groups: ['red', 'blue'] },
  eve3: { server: 2, user: 'eve', groups: ['red'] },
  non3: { server: 2, groups: ['blue'] },
};
const NAMES = Object.keys(CAST);
const SENDERS = ['ann1', 'bob2', 'non3']; // one on each server

const members = (group) => NAMES.filter((name) => CAST[name].groups.includes(group));
const without = (names, ...left) => names.filter((name) => !left.includes(name));

// ROWS say for each operation which arguments it takes and who gets how many
// copies: call is told connection IDs by name, to the sender's name.
const ROWS = [
  { title: 'all', call: () => ['SendAll'], to: () => NAMES },
  {
    title: 'all except some', call: (id) => ['SendAllExcept', [id.ann1, id.ann2, id.non3]],
    to: () => ['non1', 'bob2', 'eve3'],
  },
  { title: 'all except nobody', call: () => ['SendAllExcept', []], to: () => NAMES },
  { title: 'all except somebody unknown', call: () => ['SendAllExcept', ['nobody']], to: () => NAMES },
  { title: 'the caller', call: () => ['SendCaller'], to: (me) => [me] },
  { title: 'others', call: () => ['SendOthers'], to: (me) => without(NAMES, me) },
  ...NAMES.map((name) => ({
    title: `the connection of ${name}`, call: (id) => ['SendClient', id[name]], to: () => [name],
  })),
  { title: 'a connection that does not exist', call: () => ['SendClient', 'nobody'], to: () => [] },
  {
    title: 'connections', call: (id) => ['SendClients', [id.ann1, 'nobody', id.bob2, '', id.eve3]],
    to: () => ['ann1', 'bob2', 'eve3'],
  },
  {
    title: 'connections, each listed twice', call: (id) => ['SendClients', [id.non1, id.ann2, id.non1, id.ann2]],
    to: () => ['non1', 'non1', 'ann2', 'ann2'],
  },
  { title: 'no connections', call: () => ['SendClients', []], to: () => [] },
  { title: 'a group', call: () => ['SendGroup', 'red'], to: () => members('red') },
  { title: 'a group without members', call: () => ['SendGroup', 'green'], to: () => [] },
  { title: 'a group in another case', call: () => ['SendGroup', 'Red'], to: () => [] },
  {
    title: 'groups, with two copies for a member of both', call: () => ['SendGroups', ['red', '', 'blue', 'green']],
    to: () => [...members('red'), ...members('blue')],
  },
  {
    title: 'a group except some', call: (id) => ['SendGroupExcept', 'red', [id.ann1, id.eve3, id.non1]],
    to: () => ['bob2'],
  },
  { title: 'a group except nobody', call: () => ['SendGroupExcept', 'blue', []], to: () => members('blue') },
  { title: 'others in a group', call: () => ['SendOthersInGroup', 'red'], to: (me) => without(members('red'), me) },
  { title: 'a user on two servers', call: () => ['SendUser', 'ann'], to: () => ['ann1', 'ann2'] },
  { title: 'a user on one server', call: () => ['SendUser', 'eve'], to: () => ['eve3'] },
  { title: 'a user who is not there', call: () => ['SendUser', 'Ann'], to: () => [] },
  {
    title: 'users', call: () => ['SendUsers', ['ann', 'nobody', '', 'bob']],
    to: () => ['ann1', 'ann2', 'bob2'],
  },
  { title: 'users, one listed twice', call: () => ['SendUsers', ['eve', 'eve']], to: () => ['eve3', 'eve3'] },
];

// The protocol of each server's clients: one for all, and both in one mesh.
const MIXED = ['json', 'messagepack', 'json'];
for (const protocols of [...PROTOCOLS.map((protocol) => [protocol, protocol, protocol]), MIXED]) {
  const title = protocols === MIXED ? 'both protocols in one mesh' : protocols[0];
  describe(`operations: ${title}`, () => {
    const cast = {};
    const ids = {};

    test('everybody connects and joins', cluster.test(async () => {
      await Promise.all(NAMES.map(async (name) => {
        const { server, user, groups } = CAST[name];
        const client = await Client.connect(cluster.nodes[server], { user, protocol: protocols[server] });
        assert.equal(client.server, `server-${server + 1}`);
        assert.equal(client.user, user ?? '');
        cast[name] = client;
        ids[name] = client.id;
        for (const group of groups) await client.invoke('Join', group);
      }));
      assert.equal(new Set(Object.values(ids)).size, NAMES.length);
    }));
    after(() => stopAll(Object.values(cast)));

    for (const row of ROWS) {
      test(`to ${row.title}`, cluster.test(async () => {
        for (const me of SENDERS) {
          const sender = cast[me];
          const text = `${row.title}, from ${me}`;
          const [method, ...args] = row.call(ids);
          await sender.invoke(method, ...args, text);
          assert.deepEqual(await copies(sender, cast, text), tally(row.to(me)), `from ${me}`);
        }
      }));
    }
  });
}

// copies returns how many copies of text each client got, by name, and expects
// that nothing else arrived.
async function copies(sender, cast, text) {
  const inboxes = await settle(sender, Object.values(cast));
  return Object.fromEntries(Object.keys(cast).map((name, i) => {
    for (const args of inboxes[i]) assert.deepEqual(args, [text], `at ${name}`);
    return [name, inboxes[i].length];
  }));
}

// tally counts how often each of the cast is named.
function tally(names) {
  return Object.fromEntries(NAMES.map((name) => [name, names.filter((other) => other === name).length]));
}
