// The chat page as a person uses it.

/** Opens the page at url under a name, once it is connected. It has a window of its own. */
export async function openChat(browser, url, name) {
  const page = await browser.newPage({ viewport: { width: 1180, height: 760 } });
  const faults = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (entry) => {
    if (/Content Security Policy/.test(entry.text())) faults.push(entry.text());
  });
  await page.addInitScript((given) => sessionStorage.setItem('name', sessionStorage.getItem('name') ?? given), name);
  await page.goto(url);
  const chat = {
    page,
    name,
    faults,
    /** Waits for the state of the connection to be so. */
    state: (value) => page.locator(`#state[data-state="${value}"]`).waitFor(),
    /** Waits for a server to be so, as this page sees it. */
    server: (number, value) => page.locator(`#server-list [data-number="${number}"][data-state="${value}"]`).waitFor(),
    button: (label) => page.getByRole('button', { name: label, exact: true }),
    room: (label) => page.locator('.room', { hasText: label }).click(),
    /** Writes a message. */
    async say(text) {
      await page.getByLabel('Message', { exact: true }).fill(text);
      await chat.button('Send').click();
    },
    /** Waits for a message, once, from the sender on the server. */
    async sees(text, sender, server) {
      const message = page.locator('.message', { hasText: text });
      await message.waitFor();
      return {
        count: await message.count(),
        sender: await message.locator('strong').textContent() === sender,
        server: await message.locator('.badge').textContent() === server,
      };
    },
  };
  await chat.state('connected');
  return chat;
}
