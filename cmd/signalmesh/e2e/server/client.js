// What a page, or a worker, does with a hub. Options are url, transport (its name),
// protocol, token, and those of withUrl.

'use strict';

self.connect = async ({ url, transport, protocol, token, ...more }) => {
  const builder = new signalR.HubConnectionBuilder()
    .withUrl(url, {
      transport: signalR.HttpTransportType[transport],
      accessTokenFactory: token === undefined ? undefined : () => token,
      ...more,
    })
    .configureLogging(signalR.LogLevel.None);
  if (protocol === 'messagepack') builder.withHubProtocol(new signalR.protocols.msgpack.MessagePackHubProtocol());
  const connection = builder.build();
  await connection.start();
  return connection;
};

// converse does everything once and returns what came of it.
self.converse = async (options) => {
  const connection = await self.connect(options);
  const heard = new Promise((resolve) => { connection.on('hear', resolve); });
  const who = await connection.invoke('WhoAmI');
  const echo = await connection.invoke('Echo', { text: '部屋 <&>', list: [1, null, true] });
  const error = await connection.invoke('Fail').catch(({ message }) => message);
  const count = await new Promise((resolve, reject) => {
    let items = 0;
    connection.stream('Count', 200).subscribe({ next: () => { items++; }, complete: () => resolve(items), error: reject });
  });
  const subject = new signalR.Subject();
  const sum = connection.invoke('Sum', subject);
  for (let i = 1; i <= 10; i++) subject.next(i);
  subject.complete();
  await connection.invoke('Tell', 'everybody');
  const result = { who, echo, error, count, sum: await sum, heard: await heard };
  await connection.stop();
  return result;
};

// watch begins a stream without end, and returns when some of it has come.
self.watch = async (options) => {
  const connection = await self.connect(options);
  await new Promise((resolve, reject) => {
    connection.stream('Ticks').subscribe({ next: (i) => { if (i === 5) resolve(); }, complete: reject, error: reject });
  });
};
