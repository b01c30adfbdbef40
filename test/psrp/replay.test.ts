import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { isConnectorError } from '../../src/errors.ts';
import { isAboutPsrp, readRecording } from '../../scripts/recordings/recording.ts';
import { replay } from '../../scripts/recordings/replay.ts';

const exchanges = readRecording(fileURLToPath(new URL('../fixtures/psrp/read-devices.yml', import.meta.url)));

const changed = (index: number, part: 'request' | 'response', from: string | RegExp, to: string) =>
  exchanges.map((exchange, at) =>
    at === index ? { ...exchange, [part]: (exchange[part] ?? '').replace(from, to) } : exchange,
  );
const without = (index: number) => exchanges.filter((_, at) => at !== index);

describe('replaying a conversation', () => {
  it('holds it again: opening, reading devices over several answers, a refused change, closing', () => {
    assert.equal(isAboutPsrp(exchanges), true);
    assert.deepEqual(replay(exchanges), { requests: 14, events: 10, pipelines: 2, faults: 1, dropped: 0 });
  });

  it('notices when a request means something else, or an answer is damaged', () => {
    assert.throws(() => replay(changed(1, 'request', 'WSMAN_CMDSHELL_OPTION_KEEPALIVE', 'OTHER')), /request 2: option/);
    assert.throws(
      () => replay(changed(5, 'response', /<rsp:Stream [^]*<\/rsp:Stream>/, '')),
      /request 7: Fragment|request 7: A fragment/,
    );
    assert.throws(
      () => replay(changed(2, 'response', /RelatesTo>uuid:[^<]*/, 'RelatesTo>uuid:0')),
      /request 3: The answer belongs/,
    );
    assert.throws(() => replay(without(10)), /request 11|request 13/);
  });

  it('never hangs and never throws without saying where, however the answers are damaged', () => {
    const place = fc.record({
      exchange: fc.nat(exchanges.length - 1),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      to: fc.string({ unit: 'binary', maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 3 }), (places) => {
        const damaged = exchanges.map((exchange, index) => {
          let response = exchange.response ?? '';
          for (const { exchange: which, at, to } of places) {
            if (which !== index) continue;
            const position = Math.floor(at * response.length);
            response = response.slice(0, position) + to + response.slice(position + to.length);
          }
          return { ...exchange, response };
        });
        try {
          replay(damaged);
        } catch (error) {
          assert.ok(error instanceof Error);
          assert.match(error.message, /^request \d+: /);
          assert.ok(isConnectorError(error.cause) || error.cause instanceof assert.AssertionError, String(error.cause));
        }
      }),
      { numRuns: 100 },
    );
  });
});
