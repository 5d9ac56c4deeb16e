// Unmodified Redis clients, made alike: each connects to a node's Redis door as it
// would to Redis.

import { Redis as IORedis } from 'ioredis';
import { createClient as createClient4 } from 'redis4';
import { createClient as createClient5 } from 'redis5';
import { createClient as createClient6 } from 'redis6';

// CLIENTS are the kinds of clients. Each connects to host:port, with user and
// password if there are any. `raw` is the library's own client.
export const CLIENTS = {
  'ioredis 5': ioredis,
  'node-redis 4': nodeRedis(createClient4),
  'node-redis 5, RESP2': nodeRedis(createClient5, { RESP: 2 }),
  'node-redis 5, RESP3': nodeRedis(createClient5, { RESP: 3 }),
  'node-redis 6': nodeRedis(createClient6),
};

// ioredis tells everything by events.
async function ioredis(address, { user, password } = {}) {
  const [host, port] = address.split(':');
  const raw = new IORedis({ host, port, username: user, password, lazyConnect: true, retryStrategy: null });
  raw.on('error', () => {}); // what is asked fails too
  await raw.connect();
  const heard = new Map(); // "message c" → listener
  for (const kind of ['message', 'smessage']) {
    raw.on(`${kind}Buffer`, (channel, message) => heard.get(`${kind} ${channel}`)?.(message));
  }
  raw.on('pmessageBuffer', (pattern, channel, message) => heard.get(`pmessage ${pattern}`)?.(message));
  const start = (kind, command) => async (channel, listener) => {
    heard.set(`${kind} ${channel}`, listener);
    await raw[command](channel);
  };
  return {
    raw,
    publish: (channel, message) => raw.publish(channel, message),
    spublish: (channel, message) => raw.spublish(channel, message),
    ask: (...command) => raw.call(...command),
    subscribe: start('message', 'subscribe'),
    psubscribe: start('pmessage', 'psubscribe'),
    ssubscribe: start('smessage', 'ssubscribe'),
    unsubscribe: (channel) => raw.unsubscribe(channel),
    close: () => raw.quit(),
  };
}

// nodeRedis takes a listener for each channel.
function nodeRedis(createClient, options = {}) {
  return async (address, { user, password } = {}) => {
    const [host, port] = address.split(':');
    const raw = createClient({
      socket: { host, port: Number(port), reconnectStrategy: false }, username: user, password, ...options,
    });
    raw.on('error', () => {}); // what is asked fails too
    await raw.connect();
    const asBuffers = true;
    return {
      raw,
      publish: (channel, message) => raw.publish(channel, message),
      spublish: (channel, message) => (raw.SPUBLISH ?? raw.sPublish).call(raw, channel, message),
      ask: (...command) => raw.sendCommand(command),
      subscribe: (channel, listener) => raw.subscribe(channel, listener, asBuffers),
      psubscribe: (pattern, listener) => raw.pSubscribe(pattern, listener, asBuffers),
      ssubscribe: (channel, listener) => raw.sSubscribe(channel, listener, asBuffers),
      unsubscribe: (channel) => raw.unsubscribe(channel),
      close: () => raw.quit(),
    };
  };
}
