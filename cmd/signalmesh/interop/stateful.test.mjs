// Stateful reconnect: the link between a client and its server is cut, again and
// again, in the middle of traffic in both directions.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { Subject } from '@microsoft/signalr';

import { Client, PROTOCOLS, stopAll } from './client.mjs';
import { Cluster, DIALOGUE, HOSTS } from './cluster.mjs';
import { Proxy } from './proxy.mjs';
import { until, within } from './waiting.mjs';

// MORE is how many messages go each way between two cuts, at least, and AWAY how
// long the network is gone, where it is, in milliseconds.
const MORE = 100;
const AWAY = 2_000;

// CUTS are the ways in which a link is lost.
const CUTS = {
  'is reset': (proxy) => proxy.reset(),
  'ends without a close frame': (proxy) => proxy.end(),
  'is gone for seconds': async (proxy) => {
    proxy.down();
    proxy.reset();
    await delay(AWAY);
    proxy.up();
  },
  'swallows everything for a while, and then breaks for the client only': async (proxy) => {
    proxy.swallow();
    await delay(AWAY / 4);
    proxy.forsake();
  },
};

const below = (n) => Array.from({ length: n }, (_, i) => i);

// A Talker sends numbered messages, whatever happens, until it is stopped.
class Talker {
  sent = 0;
  #stopped = false;
  #done;

  constructor(say) { this.#done = this.#run(say); }

  async #run(say) {
    while (!this.#stopped) {
      await say(`${this.sent++}`);
      await delay(1);
    }
  }

  async stop() {
    this.#stopped = true;
    await within(this.#done, 10_000, 'what was said last to be sent');
  }
}

for (const hosts of [HOSTS.slice(0, 1), HOSTS.slice(0, 2)]) {
  describe(`stateful reconnect, ${hosts.length} server(s)`, async () => {
    const cluster = await Cluster.start({ ...DIALOGUE, hosts, flags: ['--stateful-reconnect'] });
    after(() => cluster.close());

    for (const protocol of PROTOCOLS) {
      test(`nothing is lost or repeated, ${protocol}`, cluster.test(async () => {
        const proxy = await Proxy.open(cluster.nodes[0]);
        const before = await cluster.nodes[0].metric('stateful_reconnects_total');
        const roamer = await Client.connect(cluster.nodes[0], { protocol, stateful: true, through: proxy, user: 'roamer' });
        const others = await Promise.all(cluster.nodes.map((node) => Client.connect(node)));
        await roamer.invoke('Join', 'red');

        // Each of the others sends to it, as group and as user in turns; it sends to
        // the first of them, and calls its server.
        const heard = (from) => roamer.inbox.filter(([text]) => text.startsWith(from));
        const answers = [];
        let failure; // the first
        const failed = (err) => { failure ??= err; };
        const talkers = [
          ...others.map((other, i) => new Talker((n) => (n % 2
            ? other.send('SendGroup', 'red', `${i}:${n}`)
            : other.send('SendUser', 'roamer', `${i}:${n}`)))),
          new Talker((n) => { roamer.send('SendClient', others.at(-1).id, n).catch(failed); }),
          new Talker((n) => {
            answers.push(roamer.pour('EchoText', n));
            answers.at(-1).catch(failed);
          }),
        ];
        const progress = async (what) => {
          const goals = others.map((_, i) => heard(`${i}:`).length + MORE);
          const goal = others.at(-1).inbox.length + MORE;
          await until(() => {
            if (failure) throw new Error(`${what}: ${failure.message}`);
            return others.at(-1).inbox.length >= goal && goals.every((n, i) => heard(`${i}:`).length >= n);
          }, 20_000, `messages each way after the link ${what}`);
        };
        await progress('was made');
        for (const [what, cut] of [...Object.entries(CUTS), ...Object.entries(CUTS)]) {
          await cut(proxy);
          await progress(what);
        }
        await Promise.all(talkers.map((talker) => talker.stop()));

        const counted = talkers.map(({ sent }) => below(sent).map(String));
        await until(() => others.every((_, i) => heard(`${i}:`).length >= counted[i].length)
          && others.at(-1).inbox.length >= counted.at(-2).length, 10_000, 'the rest');
        others.forEach((_, i) => assert.deepEqual(heard(`${i}:`).map(([text]) => text.slice(2)), counted[i]));
        assert.deepEqual(others.at(-1).inbox.map(([text]) => text), counted.at(-2));
        assert.deepEqual(await within(Promise.all(answers), 10_000, 'all answers'), counted.at(-1));
        assert.equal((await roamer.invoke('WhoAmI')).connectionId, roamer.id);
        assert.equal(await cluster.nodes[0].metric('stateful_reconnects_total') - before, 2 * Object.keys(CUTS).length);
        await stopAll([roamer, ...others]);
        await proxy.close();
      }));

      test(`streams go on, ${protocol}`, cluster.test(async () => {
        const ITEMS = 5_000;
        const proxy = await Proxy.open(cluster.nodes[0]);
        const roamer = await Client.connect(cluster.nodes[0], { protocol, stateful: true, through: proxy });
        const numbers = roamer.subscribe('Count', ITEMS);
        const subject = new Subject();
        const sum = roamer.invoke('Sum', subject);
        let up = 0;
        const feeder = new Talker(() => { subject.next(up++); });
        for (const cut of Object.values(CUTS)) {
          const goal = up + MORE;
          await until(() => up >= goal, 10_000, 'a part of the upload');
          await cut(proxy);
          await roamer.invoke('Echo', 'back');
        }
        await feeder.stop();
        subject.complete();
        assert.equal(await sum, (up * (up - 1)) / 2);
        await numbers.ended();
        assert.deepEqual(numbers.items, below(ITEMS));
        await roamer.stop();
        await proxy.close();
      }));
    }
  });
}

describe('stateful reconnect that fails', async () => {
  const cluster = await Cluster.start({
    ...DIALOGUE, hosts: HOSTS.slice(0, 2), flags: ['--stateful-reconnect', '--stateful-gap', '500ms'],
  });
  after(() => cluster.close());
  const [node, elsewhere] = cluster.nodes;

  for (const protocol of PROTOCOLS) {
    test(`who comes back too late is a new connection, ${protocol}`, cluster.test(async () => {
      const proxy = await Proxy.open(node);
      const roamer = await Client.connect(node, { protocol, stateful: true, reconnect: true, through: proxy });
      const watcher = await Client.connect(elsewhere);
      await roamer.invoke('Join', 'red');
      const left = within(new Promise((resolve) => {
        watcher.on('left', (who, why) => { if (who === roamer.id) resolve(why); });
      }), 10_000, 'the end of the connection');
      const again = roamer.again();
      proxy.down();
      proxy.reset();
      assert.equal(await left, '', 'an end in order');
      proxy.up();
      const id = await again;
      assert.notEqual(id, roamer.id);
      await watcher.invoke('SendGroup', 'red', 'nobody');
      await watcher.invoke('SendClient', id, 'back');
      await roamer.has(1);
      assert.deepEqual(roamer.inbox, [['back']]);

      proxy.reset(); // the new connection has it too
      await watcher.invoke('SendClient', id, 'and again');
      await roamer.has(2);
      assert.deepEqual(roamer.inbox, [['back'], ['and again']]);
      assert.equal((await roamer.invoke('WhoAmI')).connectionId, id);
      await stopAll([roamer, watcher]);
      await proxy.close();
    }));
  }

  // That is the client's doing: it opens a socket, and gives it up unused. It is
  // silent long enough for Node.js to have closed what it negotiated over.
  test('who waits for a silent server in vain is a new connection', cluster.test(async () => {
    const proxy = await Proxy.open(node);
    const roamer = await Client.connect(node, { stateful: true, reconnect: true, through: proxy, serverTimeout: 6_000 });
    const again = roamer.again();
    await roamer.invoke('SendCaller', 'hello');
    await roamer.has(1);
    proxy.swallow();
    assert.notEqual(await again, roamer.id);
    await roamer.stop();
    await proxy.close();
  }));

  test('who is aborted is closed at once, and for good', cluster.test(async () => {
    const roamer = await Client.connect(node, { stateful: true, reconnect: true });
    const ended = roamer.ended();
    await roamer.send('Abort');
    await ended;
  }));

  test('who stops has left at once', cluster.test(async () => {
    const roamer = await Client.connect(node, { stateful: true });
    const watcher = await Client.connect(elsewhere);
    const left = within(new Promise((resolve) => {
      watcher.on('left', (who, why) => { if (who === roamer.id) resolve(why); });
    }), 400, 'the end of the connection');
    await roamer.stop();
    assert.equal(await left, '');
    await watcher.stop();
  }));

  test('a server that leaves sends its clients off', cluster.test(async () => {
    const roamer = await Client.connect(node, { stateful: true, reconnect: true });
    const again = roamer.again();
    again.catch(() => {}); // it may be late before it is awaited
    await node.stop();
    await node.start();
    assert.notEqual(await again, roamer.id);
    await roamer.stop();
  }));
});
