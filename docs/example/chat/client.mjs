import { HubConnectionBuilder } from "@microsoft/signalr";

const [url, user] = process.argv.slice(2);
const chat = new HubConnectionBuilder().withUrl(url).build();
chat.on("ReceiveMessage", (from, text) => { console.log(`${from}: ${text}`); });
await chat.start();
await chat.invoke("Send", user, `hello from ${url}`);
