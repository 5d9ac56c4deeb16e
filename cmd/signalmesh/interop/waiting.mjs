// Waiting with an end: whatever does not happen in time is named.

import { setTimeout as delay } from 'node:timers/promises';

// within returns what promise resolves to, and fails if that takes longer than ms.
export async function within(promise, ms, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${ms} ms for ${what}`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

// until asks, again and again, whether something holds, for what tells nobody
// when it changes. It fails if that takes longer than ms.
export async function until(holds, ms, what) {
  const end = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited ${ms} ms for ${what}`);
    await delay(20);
  }
}
