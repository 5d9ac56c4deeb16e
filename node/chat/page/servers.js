// The three servers of "signalmesh demo": which of them run, and the buttons that
// stop and start them. Their control endpoints are GET /demo/servers and
// POST /demo/servers/{number}/stop and …/start, on each of the servers.

import { byId, make } from './dom.js';

const CALM = 2000; // milliseconds between questions,
const BUSY = 400; // and while something is about to change
const PATIENCE = 3000; // for an answer

/**
 * What is known of the servers. changed() is called when that changes. Without
 * the endpoints there is nothing to know, and the panel stays hidden.
 */
export class Servers {
  list = [];
  silent = false; // none of them answers
  #changed;
  #own = 0; // number of the server that this page is from
  #timer = 0;
  #asking = false;
  #rows = new Map();

  constructor(changed) {
    this.#changed = changed;
  }

  /** The server that this page is from, if it is one of a demo. */
  get own() {
    return this.list.find((server) => server.number === this.#own);
  }

  /** The colour of the server of that name: its own, or one made of the name. */
  color(name) {
    const known = this.list.find((server) => server.name === name);
    if (known) return known.color;
    const colors = ['teal', 'violet', 'amber', 'blue', 'green', 'magenta'];
    let sum = 0;
    for (const c of name) sum = (sum * 31 + c.codePointAt(0)) % 65521;
    return colors[sum % colors.length];
  }

  /** Asks now, and from then on again and again. */
  async watch() {
    clearTimeout(this.#timer);
    if (this.#asking) return;
    this.#asking = true;
    const answer = await this.#ask('/demo/servers');
    this.#asking = false;
    if (answer?.status === 404 && this.list.length === 0) return; // no demo
    this.#take(answer?.ok ? await answer.json().catch(() => null) : null);
    const busy = this.silent || this.list.some((s) => s.state === 'starting' || s.state === 'stopping') || !this.#runs(this.own);
    this.#timer = setTimeout(() => this.watch(), busy ? BUSY : CALM);
  }

  /** Stops or starts a server. */
  async command(number, verb) {
    const answer = await this.#ask(`/demo/servers/${number}/${verb}`, { method: 'POST' });
    if (answer?.ok) this.#take(await answer.json().catch(() => null));
    await this.watch();
  }

  #runs(server) {
    return !server || server.state === 'running';
  }

  /** Asks the page's own server or, when that is down, one of the others. */
  async #ask(path, options = {}) {
    const others = this.list.filter((s) => s.number !== this.#own && s.running).map((s) => s.url);
    const origins = this.#runs(this.own) ? [location.origin, ...others] : [...others, location.origin];
    for (const origin of origins) {
      try {
        return await fetch(origin + path, { ...options, cache: 'no-store', signal: AbortSignal.timeout(PATIENCE) });
      } catch {
        // It does not answer. The next one may.
      }
    }
    return null;
  }

  #take(list) {
    this.silent = !list && this.list.length > 0;
    if (list) {
      this.list = list;
      this.#own ||= list.find((server) => server.self)?.number ?? 0;
    }
    this.#show();
    this.#changed();
  }

  #show() {
    byId('servers').hidden = this.list.length === 0;
    for (const server of this.list) {
      if (!this.#rows.has(server.number)) this.#rows.set(server.number, this.#row(server));
      const { row, state, button } = this.#rows.get(server.number);
      const own = server.number === this.#own;
      const verb = server.running || server.state === 'stopping' ? 'Stop' : 'Start';
      row.dataset.state = this.silent ? 'unknown' : server.state;
      state.textContent = (this.silent ? 'no answer' : server.state) + (own ? ', yours' : '');
      button.textContent = verb;
      button.setAttribute('aria-label', `${verb} ${server.name}`);
      button.disabled = this.silent || server.state === 'starting' || server.state === 'stopping';
    }
  }

  /** The row of a server. It is made once, so that its button keeps the focus. */
  #row({ number, name, url, color }) {
    const state = make('span', { class: 'doing' });
    const button = make('button', {
      type: 'button',
      click: () => this.command(number, this.list.find((s) => s.number === number).running ? 'stop' : 'start'),
    });
    const link = make('a', { href: url, target: '_blank', rel: 'noopener', title: `Open ${name} in a new tab` }, name);
    const row = make('li', { 'data-color': color, 'data-number': String(number) }, make('span', { class: 'dot' }), link, state, button);
    byId('server-list').append(row);
    return { row, state, button };
  }
}
