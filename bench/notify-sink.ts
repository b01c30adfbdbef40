/**
 * A mail server that takes every mail and keeps none, in a process of its own: `node bench/notify-sink.ts`.
 * Its first line is JSON: the port, and the authority of its certificate.
 */
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { createCertificateAuthority } from '../src/lab/servers/certificates.ts';

const authority = await createCertificateAuthority();
const server = new SMTPServer({
  ...(await authority.issue({ names: ['localhost'], ips: ['127.0.0.1'] })),
  authMethods: ['PLAIN', 'LOGIN'],
  onAuth: (_auth, _session, answer) => answer(null, { user: 'notify' }),
  onData: (stream, _session, answer) => {
    stream.resume();
    stream.once('end', () => answer());
  },
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.server.address() as AddressInfo;
  console.log(JSON.stringify({ port, ca: authority.ca }));
});
