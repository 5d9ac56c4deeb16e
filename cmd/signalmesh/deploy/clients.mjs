// Microsoft's clients behind load balancers, and a publisher that numbers its messages.
//
// Each line of standard input is a command in JSON, and is answered with one line: the
// result, or {"error": "…"}. The process ends with its standard input.
//
//   {"do":"connect","publisher":"http://…/chat","rate":20,"clients":30,
//    "balancers":[{"name":"haproxy, plain","url":"http://…/chat"}]}
//   {"do":"begin"}                starts all accounts anew
//   {"do":"settle","ms":45000}    waits until every client has caught up; returns the accounts
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

import { Record } from './record.mjs';

// The suite uses the client that the interop tests install.
const require = createRequire(new URL('../interop/', import.meta.url));
const { HttpTransportType, HubConnectionBuilder, LogLevel } = require('@microsoft/signalr');

const TRANSPORTS = ['WebSockets', 'ServerSentEvents', 'LongPolling'];
const records = [];
const warnings = new Map(); // of the clients' logs: text to count
const sent = [0]; // when message n was sent
let failure; // why a message was not accepted

// logger counts the warnings of the clients of one balancer.
const logger = (balancer) => ({
  log(level, message) {
    if (level < LogLevel.Warning) return;
    const text = `${balancer}: ${message}`.slice(0, 300);
    warnings.set(text, (warnings.get(text) ?? 0) + 1);
  },
});

// join connects a client through a balancer and opens its account.
async function join(balancer, transport) {
  const connection = new HubConnectionBuilder()
    .withUrl(balancer.url, { transport: HttpTransportType[transport] })
    .withAutomaticReconnect()
    .configureLogging(logger(balancer.name))
    .build();
  const record = new Record((n) => sent[n], () => performance.now());
  Object.assign(record, { balancer: balancer.name, transport });
  connection.on('ReceiveMessage', (_user, text) => record.take(Number(text)));
  connection.onreconnecting(() => record.reconnecting());
  connection.onreconnected(() => record.reconnected());
  connection.onclose((err) => record.closed(err));
  await connection.start();
  records.push(record);
}

// publish sends numbered messages to all clients, rate of them a second.
async function publish(url, rate) {
  const connection = new HubConnectionBuilder().withUrl(url).configureLogging(LogLevel.None).build();
  connection.onclose((err) => { failure = `the publisher's connection ended: ${err?.message}`; });
  await connection.start();
  setInterval(() => {
    sent.push(performance.now());
    connection.invoke('Send', 'publisher', String(sent.length - 1))
      .catch((err) => { failure ??= `a message was not accepted: ${err.message}`; });
  }, 1000 / rate);
}

async function connect({ publisher, rate, clients, balancers }) {
  await publish(publisher, rate);
  for (let i = 0; i < clients; i++) { // one for each balancer at a time
    // A balancer that counts connections gives every third client to the same server.
    // Each server shall have clients of all transports.
    const transport = TRANSPORTS[(i + Math.floor(i / TRANSPORTS.length)) % TRANSPORTS.length];
    await Promise.all(balancers.map((balancer) => join(balancer, transport)));
  }
  return {};
}

function begin() {
  for (const record of records) record.begin();
  warnings.clear();
  return {};
}

// reached returns when check is true of all records, or at the time end. Changes are
// reported to many callbacks, so the check is repeated at short intervals.
async function reached(end, check) {
  while (!records.every((record) => record.end || check(record)) && performance.now() < end) await delay(10);
}

async function settle({ ms }) {
  const end = performance.now() + ms;
  await reached(end, (record) => record.connected);
  const target = sent.length + 2; // of messages that are yet to be sent
  await reached(end, (record) => record.upTo(target));
  if (failure) throw new Error(failure);
  return {
    clients: records.map((record) => ({
      balancer: record.balancer,
      transport: record.transport,
      away: record.away,
      missed: record.missed,
      missedWhileConnected: record.missedWhileConnected,
      duplicates: record.duplicates,
      disordered: record.disordered,
      closed: record.end ?? '',
      settled: record.upTo(target),
    })),
    warnings: Object.fromEntries(warnings),
  };
}

const commands = { connect, begin, settle };
for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const command = JSON.parse(line);
    answer = await commands[command.do](command);
  } catch (err) {
    answer = { error: err.message };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
