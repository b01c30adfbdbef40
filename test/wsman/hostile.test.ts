import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { isConnectorError } from '../../src/errors.ts';
import { parseAnswer, parseResponse } from '../../src/wsman/responses.ts';
import { invalidShellFault } from '../../src/wsman/server-faults.ts';
import { createdXml, faultXml, parseRequest, receivedXml } from '../../src/wsman/server.ts';
import { decodeBase64 } from '../../src/wsman/encodings.ts';
import { readXml } from '../../src/xml/read-xml.ts';
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

const read = (xml: string): string => readXml(xml).text;

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

  it('around long base64 is read as it would be around short', () => {
    const long = Buffer.alloc(900, 0xab).toString('base64');
    assert.equal(read(`<a>${long}</a>`), long);
    assert.equal(read(`<a>${long}=</a>`), `${long}=`);
    assert.equal(read(`<a><!-- >${long}</ --><![CDATA[>${long}</a>]]></a>`), `>${long}</a>`);
    assert.equal(read(`<a>\ue0000\ue001<b>${long}</b></a>`), '\ue0000\ue001');
    assert.equal(read(`<a b=">${long}">${long}<!-- c -->${long}</a>`), long + long);
    for (const xml of [
      `<a b=">${long}</">x</a>`,
      `<a>${long}</b>`,
      `<a>x</a>${long}`,
      `<a>${long}`,
      `<a>x</a><b>${long}</b>`,
    ]) {
      assert.throws(
        () => read(xml),
        (error: unknown) => isConnectorError(error, 'ERR_XML_INVALID'),
        xml.slice(0, 20),
      );
    }
  });

  it('is base64 or refused, to the last character', () => {
    const valid = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
    const texts = fc.oneof(
      fc.string({ unit: fc.constantFrom('A', 'z', '0', '+', '/', '=', '-', '_', '!', 'ü'), maxLength: 12 }),
      fc.base64String({ maxLength: 40 }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        let decoded = true;
        try {
          decodeBase64(text, 'it');
        } catch (error) {
          assert.ok(isConnectorError(error, 'ERR_WSMAN_INVALID'));
          decoded = false;
        }
        assert.equal(decoded, valid.test(text), text);
      }),
      { numRuns: 2000 },
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
