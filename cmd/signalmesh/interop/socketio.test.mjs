// Two servers of Socket.IO, each with the Redis adapter at its own node's door: the
// adapter counts subscribers to know how many answers to wait for, and patterns and
// sharded channels carry its rooms.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, describe, test } from 'node:test';

import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { Server } from 'socket.io';
import { io as connectTo } from 'socket.io-client';

import { Cluster, DOOR, HOSTS } from './cluster.mjs';
import { CLIENTS } from './door.mjs';
import { until, within } from './waiting.mjs';

const cluster = await Cluster.start({ ...DOOR, hosts: HOSTS.slice(0, 2) });
after(() => cluster.close());

// ADAPTERS are the two ways in which it uses Redis.
const ADAPTERS = {
  classic: createAdapter,
  sharded: (publisher, subscriber) => createShardedAdapter(publisher, subscriber, { subscriptionMode: 'dynamic' }),
};

for (const [adapter, create] of Object.entries(ADAPTERS)) {
  for (const library of ['ioredis 5', 'node-redis 4', 'node-redis 5, RESP3']) {
    describe(`Socket.IO: ${adapter} adapter, ${library}`, () => {
      const servers = [];
      const clients = []; // two on each server: 0 and 2 on the first, 1 and 3 on the second
      const got = []; // what each client was told

      test('starts', cluster.test(async () => {
        servers.push(...await Promise.all(cluster.nodes.map((node) => start(node, CLIENTS[library], create))));
        // The adapters subscribe without telling when they have.
        await until(async () => {
          const counts = await Promise.all(servers.map(({ io }) => io.of('/').adapter.serverCount()));
          return counts.every((count) => count === servers.length);
        }, 5_000, 'the adapters to find each other');
        clients.push(...await Promise.all([0, 1, 0, 1].map((i) => join(servers[i]))));
        got.push(...clients.map((client) => listen(client)));
      }));
      after(async () => {
        clients.forEach((client) => client.disconnect());
        await Promise.all(servers.map((server) => server.end()));
      });

      // check sends by send, then a last word to everybody from the same server, and
      // expects that those of recipients, and nobody else, got text.
      const check = async (server, recipients, send) => {
        const text = `text ${Math.random()}`;
        got.forEach((texts) => texts.splice(0));
        await send(server.io, text);
        server.io.emit('say', 'the end');
        await until(() => got.every((texts) => texts.includes('the end')), 5_000, 'the end of what was sent');
        assert.deepEqual(got.map((texts) => texts.filter((t) => t !== 'the end')),
          got.map((_, i) => (recipients.includes(i) ? [text] : [])));
      };

      test('everybody', cluster.test(async () => {
        for (const server of servers) await check(server, [0, 1, 2, 3], (io, text) => io.emit('say', text));
      }));

      test('one client of the other server', cluster.test(async () => {
        await check(servers[0], [1], (io, text) => io.to(clients[1].id).emit('say', text));
        await check(servers[1], [0], (io, text) => io.to(clients[0].id).emit('say', text));
      }));

      test('rooms over both servers, joined from either', cluster.test(async () => {
        servers[0].io.in([clients[0].id, clients[1].id]).socketsJoin('red');
        servers[1].io.in(clients[2].id).socketsJoin('blue');
        await until(async () => (await members(servers[1], 'red')).length === 2
          && (await members(servers[0], 'blue')).length === 1, 5_000, 'the rooms to be entered');
        for (const server of servers) {
          await check(server, [0, 1], (io, text) => io.to('red').emit('say', text));
          await check(server, [0, 1, 2], (io, text) => io.to('red').to('blue').emit('say', text));
          await check(server, [2, 3], (io, text) => io.except('red').emit('say', text));
        }
        servers[1].io.in(clients[0].id).socketsLeave('red');
        await until(async () => (await members(servers[0], 'red')).length === 1, 5_000, 'the room to be left');
        await check(servers[0], [1], (io, text) => io.to('red').emit('say', text));
      }));

      test('fetchSockets', cluster.test(async () => {
        for (const server of servers) {
          const all = await server.io.fetchSockets();
          assert.deepEqual(all.map(({ id }) => id).sort(), clients.map(({ id }) => id).sort());
        }
      }));

      test('emit with answers from all clients', cluster.test(async () => {
        const answers = await servers[1].io.timeout(5_000).emitWithAck('ask', 'who');
        assert.deepEqual(answers.sort(), clients.map(({ id }) => `who ${id}`).sort());
      }));

      test('serverSideEmit, with an answer and without', cluster.test(async () => {
        for (const [from, to] of [servers, [...servers].reverse()]) {
          const heard = new Promise((resolve) => { to.io.once('tell', resolve); });
          from.io.serverSideEmit('tell', 'news');
          assert.equal(await within(heard, 5_000, 'the other server to hear'), 'news');
          to.io.once('ask', (text, answer) => answer(`${text} back`));
          assert.deepEqual(await from.io.serverSideEmitWithAck('ask', 'news'), ['news back']);
        }
      }));
    });
  }
}

// start makes a Socket.IO server whose adapter is at the door of node.
async function start(node, connect, create) {
  const [publisher, subscriber] = await Promise.all([connect(node.door), connect(node.door)]);
  const http = createServer();
  const io = new Server(http, { adapter: create(publisher.raw, subscriber.raw), transports: ['websocket'] });
  await new Promise((resolve) => { http.listen(0, '127.0.0.1', resolve); });
  const end = async () => {
    await io.close();
    await Promise.all([publisher.close(), subscriber.close()]);
  };
  return { io, end, url: `http://127.0.0.1:${http.address().port}` };
}

// join connects a client to a server.
async function join({ url }) {
  const client = connectTo(url, { transports: ['websocket'], forceNew: true, reconnection: false });
  await within(new Promise((resolve, reject) => {
    client.once('connect', resolve).once('connect_error', reject);
  }), 5_000, 'a client to connect');
  client.on('ask', (text, answer) => answer(`${text} ${client.id}`));
  return client;
}

// listen returns what a client is told from now on.
function listen(client) {
  const texts = [];
  client.on('say', (text) => texts.push(text));
  return texts;
}

// members are the clients in a room on both servers, as one of them sees it.
function members({ io }, room) {
  return io.in(room).fetchSockets();
}
