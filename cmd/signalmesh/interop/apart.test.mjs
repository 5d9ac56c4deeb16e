// Applications and caches that share addresses hear nothing of each other.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Client, PROTOCOLS, settle, stopAll } from './client.mjs';
import { CHAT, Cluster, HOSTS } from './cluster.mjs';

// TWO are enough for an application to have a mesh.
const TWO = { ...CHAT, hosts: HOSTS.slice(0, 2) };

const first = await Cluster.start({ ...TWO, cache: 'cacheOne', application: 'one' });
after(() => first.close());
// The others are told to look where the first one is.
const bootstrap = [first.nodes[0].peers];
const application = await Cluster.start({ ...TWO, bootstrap, cache: 'cacheOne', application: 'two' });
after(() => application.close());
const cache = await Cluster.start({ ...TWO, bootstrap, cache: 'cacheTwo', application: 'one' });
after(() => cache.close());

const MESHES = { first, 'other application': application, 'other cache': cache };

test('two applications, and two caches, on the same addresses hear nothing of each other', async (t) => {
  const clusters = Object.entries(MESHES);
  try {
    const groups = await Promise.all(clusters.map(async ([name, { nodes }]) => {
      const clients = await Promise.all(nodes.map(
        (node, i) => Client.connect(node, { user: 'ann', protocol: PROTOCOLS[i] })));
      await Promise.all(clients.map((client) => client.invoke('JoinRoom', 'red')));
      return { name, clients };
    }));
    const everybody = groups.flatMap(({ clients }) => clients);

    // Each says something to every audience there is, named alike in all three.
    const SAYINGS = ['to all', 'to the room', 'to the user', 'to others'];
    for (const { name, clients: [sender] } of groups) {
      await sender.invoke('Send', name, SAYINGS[0]);
      await sender.invoke('SendToRoom', 'red', name, SAYINGS[1]);
      await sender.invoke('Whisper', 'ann', name, SAYINGS[2]);
      await sender.invoke('SendToOthers', name, SAYINGS[3]);
      for (const { id } of everybody) await sender.invoke('SendToConnection', id, name, `to connection ${id}`);
    }

    // Nothing orders one mesh's messages before another's: look again, and again.
    const heard = everybody.map(() => []);
    for (let round = 0; round < 5; round++) {
      for (const { clients } of groups) {
        for (const sender of clients) {
          for (const [i, arrived] of (await settle(sender, clients)).entries()) {
            heard[everybody.indexOf(clients[i])].push(...arrived);
          }
        }
      }
    }
    for (const { name, clients } of groups) {
      for (const [i, client] of clients.entries()) {
        const sayings = i === 0 ? SAYINGS.slice(0, 3) : SAYINGS;
        const expected = [...sayings, `to connection ${client.id}`].map((text) => [name, text, 'server-1']);
        assert.deepEqual(heard[everybody.indexOf(client)], expected, `${name}, ${client.server}`);
      }
    }

    // A connection of another mesh is one that does not exist.
    for (const { clients } of groups) {
      for (const other of everybody) {
        const added = clients[0].invoke('AddToRoom', other.id, 'blue');
        if (clients.includes(other)) await added;
        else await assert.rejects(added, /there is no connection/);
      }
    }
    // None has become a member of another mesh meanwhile.
    await Promise.all(clusters.map(([, cluster]) => cluster.meshed()));
    await stopAll(everybody);
  } catch (err) {
    for (const [, cluster] of clusters) cluster.complain();
    throw err;
  }
});
