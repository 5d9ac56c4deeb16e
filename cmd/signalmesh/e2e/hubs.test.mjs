// Microsoft's client in a real browser: every transport, from pages of the hub's
// origin and of others, in workers, and in pages that are reloaded.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { openBrowser } from './browser.mjs';
import { startHubs } from './hubs.mjs';

const WIRES = {
  'WebSockets, JSON': { transport: 'WebSockets', protocol: 'json' },
  'WebSockets, MessagePack': { transport: 'WebSockets', protocol: 'messagepack' },
  'WebSockets without negotiation, JSON': { transport: 'WebSockets', protocol: 'json', skipNegotiation: true },
  'server-sent events, JSON': { transport: 'ServerSentEvents', protocol: 'json' },
  'long polling, JSON': { transport: 'LongPolling', protocol: 'json' },
  'long polling, MessagePack': { transport: 'LongPolling', protocol: 'messagepack' },
};

let hubs;
let browser;
let pages; // of each origin: own, allowed, other
let quiet; // how the server is when nobody uses it

before(async () => {
  hubs = await startHubs();
  browser = await openBrowser();
  const context = await browser.newContext();
  pages = {};
  for (const origin of ['own', 'allowed', 'other']) {
    pages[origin] = await context.newPage();
    await pages[origin].goto(`${hubs[origin]}/page.html`);
  }
  quiet = await hubs.state();
}, { timeout: 60_000 });

after(async () => {
  await browser?.close();
  if (hubs) assert.equal(await hubs.stop(), 0);
}, { timeout: 30_000 });

/** Waits until nothing is left of those who used the hub. */
const forgotten = () => hubs.until(
  ({ connected, connections, streaming, goroutines }) =>
    connected === 0 && connections === 0 && streaming === 0 && goroutines <= quiet.goroutines,
  'nothing to be left');

/** Asserts what came of converse. */
function conversed({ who, ...rest }, expected) {
  assert.deepEqual(rest, {
    echo: { text: '部屋 <&>', list: [1, null, true] },
    error: "An unexpected error occurred invoking 'Fail' on the server. HubException: no entry",
    count: 200,
    sum: 55,
    heard: 'everybody',
  });
  assert.deepEqual({ user: who.user, cookie: who.cookie, token: who.token }, { user: '', cookie: '42', token: '', ...expected });
}

const limits = { timeout: 30_000 };

for (const [title, wire] of Object.entries(WIRES)) {
  describe(title, () => {
    const options = (more) => ({ url: hubs.url, ...wire, ...more });
    const converse = (page, more) => page.evaluate((given) => self.converse(given), options(more));

    test('a page of the same origin', limits, async () => {
      const page = pages.own;
      conversed(await converse(page));
      conversed(await converse(page, { url: '/hub' }));
      await forgotten();
    });

    test('a page of an allowed origin', limits, async () => {
      const page = pages.allowed;
      const before = await hubs.state();
      const result = await converse(page);
      conversed(result);
      if (wire.transport === 'WebSockets') assert.equal(result.who.origin, hubs.allowed);
      const { preflights } = await hubs.state();
      if (!wire.skipNegotiation) assert.ok(preflights > before.preflights, 'the browser asked first');
      if (wire.transport !== 'WebSockets') { // which always has the cookies
        conversed(await converse(page, { withCredentials: false }), { cookie: '' });
      }
      await forgotten();
    });

    test('a page of another origin gets nothing', limits, async () => {
      const page = pages.other;
      const { opened } = await hubs.state();
      const said = [];
      const listen = (entry) => said.push(entry.text());
      page.on('console', listen);
      for (const withCredentials of [true, false]) {
        await assert.rejects(converse(page, { withCredentials }), wire.skipNegotiation
          ? /WebSocket failed to connect/
          : /Failed to complete negotiation with the server: TypeError: Failed to fetch/);
      }
      page.off('console', listen);
      assert.ok(said.some((text) => wire.skipNegotiation
        ? /WebSocket connection to .* failed.*403/.test(text)
        : /has been blocked by CORS policy/.test(text)), said.join('\n'));
      assert.equal((await hubs.state()).opened, opened, 'nobody was let in');
    });

    for (const origin of ['own', 'allowed']) {
      test(`a web worker, origin: ${origin}`, limits, async () => {
          const { message, result } = await pages[origin].evaluate((given) => new Promise((resolve, reject) => {
          const worker = new Worker('/worker.js');
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = ({ message: text }) => reject(new Error(text));
          worker.postMessage(given);
        }), options());
        assert.equal(message, undefined);
        conversed(result);
        await forgotten();
      });
    }

    test('a page that is reloaded in mid-stream', limits, async () => {
      const page = pages.own;
      await page.evaluate((given) => Promise.all([self.watch(given), self.watch(given)]), options());
      const { connected, connections, streaming } = await hubs.state();
      assert.deepEqual({ connected, connections, streaming }, { connected: 2, connections: 2, streaming: 2 });
      await page.reload();
      await forgotten();
      conversed(await converse(page));
    });

    test('a token', limits, async () => {
      const page = pages.allowed;
      const token = wire.transport === 'LongPolling' ? 'header' : 'query';
      conversed(await converse(page, { token: 'token-of-ann' }), { user: 'ann', token });
      conversed(await converse(page, { token: 'token-of-&?=%' }), { user: '&?=%', token });
      conversed(await converse(page, { token: '' }));
    });
  });
}

test('what a page of another origin may send without asking opens nothing', limits, async () => {
  const { opened, foreign } = await hubs.state();
  const answers = await pages.other.evaluate(async (url) => {
    const simple = { method: 'POST', mode: 'no-cors', credentials: 'include', body: '{"protocol":"json","version":1}\u001e' };
    const events = new Promise((resolve) => {
      const source = new EventSource(url, { withCredentials: true });
      source.onopen = () => resolve('open');
      source.onerror = () => { source.close(); resolve('error'); };
    });
    const blind = await Promise.all([fetch(`${url}/negotiate?negotiateVersion=1`, simple), fetch(`${url}?id=x`, simple), fetch(url, { mode: 'no-cors' })]);
    return [await events, ...await Promise.all(blind.map(async (response) => `${response.type} ${response.status} ${await response.text()}`))];
  }, hubs.url);
  assert.deepEqual(answers, ['error', 'opaque 0 ', 'opaque 0 ', 'opaque 0 ']);
  const now = await hubs.state();
  assert.ok(now.foreign > foreign, 'they came');
  assert.equal(now.opened, opened);
  await forgotten();
});
