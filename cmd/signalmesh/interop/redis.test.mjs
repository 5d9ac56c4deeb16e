// Redis clients for JavaScript, unmodified, at the Redis doors of two servers: what
// they rely on in Redis holds in the mesh.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { Cluster, DOOR, HOSTS } from './cluster.mjs';
import { CLIENTS } from './door.mjs';
import { until } from './waiting.mjs';

const USER = 'hub';
const PASSWORD = 'a password of the mesh';

const [cluster, locked] = await Promise.all([
  Cluster.start({ ...DOOR, hosts: HOSTS.slice(0, 2) }),
  Cluster.start({ ...DOOR, hosts: HOSTS.slice(2), flags: ['--user', USER, '--password', PASSWORD] }),
]);
after(() => Promise.all([cluster.close(), locked.close()]));
const [one, two] = cluster.nodes;

for (const [name, connect] of Object.entries(CLIENTS)) {
  describe(name, () => {
    const open = [];
    // at connects a client to a node's door.
    const at = async (node, options) => {
      const client = await connect(node.door, options);
      open.push(client);
      return client;
    };
    let publisher, near, far; // at one, one and two
    test('connects', cluster.test(async () => {
      publisher = await at(one);
      near = await at(one);
      far = await at(two);
    }));
    after(() => Promise.all(open.map((client) => client.close())));

    const channel = (what) => `${name}:${what}`;

    test('hears the other server from the answer to SUBSCRIBE on, in order and once', cluster.test(async () => {
      const got = [];
      await far.subscribe(channel('order'), (message) => got.push(Number(message)));
      const numbers = Array.from({ length: 1_000 }, (_, i) => i);
      const counts = await Promise.all(numbers.map((i) => publisher.publish(channel('order'), String(i))));
      assert.ok(counts.every((count) => count === 1), `each is told of one subscriber: ${new Set(counts)}`);
      await until(() => got.length >= numbers.length, 5_000, `${numbers.length} messages`);
      assert.deepEqual(got, numbers);
    }));

    test('is told how many subscribers there are in the mesh', cluster.test(async () => {
      const got = [];
      const hear = (who) => (message) => got.push(`${who} ${message}`);
      // Another server's messages come after the answer to PUBLISH, other than from one Redis.
      const hears = async (...expected) => {
        await until(() => got.length >= expected.length, 5_000, `${expected}, and not only ${got}`);
        assert.deepEqual(got.splice(0).sort(), expected);
      };
      const subscribers = async () => {
        const [, count, , none] = await publisher.ask('PUBSUB', 'NUMSUB', channel('count'), channel('other'));
        assert.equal(none, 0);
        return count;
      };
      assert.equal(await publisher.publish(channel('count'), 'nobody'), 0);
      await far.subscribe(channel('count'), hear('far'));
      await near.subscribe(channel('count'), hear('near'));
      await near.psubscribe(channel('cou?t'), hear('pattern'));
      assert.equal(await subscribers(), 2);
      assert.equal(await publisher.publish(channel('count'), '1'), 3);
      await hears('far 1', 'near 1', 'pattern 1');
      await far.unsubscribe(channel('count'));
      await until(async () => await subscribers() === 1, 5_000, 'the other server to say that its client has gone');
      assert.equal(await publisher.publish(channel('count'), '2'), 2);
      await hears('near 2', 'pattern 2');
    }));

    test('keeps bytes and names as they are', cluster.test(async () => {
      const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i % 256));
      const odd = channel('a*[b]?:\r\n é');
      let got;
      await far.subscribe(odd, (message) => { got = message; });
      assert.equal(await publisher.publish(odd, bytes), 1);
      await until(() => got, 5_000, 'the message');
      assert.ok(bytes.equals(got));
    }));

    test('has sharded channels, apart from the others', cluster.test(async () => {
      const got = [];
      await far.ssubscribe(channel('shard'), (message) => got.push(String(message)));
      assert.equal(await publisher.publish(channel('shard'), 'plain'), 0);
      assert.equal(await publisher.spublish(channel('shard'), 'sharded'), 1);
      assert.deepEqual(await publisher.ask('PUBSUB', 'SHARDNUMSUB', channel('shard')), [channel('shard'), 1]);
      await until(() => got.length > 0, 5_000, 'the message');
      assert.deepEqual(got, ['sharded']);
    }));

    test('is told what the door is not for', cluster.test(async () => {
      await assert.rejects(publisher.ask('SET', 'key', 'value'), /unknown command 'SET'/);
    }));

    test('gives a password, or user and password', locked.test(async () => {
      const [door] = locked.nodes;
      for (const options of [{ password: PASSWORD }, { user: USER, password: PASSWORD }]) {
        const client = await at(door, options);
        assert.equal(await client.publish(channel('locked'), 'nobody'), 0);
      }
      await assert.rejects(at(door, { password: 'wrong' }).then((client) => client.publish('c', 'm')),
        /WRONGPASS|NOAUTH|Connection is closed/);
    }));
  });
}
