// The oldest client still in wide use: Microsoft's @aspnet/signalr 1.1.4, from
// before ASP.NET Core 3. It negotiates without a version, has no streams to the
// server, answers no questions, says no farewell, and does not reconnect by itself.

import { HttpTransportType, HubConnectionBuilder, LogLevel } from '@aspnet/signalr';
import { MessagePackHubProtocol } from '@aspnet/signalr-protocol-msgpack';

import { Client } from './client.mjs';

// connectOldest is Client.connect with that library, whose numbers for the
// transports are the same.
export function connectOldest(node, options) {
  return Client.connect(node, { ...options, build });
}

function build(url, { protocol, transport, skipNegotiation }) {
  const builder = new HubConnectionBuilder()
    .withUrl(url, { transport, skipNegotiation })
    .configureLogging(LogLevel.None);
  if (protocol === 'messagepack') builder.withHubProtocol(new MessagePackHubProtocol());
  return builder.build();
}

export { HttpTransportType };
