// Making elements. Text always becomes a text node: nothing here parses HTML.

/** The element of the page with that id. */
export const byId = (id) => document.getElementById(id);

/**
 * A new element. Attributes that are false are left out, and those that are true
 * are empty; functions listen to the event they are named after. Children are
 * elements or strings.
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== false) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children);
  return element;
}
