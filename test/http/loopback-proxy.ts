/** A CONNECT proxy on loopback. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { loopbackCertificate } from './loopback-server.ts';

export interface ProxyLab {
  readonly url: string;
  readonly asked: { target: string | undefined; authorization: string | undefined }[];
  close(): Promise<void>;
}

/** A CONNECT proxy; `answer` overrides what it says. */
export async function startProxy(options: { secure?: boolean; answer?: string } = {}): Promise<ProxyLab> {
  const asked: ProxyLab['asked'] = [];
  const sockets = new Set<Socket>();
  const server: Server = options.secure === true ? createHttpsServer(await loopbackCertificate()) : createServer();
  server.on('connection', (socket: Socket) => void sockets.add(socket));
  server.on('connect', (request, socket: Socket) => {
    asked.push({ target: request.url, authorization: request.headers['proxy-authorization'] });
    socket.on('error', () => undefined);
    if (options.answer !== undefined) {
      socket.end(options.answer);
      return;
    }
    const [host, port] = (request.url ?? '').split(':');
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\nVia: lab\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    sockets.add(onward);
    onward.on('error', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `${options.secure === true ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      const closed = new Promise((resolve) => {
        server.close(resolve);
      });
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
