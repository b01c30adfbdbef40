import assert from 'node:assert/strict';
import { asConnectorError, ConnectorError } from '../src/errors.ts';

describe('an error of this package', () => {
  it('keeps of its cause what helps, and nothing that opens a door', () => {
    const inner = Object.assign(new Error('connect to https://svc:TopSecret1@proxy failed'), { code: 'ECONNRESET' });
    const library = Object.assign(new TypeError('refused client_secret=Kj8Q~x: Authorization: Bearer abcdefghijkl'), {
      cause: inner,
      request: { headers: { authorization: 'Bearer abcdefghijkl' } },
    });
    const error = new ConnectorError('ERR_GRAPH_AUTH', 'Refused.', { cause: library });
    const seen = (cause: unknown): unknown =>
      cause instanceof Error
        ? [cause.name, cause.message, Object.entries(cause), seen(cause.cause)]
        : (cause as undefined);
    assert.deepEqual(seen(error.cause), [
      'TypeError',
      'refused client_secret=*** Authorization: ***',
      [],
      ['Error', 'connect to https://***@proxy failed', [['code', 'ECONNRESET']], undefined],
    ]);
    assert.equal(/TopSecret1|Kj8Q|abcdefghijkl/.test(`${(error.cause as Error).stack}`), false);
  });

  it('keeps another error of this package as its cause', () => {
    const cause = new ConnectorError('ERR_HTTP_RESET', 'The connection broke.');
    assert.equal(new ConnectorError('ERR_GRAPH_PAGE_CHAIN', 'Page 2 failed.', { cause }).cause, cause);
  });

  it('takes the secret out of a foreign message that becomes its own', () => {
    const error = asConnectorError(new Error('password=TopSecret1 was refused'));
    assert.equal(error.message.startsWith('password=*** was refused.'), true, error.message);
  });

  it('takes causes that go round in a ring for a few of them', () => {
    const ring = new Error('again');
    ring.cause = ring;
    let cause: unknown = new ConnectorError('ERR_INTERNAL', 'Ring.', { cause: ring });
    let depth = 0;
    for (; cause instanceof Error; cause = cause.cause) depth += 1;
    assert.equal(depth, 6);
  });
});
