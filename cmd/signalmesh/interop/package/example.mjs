// The example in docs/aspnetcore, built with the package and run as two servers.

import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';

import { until } from '../waiting.mjs';
import { Application, freePort } from './application.mjs';
import { Host, PATIENCE } from './host.mjs';

const ROOT = resolve(import.meta.dirname, '../../../..');
const hosts = [];
let folder;

after(async () => {
  await Promise.all(hosts.map((h) => h.end()));
  if (folder) await rm(folder, { recursive: true, force: true });
});

// change replaces a text in a file of the example, which must have it.
async function change(file, from, to) {
  const text = await readFile(file, 'utf8');
  assert.ok(text.includes(from), `${file} has ${from}`);
  await writeFile(file, text.replace(from, to));
}

test('the example in docs/aspnetcore: a client of each of two servers hears the other', async () => {
  const version = (await readdir(join(ROOT, 'build/nuget/test'))).map((f) => /^SignalMesh\.AspNetCore\.(\d.*)\.nupkg$/.exec(f)?.[1]).find(Boolean);
  assert.ok(version, 'build/nuget/test has the package; run make test-dotnet');
  folder = await mkdtemp(join(tmpdir(), 'example-'));
  const example = join(folder, 'ChatSample');
  await cp(join(ROOT, 'docs/aspnetcore'), example, { recursive: true, filter: (p) => !/[/](obj|bin)$/.test(p) });
  await change(join(example, 'ChatSample.csproj'), '"*-*"', `"${version}"`); // the package of this tree
  await change(join(example, 'client.ncconf'), '"9800"', `"${await freePort()}"`);
  const published = await new Application(folder, 'ChatSample').publish('example');
  const texts = [[], []];
  const clients = [];
  for (const received of texts) {
    const host = new Host(published, 'ChatSample.dll');
    hosts.push(host);
    await host.started();
    clients.push(await host.connect('/chat', 'ReceiveMessage', ([user, text]) => received.push(`${user}: ${text}`)));
  }
  await Promise.all(clients.map((c) => c.invoke('Join', 'red')));
  for (let n = 0; !texts[0].some((t) => t.startsWith('b: met')); n++) { // until the servers have found each other
    assert.ok(n < 100, hosts[1].log);
    await clients[1].invoke('SendToRoom', 'red', 'b', `met ${n}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await clients[0].invoke('SendToRoom', 'red', 'a', 'in the room');
  await clients[0].invoke('Leave', 'red');
  await clients[1].invoke('SendToRoom', 'red', 'b', 'after a has left');
  await clients[0].invoke('Send', 'a', 'to everybody');
  await until(() => texts.every((t) => t.includes('a: to everybody')), PATIENCE, 'the message to everybody');
  await until(() => texts[1].includes('b: after a has left'), PATIENCE, 'the last message in the room');
  assert.ok(texts[1].includes('a: in the room'));
  assert.ok(!texts[0].includes('b: after a has left'), 'it has left the room');
  await Promise.all(clients.map((c) => c.stop()));
});
