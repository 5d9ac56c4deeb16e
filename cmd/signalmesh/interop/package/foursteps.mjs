// The package SignalMesh.AspNetCore in new applications: the four steps of the manual, two
// servers, and Microsoft's client at each. "make test-dotnet" builds the package before.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';

import { until } from '../waiting.mjs';
import { extras, fourSteps, freePort, readme } from './application.mjs';
import { Host, PATIENCE, alive, startNode } from './host.mjs';

const NUGETS = resolve(import.meta.dirname, '../../../../build/nuget/test');
const hosts = [];
let version, chat, services, portable;

// start starts a server of the four steps and waits until it listens.
function start(options) {
  const host = new Host(portable, 'ChatSample.dll', options);
  hosts.push(host);
  return host;
}

before(async () => {
  version = (await readdir(NUGETS)).map((f) => /^SignalMesh\.AspNetCore\.(\d.*)\.nupkg$/.exec(f)?.[1]).find(Boolean);
  assert.ok(version, 'build/nuget/test has the package; run make test-dotnet');
  chat = await fourSteps(version);
  portable = await chat.publish('portable');
  services = await (await extras(version, chat.folder)).publish('extras');
});

after(async () => {
  await Promise.all(hosts.map((h) => h.end()));
  if (chat) await rm(chat.folder, { recursive: true, force: true });
});

// A Listener is a client of the chat hub and the texts that it received, in order.
async function listen(host) {
  const texts = [];
  const client = await host.connect('/chat', 'ReceiveMessage', ([, text]) => texts.push(text));
  return { texts, send: (text) => client.invoke('Send', 'somebody', text), close: () => client.stop() };
}

// meet waits until each of two clients receives a message of the other.
async function meet(a, b) {
  let n = 0;
  await until(async () => {
    const word = `meet ${n++}`;
    await Promise.all([a.send(`a ${word}`), b.send(`b ${word}`)]);
    return a.texts.some((t) => t.startsWith('b meet')) && b.texts.some((t) => t.startsWith('a meet'));
  }, PATIENCE, 'two servers to reach each other');
}

// numbered sends n numbered messages from each client and checks that both receive all, in order.
async function numbered(a, b, n, name) {
  for (let i = 0; i < n; i++) await Promise.all([a.send(`a ${name} ${i}`), b.send(`b ${name} ${i}`)]);
  const want = (from) => Array.from({ length: n }, (_, i) => `${from} ${name} ${i}`);
  for (const { texts } of [a, b]) {
    for (const from of ['a', 'b']) {
      const got = () => texts.filter((t) => t.startsWith(`${from} ${name} `));
      await until(() => got().length >= n, PATIENCE, `${n} messages ${name} of ${from}`);
      assert.deepEqual(got(), want(from));
    }
  }
}

async function twoServers() {
  const [one, two] = [start(), start()];
  await Promise.all([one.started(), two.started()]);
  const clients = await Promise.all([listen(one), listen(two)]);
  await meet(...clients);
  return { one, two, clients };
}

test('two servers, a node that is killed, and the ends of a server', async (t) => {
  const { one, two, clients } = await twoServers();
  await t.test('numbered messages arrive on both servers, once and in order', () => numbered(...clients, 300, 'quiet'));

  await t.test('a node that is killed is started again, and messages arrive again', async () => {
    let ending = false;
    const load = (async () => {
      for (let i = 0; !ending; i++) {
        await clients[1].send(`b load ${i}`);
        await clients[0].send(`a load ${i}`).catch(() => {}); // its node is away
      }
    })();
    const killed = one.node;
    process.kill(killed, 'SIGKILL');
    await one.said(/The node ended \(exit code 137/);
    one.node = undefined;
    await one.said(/The connection to the node at \S+ is back/);
    ending = true;
    await load;
    for (const c of clients) c.texts.length = 0;
    await meet(...clients);
    await numbered(...clients, 50, 'after');
    const own = clients[1].texts.filter((x) => x.startsWith('b '));
    assert.equal(new Set(own).size, own.length, 'nothing arrives twice');
  });

  await t.test('after SIGTERM the server and its node end in order', async () => {
    two.process.kill('SIGTERM');
    assert.equal(await two.ended(), 0, two.log);
    assert.ok(!alive(two.node), 'the node has ended before the server');
    assert.match(two.log, /drained/, 'the node has left the mesh');
  });

  await t.test('Ctrl-C reaches the node too, which ends after the server', async () => {
    const host = await start().started();
    const client = await listen(host);
    host.interrupt();
    assert.equal(await host.ended(), 0, host.log);
    assert.ok(!alive(host.node));
    assert.doesNotMatch(host.log, /The node ended/, 'it was not started again');
    await client.close();
  });

  await t.test('after SIGKILL of the server its node ends', async () => {
    const host = await start().started();
    host.process.kill('SIGKILL');
    assert.equal(await host.ended(), 'SIGKILL');
    await host.nodeEnded();
  });
  await Promise.all(clients.map((c) => c.close()));
});

test('a wrong setting stops the start of the server and is named', async (t) => {
  for (const [name, value, want] of [
    ['CacheName', '', /CacheName is missing/],
    ['ApplicationID', '', /ApplicationID is missing/],
    ['Mesh__Listen', 'nonsense', /"nonsense" is not an address; write it as host:port/],
    ['Mesh__Listen', '0.0.0.0:0', /without a password anybody may join/],
    ['Mesh__Admin', '127.0.0.1:x', /admin \(--admin\): "127\.0\.0\.1:x" has no port/],
    ['Mesh__Servers__0', 'a b', /bootstrap/],
    ['Mesh__Program', '/nowhere/signalmesh', /there is no file \/nowhere\/signalmesh/],
    ['Mesh__Program', '/etc/passwd', /cannot be started|Exec format|not run/i],
    ['Mesh__Endpoint', 'nonsense', /"nonsense" is not an address/],
    ['Mesh__StartTimeout', '-00:00:01', /StartTimeout/],
  ]) {
    await t.test(`${name}=${value}`, async () => {
      const host = start({ env: { [`NCacheConfiguration__${name}`]: value } });
      assert.notEqual(await host.ended(), 0, host.log);
      assert.match(host.log, want);
      assert.doesNotMatch(host.log, /goroutine/);
    });
  }
});

// otherUser returns the ID of nobody if this process may become that user, and if that user
// may run dotnet. It cannot where .NET is in the home folder of root.
function otherUser() {
  const uid = 65534;
  if (process.getuid() !== 0) return undefined;
  return spawnSync('dotnet', ['--list-runtimes'], { uid, gid: uid, env: { ...process.env, HOME: '/nonexistent' } }).status === 0 ? uid : undefined;
}

test('a single file runs without execute permission for the node', { skip: process.platform !== 'linux' && 'needs Linux' }, async (t) => {
  const uid = otherUser();
  t.diagnostic(uid ? 'as the user nobody' : 'as the user of the test, since nobody may not run dotnet');
  const folder = await (await chat.latest(version)).publish('single', '-r', 'linux-x64', '-p:SelfContained=false', '-p:PublishSingleFile=true', '-p:EnableSingleFileAnalyzer=false');
  await chmod(join(folder, 'signalmesh-node'), 0o644);
  await chmod(chat.folder, 0o755);
  const host = new Host(folder, 'ChatSample', { uid, env: { HOME: '/nonexistent' } });
  hosts.push(host);
  await host.started();
  if (uid) assert.match(host.log, /This user may not run .*a copy in/);
  else assert.ok((await stat(join(folder, 'signalmesh-node'))).mode & 0o100, 'the owner may run it now');
  const client = await listen(host);
  await client.send('hello');
  await until(() => client.texts.includes('hello'), PATIENCE, 'its own message');
  await client.close();
});

// pair starts two servers with the services, which reach each other.
async function pair(env = {}) {
  const address = `127.0.0.1:${await freePort()}`;
  const two = ['Listen', 'Servers__0'].map((name) => new Host(services, 'Extras.dll', { env: { [`NCacheConfiguration__Mesh__${name}`]: address, ...env } }));
  hosts.push(...two);
  return Promise.all(two.map((h) => h.started()));
}

test('each form of the call', async (t) => {
  for (const [form, env] of Object.entries({
    names: {},
    credentials: {},
    section: { NCacheConfiguration__CacheName: 'demo', NCacheConfiguration__EventKey: 'extras' },
    bound: { Elsewhere__CacheName: 'demo', Elsewhere__ApplicationID: 'extras' },
  })) {
    await t.test(form, async () => {
      const two = await pair({ Form: form, ...env });
      const texts = [[], []];
      const clients = await Promise.all(two.map((h, i) => h.connect('/echo', 'message', ([text]) => texts[i].push(text))));
      await until(async () => {
        await clients[0].invoke('Send', 'hello');
        return texts[1].includes('hello');
      }, PATIENCE, 'a message on the other server');
      await Promise.all(clients.map((c) => c.stop()));
      await Promise.all(two.map((h) => h.end()));
    });
  }
});

test('a server that starts before its sidecar receives messages when the sidecar runs', async () => {
  const endpoint = `127.0.0.1:${await freePort()}`;
  const host = start({ env: { NCacheConfiguration__Mesh__Endpoint: endpoint, NCacheConfiguration__Password: 'of the endpoint' } });
  host.url = (await host.said(/Now listening on: (http:\S+)/))[1];
  const waiting = listen(host); // the first client makes the connection
  await host.said(/No connection to the node at/);
  const node = startNode(portable, ['--listen', '127.0.0.1:0', '--redis', endpoint, '--cache', 'demo', '--app', 'chatApplication'], { SIGNALMESH_REDIS_PASSWORD: 'of the endpoint' });
  try {
    const client = await waiting;
    await client.send('hello');
    await until(() => client.texts.includes('hello'), PATIENCE, 'its own message, by way of the node');
    await client.close();
  } finally {
    await node.end();
  }
});

test('health, status, and the users of every server', async () => {
  const [one, two] = await pair();
  const get = async (host, path, options) => (await fetch(host.url + path, options)).json();
  const clients = await Promise.all([one, two].map((h) => h.connect('/echo?user=alice', 'message', () => {})));
  await until(async () => (await get(one, '/status')).servers === 2, PATIENCE, 'two servers');
  const status = await get(one, '/status');
  assert.deepEqual([status.ready, status.health, status.application, status.processId], [true, 'healthy', 'extras', one.node]);
  assert.equal(await (await fetch(one.url + '/healthz')).text(), 'Healthy');
  const mapped = await fetch(one.url + '/mesh');
  assert.deepEqual([mapped.status, (await mapped.json()).servers], [200, 2]);

  await until(async () => (await get(one, '/users/alice')).length === 2, PATIENCE, 'the user on both servers');
  const found = (await get(two, '/users/alice')).map((c) => c.connectionId).sort();
  assert.deepEqual(found, clients.map((c) => c.connectionId).sort());
  assert.deepEqual(await get(two, '/users/bob'), []);
  const closed = clients.map((c) => new Promise((resolve) => c.onclose(resolve)));
  assert.equal((await get(two, '/users/alice', { method: 'DELETE' })).length, 2);
  await Promise.all(closed);
});

test('the mesh is switched off for tests of an application', async () => {
  const host = start({ env: { NCacheConfiguration__Mesh__Enabled: 'false' } });
  host.url = (await host.said(/Now listening on: (http:\S+)/))[1];
  const client = await listen(host);
  await client.send('alone');
  await until(() => client.texts.includes('alone'), PATIENCE, 'its own message');
  assert.doesNotMatch(host.log, /The node listens/);
  await client.close();
});

test('a hub in another namespace is warned of', async () => {
  const address = `127.0.0.1:${await freePort()}`;
  const names = { NCacheConfiguration__CacheName: 'demoClusteredCache', NCacheConfiguration__ApplicationID: 'chatApplication' };
  const one = start({ env: { NCacheConfiguration__Mesh__Listen: address } });
  const two = new Host(services, 'Extras.dll', { env: { ...names, Form: 'section', NCacheConfiguration__Mesh__Servers__0: address } });
  hosts.push(two);
  await Promise.all([one.started(), two.started()]);
  const clients = await Promise.all([listen(one), listen(two)]); // a hub subscribes with its first client
  await one.said(/Another server has the hub Elsewhere\.ChatHub, and this one ChatSample\.Hubs\.ChatHub/);
  await two.said(/Another server has the hub ChatSample\.Hubs\.ChatHub, and this one Elsewhere\.ChatHub/);
  await one.said(/server \S+ has the hub chatApplicationElsewhere\.ChatHub, and server \S+ at this node chatApplicationChatSample\.Hubs\.ChatHub: they do not reach each other/);
  await Promise.all(clients.map((c) => c.close()));
});

test('the program of the README: two servers find each other', async () => {
  const folder = await (await readme(version, chat.folder)).publish('readme');
  const two = [];
  for (let i = 0; i < 2; i++) { // the second finds the first at the port of client.ncconf
    two.push(new Host(folder, 'Readme.dll'));
    hosts.push(two[i]);
    await two[i].started();
  }
  for (const host of two) {
    await until(async () => (await (await fetch(host.url + '/mesh')).json()).servers === 2, PATIENCE, 'two servers');
  }
  await meet(...await Promise.all(two.map(listen)));
});

test('a server at Redis and a server with the package are one application over a bridge', async () => {
  const port = await freePort();
  const redis = spawn('redis-server', ['--port', port, '--save', '', '--bind', '127.0.0.1'], { stdio: 'ignore' });
  const ended = once(redis, 'exit');
  try {
    const address = `127.0.0.1:${await freePort()}`;
    const mesh = { NCacheConfiguration__Mesh__Listen: address, NCacheConfiguration__Mesh__Servers__0: address };
    const [old, moved] = [{ Form: 'redis', Redis: `127.0.0.1:${port}` }, { SIGNALMESH_REDIS_BRIDGE: `redis://127.0.0.1:${port}`, ...mesh }]
      .map((env) => new Host(services, 'Extras.dll', { env }));
    hosts.push(old, moved);
    old.url = (await old.said(/Now listening on: (http:\S+)/))[1];
    await moved.started();
    await moved.said(/this node bridges between the mesh and the old Redis/);
    const clients = await Promise.all([old, moved].map(listen));
    await meet(...clients);
    await numbered(...clients, 300, 'bridged');
    await Promise.all(clients.map((c) => c.close()));
  } finally {
    redis.kill();
    await ended;
  }
});

test('a hub in Go and a hub in C# are one hub', async () => {
  const address = `127.0.0.1:${await freePort()}`;
  const http = `127.0.0.1:${await freePort()}`;
  const host = await start({ env: { NCacheConfiguration__Mesh__Listen: address } }).started();
  const node = startNode(portable, ['--hub', 'chat=ChatSample.Hubs.ChatHub', '--channel-prefix', 'chatApplication',
    '--cache', 'demoClusteredCache', '--app', 'chatApplication', '--http', http, '--listen', '127.0.0.1:0', '--bootstrap', address, '--admin', 'none'], {});
  try {
    const url = `http://${http}`;
    await until(() => fetch(`${url}/chat/negotiate?negotiateVersion=1`, { method: 'POST' }).then((r) => r.ok, () => false), PATIENCE, 'the node in Go');
    const clients = await Promise.all([host, { url, connect: Host.prototype.connect }].map(listen));
    await meet(...clients);
    await numbered(...clients, 300, 'mixed');
    await Promise.all(clients.map((c) => c.close()));
  } finally {
    await node.end();
  }
});
