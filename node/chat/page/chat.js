// The page: it wires the link to the hub, the rooms and the servers together.

import { byId } from './dom.js';
import { Link } from './link.js';
import { EVERYONE, Rooms } from './rooms.js';
import { Servers } from './servers.js';

const state = byId('state');
const name = byId('name');
const text = byId('text');
const MANY = 6; // tries after which a connection counts as lost
const ANIMALS = ['Otter', 'Heron', 'Lynx', 'Badger', 'Falcon', 'Marten', 'Wren', 'Ibex'];

let here = ''; // the name of the server this page is connected to
let online = false;
let lostAt = 0; // when the connection was lost, while it is
let tries = 0; // that failed since
const sent = []; // what this page sent and has not seen come back, as [room, text]

const servers = new Servers(refresh);
const rooms = new Rooms({
  // Without a connection nothing is to be done: the next one joins what is joined.
  join: async (room) => { if (link.connected) await attempt(`Joining ${room}`, 'JoinRoom', room); },
  leave: async (room) => { if (link.connected) await attempt(`Leaving ${room}`, 'LeaveRoom', room); },
});
const link = new Link({
  connected,
  lost,
  on: {
    ReceiveMessage: (user, words, server) => receive(EVERYONE, user, words, server),
    ReceiveRoomMessage: receive,
  },
});

async function connected() {
  try {
    here = (await link.invoke('WhoAmI')).server;
    for (const room of rooms.joined) await link.invoke('JoinRoom', room); // the connection is new, its rooms are not
  } catch {
    return; // lost again; the link is on it
  }
  if (lostAt) {
    const seconds = Math.max(1, Math.round((Date.now() - lostAt) / 1000));
    rooms.note(`Back on ${here} after ${seconds} s. What was said meanwhile is not shown here.`);
  }
  lostAt = tries = 0;
  online = true;
  refresh();
  servers.watch();
}

function lost(failed) {
  if (online) lostAt = Date.now();
  online = false;
  tries = failed;
  refresh();
  servers.watch();
}

function receive(room, user, words, server) {
  const own = user === name.value && server === here ? sent.findIndex(([r, w]) => r === room && w === words) : -1;
  if (own >= 0) sent.splice(own, 1);
  rooms.add(room, { user, text: words, server, color: servers.color(server), mine: own >= 0, at: new Date() });
}

/** Runs a hub method and tells the reader if it fails. */
async function attempt(what, method, ...args) {
  try {
    return await link.invoke(method, ...args);
  } catch (err) {
    rooms.note(`${what} failed: ${err.message}`);
    throw err;
  }
}

/** Brings everything that depends on servers and connection up to date. */
function refresh() {
  const own = servers.own;
  const label = here || own?.name || '';
  if (label) {
    byId('here').textContent = label;
    document.title = `${label} · signalmesh chat`;
    document.documentElement.dataset.color = own?.color ?? servers.color(label);
  }
  const [value, words] = condition(own);
  state.dataset.state = value;
  if (state.textContent !== words) state.textContent = words; // said once, not at every look
  byId('send').disabled = !online;
  notice(own);
}

/** The state of the connection, and the words for it. */
function condition(own) {
  if (online) return ['connected', 'Connected'];
  if (servers.silent || (own && !own.running)) return ['lost', 'Connection lost'];
  if (tries > MANY) return ['lost', 'Connection lost, still trying'];
  return here ? ['reconnecting', 'Reconnecting'] : ['connecting', 'Connecting'];
}

function notice(own) {
  if (servers.silent) {
    return show('No server answers.', 'The demo has ended, or all three are stopped. In its terminal, 1, 2 or 3 and Enter starts one.');
  }
  switch (own?.state) {
    case 'stopping':
      return show(`${own.name} is stopping.`, 'The others carry on.');
    case 'stopped':
      return show(`${own.name} is stopped.`, own.error || 'The others carry on. This page comes back by itself once it runs again.', 'Start it again');
    case 'starting':
      return show(`${own.name} is starting.`, 'This page comes back by itself.');
  }
  show('', '');
}

function show(title, words, action = '') {
  byId('notice').hidden = !title;
  for (const [id, value] of [['notice-title', title], ['notice-text', words], ['notice-action', action]]) {
    const element = byId(id);
    if (element.textContent !== value) element.textContent = value;
  }
  byId('notice-action').hidden = !action;
}

/** Connects under the name in its field. The hub takes it for the user's ID. */
function connect() {
  sessionStorage.setItem('name', name.value);
  online = false;
  refresh();
  return link.open(`/chat?user=${encodeURIComponent(name.value)}`);
}

byId('notice-action').addEventListener('click', () => servers.command(servers.own.number, 'start'));

name.addEventListener('change', () => {
  name.value = name.value.trim() || sessionStorage.getItem('name');
  if (name.value !== sessionStorage.getItem('name')) connect();
});

byId('new-room').addEventListener('submit', (event) => {
  event.preventDefault();
  const room = byId('room').value.trim().toLowerCase();
  if (room) rooms.enter(room);
  event.target.reset();
});

byId('compose').addEventListener('submit', async (event) => {
  event.preventDefault();
  const words = text.value.trim();
  const room = rooms.shown;
  if (!words || !link.connected) return;
  text.value = '';
  const entry = [room, words];
  sent.push(entry);
  try {
    if (room === EVERYONE) await attempt('Sending', 'Send', name.value, words);
    else await attempt('Sending', 'PostToRoom', room, name.value, words);
  } catch {
    const at = sent.indexOf(entry);
    if (at >= 0) sent.splice(at, 1);
    text.value ||= words; // to try again
  }
});

function open() {
  name.value = sessionStorage.getItem('name') ?? `${ANIMALS[Math.floor(Math.random() * ANIMALS.length)]} ${Math.floor(Math.random() * 90) + 10}`;
  byId('send').disabled = true;
  if (!window.signalR) {
    state.dataset.state = 'lost';
    state.textContent = 'Not connected';
    return show('Microsoft’s SignalR client is missing.', 'It comes from npm and is no part of this page. Run “make demo”, which fetches it.');
  }
  servers.watch();
  connect();
}

open();
