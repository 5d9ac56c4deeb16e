// Three servers, three pages: what "make demo" shows, in a real browser.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { openBrowser } from './browser.mjs';
import { openChat } from './chat.mjs';
import { faint } from './contrast.mjs';
import { build, startDemo } from './demo.mjs';

let demo;
let browser;
let chats; // the page of each server

before(async () => {
  demo = await startDemo();
  browser = await openBrowser();
  const names = ['Ann', 'Bob', 'Cyd'];
  chats = await Promise.all(demo.urls.map((url, i) => openChat(browser, url, names[i])));
}, { timeout: 60_000 });

after(async () => {
  await browser?.close();
  if (demo) assert.equal(await demo.stop(), 0, demo.log());
}, { timeout: 30_000 });

/** Requires that a message of chats[from] is seen by those of to, once. */
async function heard(text, from, to) {
  const server = `Server ${from + 1}`;
  for (const i of to) {
    const seen = await chats[i].sees(text, chats[from].name, server);
    assert.deepEqual(seen, { count: 1, sender: true, server: true }, `"${text}" on page ${i + 1}`);
  }
}

async function keep(i, name) {
  await mkdir(`${build}artifacts`, { recursive: true });
  await chats[i].page.screenshot({ path: `${build}artifacts/demo-${name}.png` });
}

const limits = { timeout: 60_000 };

test('each page knows its server', limits, async () => {
  for (const [i, chat] of chats.entries()) {
    await chat.page.locator('#here', { hasText: `Server ${i + 1}` }).waitFor();
    for (const number of [1, 2, 3]) await chat.server(number, 'running');
  }
});

test('a message from each is seen on all', limits, async () => {
  const texts = ['Good morning from Ann', 'Bob here, on the second server', 'Cyd says <b>hello</b> & goodbye'];
  for (const [i, text] of texts.entries()) {
    await chats[i].say(text);
    await heard(text, i, [0, 1, 2]);
  }
  assert.equal(await chats[0].page.locator('#messages b').count(), 0, 'a message is never HTML');
  await keep(0, 'everyone');
});

test('a room has members on several servers', limits, async () => {
  for (const i of [0, 2]) await chats[i].room('coffee');
  await chats[0].button('Leave coffee').waitFor();
  await chats[2].say('Coffee?');
  await heard('Coffee?', 2, [0, 2]);
  for (const i of [0, 2]) await chats[i].room('Everyone');
  await chats[2].say('Back to everyone');
  await heard('Back to everyone', 2, [0, 1, 2]);
  assert.equal(await chats[1].page.getByText('Coffee?').count(), 0, 'Bob is not in the room');
});

test('a server stops and comes back', limits, async () => {
  const [ann, bob, cyd] = chats;
  await bob.button('Stop Server 2').click();
  await bob.page.getByText('Server 2 is stopped.').waitFor();
  await bob.state('lost');
  for (const chat of chats) await chat.server(2, 'stopped');
  await keep(1, 'stopped');

  await ann.say('We carry on');
  await heard('We carry on', 0, [0, 2]);
  await cyd.say('So we do');
  await heard('So we do', 2, [0, 2]);

  await bob.button('Start it again').click();
  await bob.state('connected');
  await bob.page.locator('#notice').waitFor({ state: 'hidden' });
  await ann.say('Welcome back');
  await heard('Welcome back', 0, [0, 1, 2]);
  await bob.say('Here I am');
  await heard('Here I am', 1, [0, 1, 2]);
  assert.equal(await bob.page.getByText('We carry on').count(), 0, 'what was said meanwhile is not made up');
  await keep(1, 'back');
});

test('the terminal stops and starts a server too', limits, async () => {
  const [ann, , cyd] = chats;
  await cyd.room('coffee');
  demo.type('3');
  await cyd.page.getByText('Server 3 is stopped.').waitFor();
  await cyd.room('lounge'); // there is nobody to tell it to, yet
  demo.type('3');
  await cyd.state('connected');
  await ann.room('lounge');
  await ann.say('Anyone new?');
  await heard('Anyone new?', 0, [0, 2]);
  await cyd.room('coffee');
  await ann.room('coffee');
  await ann.say('Still in the room?');
  await heard('Still in the room?', 0, [0, 2]);
  for (const chat of [ann, cyd]) await chat.room('Everyone');
});

test('the page can be read, in light and dark and on a phone', limits, async () => {
  const sizes = { '': { width: 1180, height: 760 }, '-phone': { width: 390, height: 844 } };
  for (const [i, chat] of chats.entries()) {
    for (const colorScheme of ['light', 'dark']) {
      await chat.page.emulateMedia({ colorScheme });
      assert.deepEqual(await faint(chat.page, 4.5), [], `contrast of page ${i + 1}, ${colorScheme}`);
      for (const [tag, size] of Object.entries(sizes)) {
        await chat.page.setViewportSize(size);
        const wide = await chat.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `page ${i + 1}${tag} is ${wide} px too wide`);
        await keep(i, `${i + 1}-${colorScheme}${tag}`);
      }
    }
  }
});

test('nothing went wrong in the pages', () => {
  for (const chat of chats) assert.deepEqual(chat.faults, []);
});
