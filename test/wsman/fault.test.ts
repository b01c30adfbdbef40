import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { isConnectorError } from '../../src/errors.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { FAULT_CODES } from '../../src/wsman/fault-table.ts';
import { splitExchangePrefix, statedWaitMs, WsmanFault } from '../../src/wsman/fault.ts';
import type { Recovery } from '../../src/wsman/fault.ts';
import { parseAnswer, parseResponse } from '../../src/wsman/responses.ts';
import {
  accessDeniedFault,
  invalidCommandFault,
  invalidShellFault,
  operationTimeoutFault,
  protocolVersionFault,
  resourceUriFault,
  shellQuotaFault,
  unsupportedActionFault,
  userQuotaFault,
} from '../../src/wsman/server-faults.ts';
import { faultXml } from '../../src/wsman/server.ts';
import type { FaultAnswer } from '../../src/wsman/server.ts';

const MESSAGE = 'uuid:61C7349F-E317-48C5-BEDA-390BDE79249E';
const ID = 'B6710E46-0287-488A-B901-D34F9F19D4DE';

const origin = {
  clientAccessServer: 'EX01',
  backEndServer: 'ex02.example.com',
  requestId: '5d1d1f0a-5a0b-4b0e-8a86-0d6f0f2f6a11',
  timeStamp: '11/22/2026 9:15:00 AM',
};

/** The error of an answer. */
function errorOf(read: () => unknown): unknown {
  try {
    read();
  } catch (error) {
    return error;
  }
  return assert.fail('no error');
}

function faultOf(read: () => unknown): WsmanFault {
  const error = errorOf(read);
  assert.ok(error instanceof WsmanFault, String(error));
  return error;
}

const sent = (fault: FaultAnswer): WsmanFault =>
  faultOf(() => parseResponse(faultXml({ relatesTo: MESSAGE, newId: () => ID }, fault), MESSAGE));

function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/wsman/${name}`, import.meta.url), 'utf8').replace('{messageId}', MESSAGE);
}

const bareFault = (subcode: string): string =>
  faultXml({ relatesTo: MESSAGE, newId: () => ID }, { subcode, wsmanCode: 0, reason: 'x', machine: 'm' }).replace(
    /<f:WSManFault.*<\/f:WSManFault>/,
    '',
  );

const recoveryOf = (subcode: string): string => faultOf(() => parseResponse(bareFault(subcode), MESSAGE)).recovery;

describe('a WSMan fault', () => {
  const cases: [string, FaultAnswer, ErrorCode, Recovery, number][] = [
    ['nothing yet', operationTimeoutFault('EX01'), 'ERR_WSMAN_FAULT', 'nothing-yet', 0],
    ['a forgotten shell', invalidShellFault(origin, ID), 'ERR_WSMAN_SHELL_LOST', 'reopen', 0],
    ['a forgotten command', invalidCommandFault('EX01'), 'ERR_WSMAN_SHELL_LOST', 'reopen', 0],
    ['too many shells', shellQuotaFault(origin, 18), 'ERR_WSMAN_QUOTA', 'wait', 60_000],
    [
      'too many requests',
      userQuotaFault(origin, { requests: 120, seconds: 60, waitMs: 12_345 }),
      'ERR_WSMAN_QUOTA',
      'wait',
      12_345,
    ],
    ['no management role', accessDeniedFault(origin, 'EXAMPLE\\svc'), 'ERR_WSMAN_ACCESS_DENIED', 'fatal', 0],
    ['the wrong directory', resourceUriFault('EX01'), 'ERR_WSMAN_FAULT', 'fatal', 0],
    ['another protocol', protocolVersionFault('EX01'), 'ERR_WSMAN_FAULT', 'fatal', 0],
    ['an unknown action', unsupportedActionFault('EX01'), 'ERR_WSMAN_FAULT', 'fatal', 0],
  ];
  for (const [name, fault, code, recovery, waitMs] of cases) {
    it(`says what to do about ${name}`, () => {
      const error = sent(fault);
      assert.deepEqual([error.code, error.recovery, error.waitMs], [code, recovery, waitMs]);
      assert.equal(error.facts.wsmanCode, fault.wsmanCode);
    });
  }

  it('keeps every fact an admin needs, Exchange prefix in parts', () => {
    const error = sent(accessDeniedFault(origin, 'EXAMPLE\\<svc>'));
    assert.deepEqual(error.facts, {
      wsmanCode: 5,
      providerCode: null,
      soapCode: 'Sender',
      subcode: 'AccessDenied',
      machine: 'EX01',
      provider: 'Microsoft.Exchange',
      text: 'The user "EXAMPLE\\<svc>" isn\'t assigned to any management roles.',
      exchange: { ...origin, failureCategory: 'AuthZ-CmdletAccessDeniedException' },
    });
    assert.deepEqual(error.details, {
      fault: 'exchange-authorization',
      recovery: 'fatal',
      waitMs: 0,
      wsmanCode: 5,
      subcode: 'AccessDenied',
      text: 'The user "EXAMPLE\\<svc>" isn\'t assigned to any management roles.',
      machine: 'EX01',
      provider: 'Microsoft.Exchange',
      clientAccessServer: 'EX01',
      backEndServer: 'ex02.example.com',
      requestId: origin.requestId,
      failureCategory: 'AuthZ-CmdletAccessDeniedException',
    });
    assert.match(
      error.message,
      /^The server answered with fault 5 \(AuthZ-CmdletAccessDeniedException\): The user .* management roles\. /,
    );
  });

  it('is read whatever prefixes the server uses, down to the innermost provider', () => {
    const error = faultOf(() => parseResponse(fixture('invalid-shell-nested.xml'), MESSAGE));
    assert.deepEqual([error.code, error.recovery], ['ERR_WSMAN_SHELL_LOST', 'reopen']);
    assert.deepEqual(error.facts, {
      wsmanCode: 2150858843,
      // The signed form of the same number.
      providerCode: null,
      soapCode: 'Sender',
      subcode: 'InvalidSelectors',
      machine: 'ex01.example.com',
      provider: 'Microsoft.Exchange',
      text: 'The request for the Windows Remote Shell with ShellId 6C4E0D58-6B0C-4B6A-8E0B-8B7F0F6D2A10 failed because the shell was not found on the server.',
      exchange: { ...origin, failureCategory: 'WSMan-InvalidShellID' },
    });
  });

  it('goes by its text where Exchange uses an unrelated number', () => {
    const unrelated = { subcode: 'InternalError', wsmanCode: 2150858819, reason: 'x', machine: 'EX01' };
    const older =
      '[Server=CAS1,RequestId=1694d4e1-3f45-4ff3-bfca-7ded20aaa838,TimeStamp=10/4/2013 2:15:34 PM] Access is denied.';
    const error = sent({ ...unrelated, message: older });
    assert.deepEqual([error.code, error.recovery], ['ERR_WSMAN_ACCESS_DENIED', 'fatal']);
    assert.deepEqual(error.facts.exchange, {
      clientAccessServer: null,
      backEndServer: 'CAS1',
      requestId: '1694d4e1-3f45-4ff3-bfca-7ded20aaa838',
      timeStamp: '10/4/2013 2:15:34 PM',
      failureCategory: null,
    });
  });

  it('is fatal when nobody knows it, and may be read again when the front end lost its back end', () => {
    assert.equal(
      sent({ subcode: 'Strange', wsmanCode: 4711, reason: 'Strange things.', machine: 'm' }).recovery,
      'fatal',
    );
    const cafe =
      '[ClientAccessServer=EX01,BackEndServer=,RequestId=r,TimeStamp=t] [FailureCategory=Cafe-SendFailure] No back end.';
    assert.equal(
      sent({ subcode: 'InternalError', wsmanCode: 1, reason: 'x', message: cafe, machine: 'm' }).recovery,
      'retry-read',
    );
  });

  it('goes by its SOAP subcode where it has no number', () => {
    assert.deepEqual(
      ['TimedOut', 'AccessDenied', 'QuotaLimit', 'InvalidSelectors', 'EndpointUnavailable', 'Other'].map(recoveryOf),
      ['nothing-yet', 'fatal', 'wait', 'reopen', 'retry-read', 'fatal'],
    );
  });

  it('names a source for every number it knows', () => {
    for (const [code, rule] of FAULT_CODES) {
      assert.ok(Number.isInteger(code) && code >= 0 && code < 2 ** 32);
      assert.ok(rule.source.length > 0, rule.name);
      assert.equal(rule.waitMs !== undefined, rule.recovery === 'wait', rule.name);
    }
  });

  it('waits as long as the server says, but never longer than an hour', () => {
    assert.equal(statedWaitMs('will not be approved for at least 25 milliseconds.'), 25);
    assert.equal(statedWaitMs('for at least 999999999999 milliseconds'), 3_600_000);
    assert.equal(statedWaitMs('soon'), null);
  });

  it('leaves a text without prefix as it is', () => {
    assert.deepEqual(splitExchangePrefix(' [not a prefix] text '), { prefix: null, text: '[not a prefix] text' });
  });
});

describe('a WSMan answer', () => {
  it('is read with other prefixes, line breaks in base64 and a byte order mark', () => {
    const expected = {
      kind: 'received',
      streams: [
        {
          name: 'stdout',
          commandId: '5312EA72-F75E-409A-8950-BE4CD921563C',
          bytes: Buffer.from([0, 1, 2, 3, 4]),
          end: false,
        },
        { name: 'stderr', commandId: '5312EA72-F75E-409A-8950-BE4CD921563C', bytes: Buffer.from([]), end: true },
      ],
      commandId: '5312EA72-F75E-409A-8950-BE4CD921563C',
      commandState: 'running',
    };
    const xml = fixture('received-default-prefix.xml');
    assert.deepEqual(parseResponse(xml, MESSAGE), expected);
    assert.deepEqual(parseResponse(Buffer.from(`\ufeff${xml}`, 'utf8'), MESSAGE), expected);
    assert.deepEqual(parseResponse(Buffer.from(`\ufeff${xml}`, 'utf16le'), MESSAGE), expected);
  });

  it('is refused when it belongs to another request or to none', () => {
    const xml = fixture('received-default-prefix.xml');
    assert.ok(
      isConnectorError(
        errorOf(() => parseResponse(xml, 'uuid:OTHER')),
        'ERR_WSMAN_INVALID',
      ),
    );
    const anonymous = xml.replace(/<h:RelatesTo.*<\/h:RelatesTo>/, '');
    assert.ok(
      isConnectorError(
        errorOf(() => parseResponse(anonymous, MESSAGE)),
        'ERR_WSMAN_INVALID',
      ),
    );
  });

  const refused: [string, string, ErrorCode][] = [
    ['a web page', '<!DOCTYPE html><html><body>Sign in</body></html>', 'ERR_HTTP_NOT_EXPECTED'],
    ['a web page without doctype', ' <HTML><body>', 'ERR_HTTP_NOT_EXPECTED'],
    ['a DOCTYPE', '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', 'ERR_XML_INVALID'],
    ['half an envelope', '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>', 'ERR_XML_INVALID'],
    ['nothing', '', 'ERR_XML_INVALID'],
    ['other XML', '<a/>', 'ERR_WSMAN_INVALID'],
    ['SOAP 1.1', '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"/>', 'ERR_WSMAN_INVALID'],
    ['an undeclared prefix', '<s:Envelope/>', 'ERR_XML_INVALID'],
    ['an unknown entity', '<a>&nbsp;</a>', 'ERR_XML_INVALID'],
    ['endless depth', '<a>'.repeat(100_000), 'ERR_XML_INVALID'],
    ['too many elements', `<a>${'<b/>'.repeat(30_000)}</a>`, 'ERR_XML_INVALID'],
    ['too large a document', `<a>${' '.repeat(5 * 1024 * 1024)}</a>`, 'ERR_XML_INVALID'],
    ['damaged base64', fixture('received-default-prefix.xml').replace('AAEC', 'AA?C'), 'ERR_WSMAN_INVALID'],
    [
      'an unknown command state',
      fixture('received-default-prefix.xml').replace('CommandState/Running', 'CommandState/Odd'),
      'ERR_WSMAN_INVALID',
    ],
  ];
  for (const [name, xml, code] of refused) {
    it(`is refused when it is ${name}`, () => {
      const error = errorOf(() => parseResponse(xml, MESSAGE));
      assert.ok(isConnectorError(error, code), String(error));
    });
  }

  it('is refused when it is not text', () => {
    assert.ok(
      isConnectorError(
        errorOf(() => parseResponse(Buffer.from([0x3c, 0xff, 0xfe]), MESSAGE)),
        'ERR_XML_INVALID',
      ),
    );
  });
});

const answer = (status: number, body: string, retryAfter?: string): unknown => {
  const error = errorOf(() =>
    parseAnswer({ status, body: Buffer.from(body), retryAfter: retryAfter ?? null }, MESSAGE, {
      now: () => Date.UTC(2026, 10, 22),
    }),
  );
  assert.ok(isConnectorError(error));
  return error instanceof WsmanFault ? [error.code, error.recovery, error.waitMs] : [error.code];
};

describe('an HTTP answer to a WSMan request', () => {
  it('is read as SOAP in 200 and 500', () => {
    const xml = fixture('received-default-prefix.xml');
    assert.equal(parseAnswer({ status: 200, body: Buffer.from(xml) }, MESSAGE).kind, 'received');
    assert.deepEqual(answer(500, fixture('invalid-shell-nested.xml')), ['ERR_WSMAN_SHELL_LOST', 'reopen', 0]);
  });

  it('tells a wrong path and a web page from a server in trouble', () => {
    assert.deepEqual(answer(404, ''), ['ERR_HTTP_NOT_EXPECTED']);
    assert.deepEqual(answer(404, '<!DOCTYPE html><html>'), ['ERR_HTTP_NOT_EXPECTED']);
    assert.deepEqual(answer(200, '<html>'), ['ERR_HTTP_NOT_EXPECTED']);
    assert.deepEqual(answer(403, '<html>403</html>'), ['ERR_WSMAN_ACCESS_DENIED', 'fatal', 0]);
    assert.deepEqual(answer(500, '<html>runtime error</html>'), ['ERR_HTTP_STATUS', 'fatal', 0]);
    assert.deepEqual(answer(502, 'bad gateway'), ['ERR_HTTP_STATUS', 'retry-read', 0]);
    assert.deepEqual(answer(504, ''), ['ERR_HTTP_STATUS', 'retry-read', 0]);
    assert.deepEqual(answer(400, 'Bad Request'), ['ERR_HTTP_STATUS', 'fatal', 0]);
  });

  it('waits as Retry-After says', () => {
    assert.deepEqual(answer(503, '<html>', '7'), ['ERR_HTTP_STATUS', 'wait', 7_000]);
    assert.deepEqual(answer(429, '', 'Sun, 22 Nov 2026 00:00:30 GMT'), ['ERR_HTTP_STATUS', 'wait', 30_000]);
    assert.deepEqual(answer(503, '', 'later'), ['ERR_HTTP_STATUS', 'wait', 5_000]);
    assert.deepEqual(answer(503, ''), ['ERR_HTTP_STATUS', 'wait', 5_000]);
  });

  it('reads what Exchange says in bare text', () => {
    const text =
      '[ClientAccessServer=EX01,BackEndServer=b,RequestId=r,TimeStamp=t] [FailureCategory=WSMan-InvalidShellID] Gone.';
    assert.deepEqual(answer(400, text), ['ERR_WSMAN_SHELL_LOST', 'reopen', 0]);
    assert.deepEqual(answer(200, text), ['ERR_WSMAN_SHELL_LOST', 'reopen', 0]);
  });
});
