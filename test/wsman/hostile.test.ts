import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { isConnectorError } from '../../src/errors.ts';
import { parseAnswer, parseResponse } from '../../src/wsman/responses.ts';
import { invalidShellFault } from '../../src/wsman/server-faults.ts';
import { createdXml, faultXml, parseRequest, receivedXml } from '../../src/wsman/server.ts';
import { createRequest } from '../../src/wsman/requests.ts';

const MESSAGE = 'uuid:61C7349F-E317-48C5-BEDA-390BDE79249E';
const ID = 'B6710E46-0287-488A-B901-D34F9F19D4DE';

/** Runs a reader and lets only our own errors pass. */
function survives(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    assert.ok(isConnectorError(error), String(error));
  }
}

const answer = { relatesTo: MESSAGE, newId: () => ID };
const origin = { clientAccessServer: 'a', backEndServer: 'b', requestId: 'c', timeStamp: 'd' };
const documents = [
  createdXml(answer, { shellId: ID, to: 'https://x/', owner: 'o', clientIp: '::1' }),
  receivedXml(answer, { streams: [{ bytes: Buffer.from('abc'), commandId: ID }], commandId: ID, commandState: 'done' }),
  faultXml(answer, invalidShellFault(origin, ID)),
  createRequest({ to: 'https://x/', sessionId: ID, newId: () => ID }, { poolId: ID, creation: Buffer.from('abc') }).xml,
];

/** A good document with a piece cut out, doubled or overwritten. */
const mutated = fc
  .tuple(
    fc.constantFrom(...documents),
    fc.nat(),
    fc.nat({ max: 60 }),
    fc.oneof(fc.string(), fc.constantFrom('<', '&', '"', '\0', '</s:Body>', '<![CDATA[', '<?x?>')),
  )
  .map(([xml, at, length, text]) => xml.slice(0, at % xml.length) + text + xml.slice((at % xml.length) + length));

describe('hostile input', () => {
  it('of random bytes ends in our own errors', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 100, max: 599 }), (body, status) => {
        survives(() => parseResponse(body, MESSAGE));
        survives(() => parseAnswer({ status, body }, MESSAGE));
        survives(() => parseRequest(Buffer.from(body).toString('latin1')));
      }),
      { numRuns: 500 },
    );
  });

  it('of damaged envelopes ends in our own errors', () => {
    fc.assert(
      fc.property(mutated, (xml) => {
        survives(() => parseResponse(xml, MESSAGE));
        survives(() => parseRequest(xml));
      }),
      { numRuns: 500 },
    );
  });

  it('with names of JavaScript is just data', () => {
    const xml = receivedXml(answer, {
      streams: [{ bytes: Buffer.from('x'), name: '__proto__', commandId: 'constructor' }],
    });
    const read = parseResponse(xml, MESSAGE);
    assert.deepEqual(read.kind === 'received' && read.streams, [
      { name: '__proto__', commandId: 'constructor', bytes: Buffer.from('x'), end: false },
    ]);
    survives(() => parseRequest(xml.replaceAll('rsp:', '__proto__:')));
    assert.equal(({} as { end?: unknown }).end, undefined);
  });
});
