// A client in a web worker: each message is options of converse, and is answered
// with what came of it.

'use strict';

importScripts('/signalr-worker.js', '/signalr-messagepack.js', '/client.js');

onmessage = async ({ data }) => {
  try {
    postMessage({ result: await self.converse(data) });
  } catch ({ message }) {
    postMessage({ message });
  }
};
