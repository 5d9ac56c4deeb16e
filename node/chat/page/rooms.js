// The rooms: which there are, which are joined, and what was said in them.

import { byId, make } from './dom.js';
import { line } from './message.js';

/** The name of what is no room: the audience of everyone. */
export const EVERYONE = '';

const PRESET = ['lounge', 'engineering', 'coffee'];
const KEPT = 500; // lines of each room
const STORED = 'rooms';

/** The rooms and the list of messages of the one that is shown. */
export class Rooms {
  shown = EVERYONE;
  #rooms = new Map(); // name to { joined, unread, lines, row }
  #commands;
  #follows = true; // the last message is in view, and is to stay there

  /** commands are join(room) and leave(room), asynchronous. */
  constructor(commands) {
    this.#commands = commands;
    const joined = JSON.parse(sessionStorage.getItem(STORED) ?? '[]');
    for (const name of [EVERYONE, ...PRESET, ...joined]) this.#room(name);
    for (const name of [EVERYONE, ...joined]) {
      this.#room(name).joined = true;
      this.#mark(name);
    }
    this.show(EVERYONE);
    const scroll = byId('scroll');
    scroll.addEventListener('scroll', () => {
      this.#follows = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
    });
    new ResizeObserver(() => this.#follow()).observe(scroll);
  }

  get joined() {
    return [...this.#rooms.keys()].filter((name) => name !== EVERYONE && this.#rooms.get(name).joined);
  }

  /** Shows a room and joins it if need be. What is sent meanwhile goes out after. */
  async enter(name) {
    const room = this.#room(name);
    const joins = !room.joined;
    room.joined = true;
    this.show(name);
    if (!joins) return;
    try {
      await this.#commands.join(name);
    } catch {
      room.joined = false; // the reader has been told why
      this.#mark(name);
    }
    this.#store();
  }

  async #leave(name) {
    await this.#commands.leave(name);
    const room = this.#room(name);
    room.joined = false;
    room.unread = 0;
    this.#store();
    if (this.shown === name) this.show(EVERYONE);
    else this.#mark(name);
    room.row.querySelector('button').focus(); // the one pressed is gone
  }

  /** Adds a message to a room, as of message.js. */
  add(name, message) {
    const room = this.#room(name);
    room.lines.push(message);
    if (room.lines.length > KEPT) room.lines.shift();
    if (name === this.shown) this.#append(message, room.lines.at(-2));
    else room.unread++;
    this.#mark(name);
  }

  /** Adds a line of the page's own to the room that is shown. */
  note(text) {
    this.add(this.shown, { note: text, at: new Date() });
  }

  show(name) {
    const before = this.shown;
    this.shown = name;
    const room = this.#room(name);
    room.unread = 0;
    this.#follows = true;
    byId('messages').replaceChildren();
    let previous;
    for (const message of room.lines) {
      this.#append(message, previous);
      previous = message;
    }
    this.#mark(before);
    this.#mark(name);
    byId('title').textContent = name === EVERYONE ? 'Everyone' : `# ${name}`;
    byId('about').textContent = name === EVERYONE ? 'All clients of all servers' : 'Its members, whichever server they are on';
    byId('text').placeholder = `Message to ${name === EVERYONE ? 'everyone' : name}`;
  }

  /** Shows the last message, unless the reader has scrolled up. */
  #follow() {
    if (this.#follows) byId('scroll').scrollTop = byId('scroll').scrollHeight;
  }

  #append(message, previous) {
    const list = byId('messages');
    list.append(line(message, previous));
    if (list.childElementCount > KEPT) list.firstElementChild.remove();
    if (message.mine) this.#follows = true;
    this.#follow();
  }

  #room(name) {
    let room = this.#rooms.get(name);
    if (!room) {
      room = { joined: false, unread: 0, lines: [], row: this.#row(name) };
      this.#rooms.set(name, room);
      this.#mark(name);
    }
    return room;
  }

  #row(name) {
    const open = make('button', { type: 'button', class: 'room', click: () => this.enter(name) },
      make('span', { class: 'name' }, name === EVERYONE ? 'Everyone' : `# ${name}`),
      make('span', { class: 'more' }));
    const row = make('li', {}, open);
    if (name !== EVERYONE) {
      row.append(make('button', {
        type: 'button', class: 'leave', 'aria-label': `Leave ${name}`, title: `Leave ${name}`,
        click: () => this.#leave(name).catch(() => {}),
      }, '×'));
    }
    byId('room-list').append(row);
    return row;
  }

  /** Brings the row of a room up to date. */
  #mark(name) {
    const { joined, unread, row } = this.#room(name);
    row.dataset.joined = String(joined);
    row.dataset.unread = String(unread > 0);
    const open = row.querySelector('.room');
    if (name === this.shown) open.setAttribute('aria-current', 'true');
    else open.removeAttribute('aria-current');
    const count = unread > 99 ? '99+' : String(unread);
    row.querySelector('.more').replaceChildren(...(!joined ? ['Join'] : unread > 0
      ? [make('span', { class: 'count' }, count, make('span', { class: 'unseen' }, ' unread'))] : []));
    const leave = row.querySelector('.leave');
    if (leave) leave.hidden = !joined;
  }

  #store() {
    sessionStorage.setItem(STORED, JSON.stringify(this.joined));
  }
}
