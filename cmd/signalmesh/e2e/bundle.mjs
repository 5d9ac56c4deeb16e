// Copies Microsoft's browser client from npm's folder to where the demo expects it.

import { copyFile, mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const from = fileURLToPath(new URL('node_modules/@microsoft/signalr/dist/browser/signalr.min.js', import.meta.url));
const to = fileURLToPath(new URL('../../../build/demo/', import.meta.url));

await mkdir(to, { recursive: true });
await copyFile(from, `${to}signalr.min.js`);
