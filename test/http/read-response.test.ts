import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import * as fc from 'fast-check';
import { isConnectorError } from '../../src/errors.ts';
import { HttpSession } from '../../src/http/http-session.ts';
import { ResponseReader } from '../../src/http/read-response.ts';
import { startTcp } from './loopback-server.ts';

/** What came of an answer. */
interface Read {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}
type Outcome = Read | 'refused';

const OK = 'HTTP/1.1 200 OK\r\n';

/** What an answer is, and whether Node.js reads it as well where we do not. */
const ANSWERS: readonly (readonly [what: string, answer: string, ours?: 'refused'])[] = [
  ['with a length', `${OK}Content-Length: 4\r\nX-A: b\r\n\r\nbody`],
  ['with a length of nothing', `${OK}Content-Length: 0\r\n\r\n`],
  ['without a length', `${OK}X-A: b\r\n\r\nall until the end`],
  ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\nold'],
  ['without a reason', 'HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\nx'],
  ['without a blank behind its status', 'HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx'],
  ['that has no body by its status', 'HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n'],
  ['that has not changed', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n'],
  ['after one that says go on', `HTTP/1.1 100 Continue\r\n\r\n${OK}Content-Length: 1\r\n\r\nx`],
  ['after early hints', `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${OK}Content-Length: 1\r\n\r\nx`],
  ['in chunks', `${OK}Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\nA\r\n of chunks\r\n0\r\n\r\n`],
  ['in chunks with extensions', `${OK}Transfer-Encoding: Chunked\r\n\r\n1;a=b\r\nx\r\n0\r\n\r\n`],
  ['in chunks with a trailer', `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Sum: 1\r\n\r\n`],
  [
    'in several chunks with a trailer',
    `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n2\r\nyz\r\n0\r\nX-Sum: 1\r\n\r\n`,
  ],
  ['with names in any case and blanks around values', `${OK}CONTENT-length:\t 1 \t\r\nx-empty:\r\n\r\nx`],
  ['with a header twice', `${OK}X-A: 1\r\nx-a: 2\r\nServer: a\r\nServer: b\r\nContent-Length: 0\r\n\r\n`],
  ['with cookies', `${OK}Set-Cookie: a=1; path=/\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n`],
  ['with a name that objects have', `${OK}constructor: 1\r\ntoString: 2\r\nContent-Length: 0\r\n\r\n`],
  ['with letters of Latin-1', `${OK}X-A: gr\u00fc\u00df\u00a0\r\nContent-Length: 0\r\n\r\n`],
  ['that breaks off', `${OK}Content-Length: 9\r\n\r\nbody`],
  ['that breaks off in a chunk', `${OK}Transfer-Encoding: chunked\r\n\r\n9\r\nbody`],
  ['that breaks off before the last chunk', `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n`],
  ['that breaks off in its head', `${OK}Content-Len`],
  ['that is nothing', ''],
  ['of another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['of another version', 'HTTP/3.0 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ['with a status that is none', 'HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n'],
  ['with two lengths', `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\nxy`],
  ['with one length twice', `${OK}Content-Length: 1\r\nContent-Length: 1\r\n\r\nx`],
  ['with a list of lengths', `${OK}Content-Length: 1, 1\r\n\r\nx`],
  ['with a length that is no number', `${OK}Content-Length: 0x1\r\n\r\nx`],
  ['with a length below nothing', `${OK}Content-Length: -1\r\n\r\nx`],
  ['with a length and chunks', `${OK}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`],
  ['with a size that is no number', `${OK}Transfer-Encoding: chunked\r\n\r\nx\r\nx\r\n0\r\n\r\n`],
  ['with a chunk longer than it says', `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n`],
  ['with a blank in a name', `${OK}X A: 1\r\nContent-Length: 0\r\n\r\n`],
  ['with a blank behind a name', `${OK}Content-Length : 1\r\n\r\nx`],
  ['with a header without a name', `${OK}: 1\r\nContent-Length: 0\r\n\r\n`],
  ['with a header without a colon', `${OK}X-A\r\nContent-Length: 0\r\n\r\n`],
  ['with a zero byte in a header', `${OK}X-A: a\0b\r\nContent-Length: 0\r\n\r\n`],
  // A folded line is nothing that a sender may make: RFC 9112 5.2.
  ['with a folded line', `${OK}X-A: 1\r\n 2\r\nContent-Length: 0\r\n\r\n`, 'refused'],
  ['with a control character in a header', `${OK}X-A: a\x01b\r\nContent-Length: 0\r\n\r\n`, 'refused'],
  ['in an encoding of its own', `${OK}Transfer-Encoding: gzip\r\n\r\nx`, 'refused'],
  ['in two encodings', `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`, 'refused'],
];

/** As Node's own client reads it. */
function readByNode(port: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const refuse = (): void => resolve('refused');
    const outgoing = httpRequest({ host: '127.0.0.1', port, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', refuse);
      incoming.on('end', () => {
        const body = Buffer.concat(chunks).toString('latin1');
        resolve({ status: incoming.statusCode ?? 0, headers: { ...incoming.headers }, body });
      });
    });
    outgoing.on('error', refuse).end();
  });
}

async function readByUs(url: string): Promise<Outcome> {
  const session = new HttpSession({ url, allowInsecure: true });
  try {
    const { status, headers, body } = await session.request({ method: 'GET' });
    return { status, headers: { ...headers }, body: body.toString('latin1') };
  } catch (error) {
    assert.ok(isConnectorError(error));
    return 'refused';
  } finally {
    session.close();
  }
}

/** Hands over bytes whose place is used again at once. */
function takeOf(reader: ResponseReader, piece: Buffer): boolean {
  const place = Buffer.from(piece);
  const isWhole = reader.take(place);
  place.fill('?');
  return isWhole;
}

/** One answer in pieces. */
function readInPieces(pieces: readonly Buffer[], method = 'POST'): Outcome {
  const reader = new ResponseReader({ method, host: 'host', maxHeaderBytes: 1000, maxBodyBytes: 1000 });
  try {
    const isWhole = pieces.some((piece) => takeOf(reader, piece)) || reader.end();
    if (!isWhole) return 'refused';
    return { status: reader.status, headers: { ...reader.headers }, body: reader.body.toString('latin1') };
  } catch (error) {
    assert.ok(isConnectorError(error));
    return 'refused';
  }
}

describe('an answer of HTTP', () => {
  for (const [what, answer, ours] of ANSWERS) {
    it(`${what} is read as Node.js reads it${ours === undefined ? '' : ', or refused'}`, async () => {
      const server = await startTcp((socket) => socket.end(Buffer.from(answer, 'latin1')));
      try {
        assert.deepEqual(await readByUs(server.url), ours ?? (await readByNode(server.port)));
      } finally {
        await server.close();
      }
    });
  }

  it('is the same wherever it is cut', () => {
    const cuts = fc.array(fc.nat(200), { maxLength: 12 });
    fc.assert(
      fc.property(fc.constantFrom(...ANSWERS), cuts, ([, answer], at) => {
        const bytes = Buffer.from(answer, 'latin1');
        const ends = [...at.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
        const pieces = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
        assert.deepEqual(readInPieces(pieces), readInPieces([bytes]));
      }),
    );
  });

  it('takes the memory it is given as far as that goes, and more where it does not', () => {
    const room = Buffer.alloc(6, '-');
    const frame = { method: 'POST', host: 'host', maxHeaderBytes: 1000, maxBodyBytes: 1000 };
    const bodies = [
      `${OK}Content-Length: 4\r\n\r\nbody`,
      `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n`,
      `${OK}Content-Length: 8\r\n\r\na longer`,
      `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\na \r\n6\r\nlonger\r\n0\r\n\r\n`,
      `${OK}Content-Length: 0\r\n\r\n`,
    ].map((text) => {
      const reader = new ResponseReader(frame, room);
      assert.ok(reader.take(Buffer.from(text)));
      return [reader.body.toString(), reader.body.buffer === room.buffer && reader.room === room];
    });
    assert.deepEqual(bodies, [
      ['body', true],
      ['body', true],
      ['a longer', false],
      ['a longer', false],
      ['', true],
    ]);
  });

  it('to HEAD has no body, whatever it says', () => {
    assert.deepEqual(readInPieces([Buffer.from(`${OK}Content-Length: 9\r\n\r\n`)], 'HEAD'), {
      status: 200,
      headers: { 'content-length': '9' },
      body: '',
    });
  });

  it('ends at its limits, announced or not', () => {
    for (const answer of [
      `${OK}Content-Length: 1001\r\n\r\n`,
      `${OK}\r\n${'x'.repeat(1001)}`,
      `${OK}Transfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n`,
      `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n${'X-A: b\r\n'.repeat(200)}`,
      `${OK}X-A: ${'x'.repeat(1001)}`,
    ])
      assert.equal(readInPieces([Buffer.from(answer)]), 'refused', answer.slice(0, 60));
  });
});

describe('a connection', () => {
  /** Requests one after the other; connections it took. */
  async function connectionsFor(answer: string, requests = 3): Promise<number> {
    const server = await startTcp((socket) => socket.on('data', () => socket.write(answer)));
    const session = new HttpSession({ url: server.url, allowInsecure: true });
    try {
      for (let sent = 0; sent < requests; sent++)
        await session.request({ method: 'POST', body: 'x', repeatable: true });
      return server.connections.accepted;
    } finally {
      session.close();
      await server.close();
    }
  }

  it('writes the next body over one that nobody needs by then, and over no other', async () => {
    const server = await startTcp((socket) => {
      let sent = 0;
      socket.on('data', () => socket.write(`${OK}Content-Length: 5\r\n\r\nbody${++sent}`));
    });
    const session = new HttpSession({ url: server.url, allowInsecure: true });
    try {
      const bodies: Buffer[] = [];
      for (const passingBody of [true, false, true, true])
        bodies.push((await session.request({ method: 'POST', body: 'x', passingBody })).body);
      assert.deepEqual(bodies.map(String), ['body4', 'body2', 'body4', 'body4']);
    } finally {
      session.close();
      await server.close();
    }
  });

  it('is used again, unless the server says or shows that it must not be', async () => {
    for (const [answer, expected] of [
      [`${OK}Content-Length: 1\r\n\r\nx`, 1],
      [`${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`, 1],
      [`${OK}Keep-Alive: timeout=20, max=100\r\nContent-Length: 0\r\n\r\n`, 1],
      [`${OK}Keep-Alive: timeout=1\r\nContent-Length: 0\r\n\r\n`, 3],
      [`${OK}Connection: Close\r\nContent-Length: 0\r\n\r\n`, 3],
      ['HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n', 3],
      ['HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n', 1],
      [`${OK}Content-Length: 1\r\n\r\nx${OK}Content-Length: 1\r\n\r\ny`, 3],
    ] as const)
      assert.equal(await connectionsFor(answer), expected, answer);
  });
});
