import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { isConnectorError } from '../../src/errors.ts';
import { parseResponse } from '../../src/wsman/responses.ts';
import { receivedXml } from '../../src/wsman/server.ts';
import { StreamRoom, setStreamsAside } from '../../src/wsman/streams-aside.ts';

const MESSAGE = 'uuid:61C7349F-E317-48C5-BEDA-390BDE79249E';
const ID = 'B6710E46-0287-488A-B901-D34F9F19D4DE';
const answer = { relatesTo: MESSAGE, newId: () => ID };

const received = (...streams: readonly Uint8Array[]): string =>
  receivedXml(answer, { streams: streams.map((bytes) => ({ bytes, commandId: ID })), commandId: ID });

/** What an answer means, or how it is refused. */
function outcome(body: string | Uint8Array, room?: StreamRoom): unknown {
  try {
    const read = parseResponse(body, MESSAGE, room === undefined ? {} : { room });
    if (read.kind !== 'received') return read;
    return { ...read, streams: read.streams.map((stream) => ({ ...stream, bytes: [...stream.bytes] })) };
  } catch (error) {
    assert.ok(isConnectorError(error), String(error));
    return [error.code, error.message];
  }
}

const LONG = Buffer.alloc(900, 0xab);
const BASE64 = LONG.toString('base64');
const long = received(LONG, Buffer.from('short'), LONG);

/** Answers that mean the same as text and as bytes, or are refused in the same words. */
const ANSWERS: readonly (readonly [what: string, xml: string])[] = [
  ['with long and short streams', long],
  ['with a prolog', `<?xml version="1.0" encoding="utf-8"?>${long}`],
  ['with a byte order mark', `\ufeff${long}`],
  ['with a letter that is not ASCII', long.replace('stdout', 'st\u00fcdout')],
  ['with white space around base64', long.replaceAll(BASE64, `\n${BASE64}\n`)],
  ['with a character that base64 has not', long.replace(BASE64, `${BASE64.slice(0, 400)}?${BASE64.slice(401)}`)],
  ['with base64 for addresses', long.replace(BASE64, `${BASE64.slice(0, 400)}-_${BASE64.slice(402)}`)],
  ['with padding in the middle', long.replace(BASE64, `${BASE64.slice(0, 399)}=${BASE64.slice(400)}`)],
  ['with base64 that is cut off', long.replace(BASE64, BASE64.slice(0, -1))],
  ['with base64 in two texts', long.replace(BASE64, `${BASE64}<!-- c -->${BASE64}`)],
  ['with base64 before another element', long.replace(BASE64, `${BASE64}<a/>`)],
  [
    'with a stream in a comment',
    long.replace('<s:Body>', `<s:Body><!--<rsp:Stream Name="a">${BASE64}</rsp:Stream>-->`),
  ],
  ['with a stream in CDATA', long.replace(BASE64, `<![CDATA[<rsp:Stream>${BASE64}</rsp:Stream>]]>`)],
  ['with a stream in an instruction', long.replace('<s:Body>', `<s:Body><?a <rsp:Stream>${BASE64}</rsp:Stream>?>`)],
  ['with a mark of ours as its text', long.replace(BASE64, '\ue0000\ue001')],
  ['with a mark of ours by references', long.replace(BASE64, '&#xE000;0&#xE001;')],
  ['with base64 behind an empty stream', long.replace(/<rsp:Stream [^>]*>/, `$&</rsp:Stream><rsp:Stream Name="a"/>`)],
  ['with a stream of nobody', long.replace('Name="stdout" ', '')],
  ['with a stream where none belongs', long.replace('<s:Body>', `<s:Body><Stream>${BASE64}</Stream>`)],
  ['with a tag in an attribute', long.replace('Name="stdout"', 'Name="stdout>"')],
  ['with another end tag', long.replace('</rsp:Stream>', '</rsp:Strean>')],
  ['that breaks off in base64', long.slice(0, long.indexOf(BASE64) + 600)],
  ['that breaks off behind base64', long.slice(0, long.indexOf(BASE64) + BASE64.length)],
  ['with a DOCTYPE', `<!DOCTYPE a>${long}`],
  ['to another request', long.replace('61C7349F', '71C7349F')],
];

describe('the streams of an answer', () => {
  for (const [what, xml] of ANSWERS)
    it(`${what} are read from bytes as from text`, () => {
      assert.deepEqual(outcome(Buffer.from(xml)), outcome(xml));
    });

  it('in UTF-16 are read as in UTF-8', () => {
    assert.deepEqual(outcome(Buffer.from(`\ufeff${long}`, 'utf16le')), outcome(long));
  });

  it('are read from bytes as from text, of whatever length and wherever it is damaged', () => {
    const bytes = fc.integer({ min: 0, max: 70_000 }).map((length) => Buffer.alloc(length, 'a fragment of a message'));
    const pieces = ['', '<', '>', '&', '=', '-', ' ', 'A', '</rsp:Stream>', '<rsp:Stream Name="a">', BASE64, '<a/>'];
    fc.assert(
      fc.property(
        fc.array(bytes, { maxLength: 3 }),
        fc.nat(),
        fc.nat({ max: 5 }),
        fc.constantFrom(...pieces),
        (streams, where, length, text) => {
          const xml = received(...streams);
          const at = where % xml.length;
          const damaged = xml.slice(0, at) + text + xml.slice(at + length);
          assert.deepEqual(outcome(Buffer.from(damaged)), outcome(damaged));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('are decoded into memory that the next answer takes again', () => {
    const room = new StreamRoom();
    const first = parseResponse(Buffer.from(received(LONG)), MESSAGE, { room });
    assert.ok(first.kind === 'received');
    const [stream] = first.streams;
    assert.deepEqual(Buffer.from(stream?.bytes ?? []), LONG);
    const other = Buffer.alloc(900, 0xcd);
    outcome(Buffer.from(received(other)), room);
    assert.deepEqual(Buffer.from(stream?.bytes ?? []), other);
  });

  it('stay where they are in an answer that is larger than allowed', () => {
    const bytes = Buffer.from(long);
    assert.equal(setStreamsAside(bytes, new StreamRoom(), bytes.length - 1), null);
    assert.equal(setStreamsAside(bytes, new StreamRoom(), bytes.length)?.streams.length, 2);
  });
});
