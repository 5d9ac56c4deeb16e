import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Record } from './record.mjs';

// at returns a record, with a clock to set. Message n is sent at 10 n ms.
function at() {
  const clock = { ms: 0 };
  return [new Record((n) => 10 * n, () => clock.ms), clock];
}

const figures = ({ away, missed, missedWhileConnected, duplicates, disordered }) =>
  ({ away, missed, missedWhileConnected, duplicates, disordered });
const NOTHING = { away: [], missed: 0, missedWhileConnected: 0, duplicates: 0, disordered: 0 };

test('a client that receives every message once has nothing to report', () => {
  const [record] = at();
  for (const n of [41, 42, 43]) record.take(n); // those before it connected do not count
  assert.deepEqual(figures(record), NOTHING);
  assert.ok(record.upTo(43));
  assert.ok(!record.upTo(44));
});

test('numbers that are skipped without a reconnect are missed while connected', () => {
  const [record] = at();
  for (const n of [1, 2, 5]) record.take(n);
  assert.deepEqual(figures(record), { ...NOTHING, missed: 2, missedWhileConnected: 2 });
});

test('numbers that are skipped between two connections are missed, and those sent later are missed while connected', () => {
  const [record, clock] = at();
  record.take(1);
  clock.ms = 15;
  record.reconnecting();
  assert.ok(!record.connected);
  clock.ms = 35; // message 3 was sent at 30, message 4 at 40
  record.reconnected();
  record.take(5);
  assert.deepEqual(figures(record), { ...NOTHING, away: [20], missed: 3, missedWhileConnected: 1 });
});

test('a message may arrive before the library reports the new connection', () => {
  const [record, clock] = at();
  record.take(1);
  record.reconnecting();
  record.take(4);
  clock.ms = 45;
  record.reconnected();
  record.take(5);
  assert.equal(record.missed, 2);
  assert.equal(record.missedWhileConnected, 0);
});

test('what arrives twice, and what arrives late, are counted apart', () => {
  const [record] = at();
  for (const n of [1, 3, 2, 3]) record.take(n);
  assert.deepEqual(figures(record), { ...NOTHING, missedWhileConnected: 1, duplicates: 1, disordered: 1 });
});

test('begin starts anew and keeps the place in the sequence', () => {
  const [record] = at();
  for (const n of [1, 3]) record.take(n);
  record.begin();
  record.take(4);
  assert.deepEqual(figures(record), NOTHING);
  record.take(4);
  assert.equal(record.duplicates, 1);
});

test('a client that was closed is not connected', () => {
  const [record] = at();
  record.take(1);
  record.closed(undefined);
  assert.ok(!record.upTo(1));
  assert.equal(record.end, 'closed by the server');
});
