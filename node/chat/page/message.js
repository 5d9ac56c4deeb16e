// A message as a line of the list.

import { make } from './dom.js';

const TOGETHER = 2 * 60 * 1000; // milliseconds within which lines of one sender share a head

/**
 * The list item of a message { user, text, server, color, mine, at }, or of a
 * note { note, at } of the page itself. previous is the message above, if any.
 */
export function line(message, previous) {
  const time = make('time', { datetime: message.at.toISOString() },
    message.at.toLocaleTimeString([], { hour: 'numeric', minute: '2-digit' }));
  if (message.note) return make('li', { class: 'note' }, `${message.note} `, time);
  return make('li', { class: 'message', 'data-mine': message.mine, 'data-color': message.color, 'data-follows': follows(message, previous) },
    make('span', { class: 'avatar', 'aria-hidden': 'true' }, initial(message.user)),
    make('div', { class: 'bubble' },
      make('p', { class: 'head' },
        make('strong', {}, message.user),
        make('span', { class: 'badge', 'data-color': message.color }, message.server),
        time),
      make('p', { class: 'words' }, message.text)));
}

function follows(message, previous) {
  return previous !== undefined && previous.user === message.user && previous.server === message.server &&
    previous.mine === message.mine && message.at - previous.at < TOGETHER;
}

/** The first character of a name, as people count characters. */
function initial(name) {
  const [first] = name.trim();
  return (first ?? '?').toLocaleUpperCase();
}
