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
  runspaceBudgetFault,
  runspaceLimitFault,
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

  it('waits in whatever unit the server names', () => {
    const waits = [
      ['Please wait for 7 seconds.', 7_000],
      ['Please wait for 1 second.', 1_000],
      ['Please wait for 1500 milliseconds.', 1_500],
      ['Please wait 250 ms.', 250],
      ['Please wait for 2.5 seconds.', 2_500],
      ['Please wait for 3 minutes.', 180_000],
      ['Please wait for 99999 seconds.', 3_600_000],
      ['The load quota of 9 requests per 60 seconds has been exceeded.', null],
      ['Please wait for a while.', null],
    ] as const;
    assert.deepEqual(
      waits.map(([text]) => statedWaitMs(text)),
      waits.map(([, ms]) => ms),
    );
  });

  it('leaves a text without prefix as it is', () => {
    for (const text of ['[not a prefix] text', '[color=red] text', '[RequestId] text', '[FailureCategory=unfinished'])
      assert.deepEqual(splitExchangePrefix(` ${text} `), { prefix: null, text });
  });

  it('is taken apart whatever groups stand before its text, in any order, with blanks between or without', () => {
    const none = { clientAccessServer: null, backEndServer: null, requestId: null, timeStamp: null };
    const cases = [
      [
        '[Server=CAS3,RequestId=r1,TimeStamp=3/4/2027 1:02:03 AM][AuthZRequestId=a1][FailureCategory=AuthZ-X]Text.',
        {
          ...none,
          backEndServer: 'CAS3',
          requestId: 'r1',
          timeStamp: '3/4/2027 1:02:03 AM',
          failureCategory: 'AuthZ-X',
        },
      ],
      ['[AuthZRequestId=a2] [FailureCategory=Y] Text.', { ...none, requestId: 'a2', failureCategory: 'Y' }],
      [
        '[FailureCategory=Cafe-Z]\n[BackEndServer=be.example.com] Text.',
        { ...none, backEndServer: 'be.example.com', failureCategory: 'Cafe-Z' },
      ],
      [
        '[ClientAccessServer=EX9][BackEndServer=ex8,RequestId=r3][TimeStamp=22.11.2026, 09:15:00][New=1][FailureCategory=Z] Text.',
        {
          clientAccessServer: 'EX9',
          backEndServer: 'ex8',
          requestId: 'r3',
          timeStamp: '22.11.2026, 09:15:00',
          failureCategory: 'Z',
        },
      ],
    ] as const;
    for (const [text, prefix] of cases) assert.deepEqual(splitExchangePrefix(text), { prefix, text: 'Text.' });
  });

  const GROUPS = ['parted', 'joined', 'older', 'bare', 'none'] as const;
  it('that there are too many runspaces is a quota, whatever groups, category or number stand with it', () => {
    for (const groups of GROUPS) {
      for (const category of [
        'AuthZ-AuthorizationException',
        'AuthZ-CmdletAccessDeniedException',
        'Cafe-SendFailure',
      ]) {
        for (const wsmanCode of [5, 2150858843, 2150858819, 4711]) {
          const form = { groups, category, wsmanCode };
          const limit = sent(runspaceLimitFault(origin, { ...form, maximum: 7 }));
          assert.deepEqual(
            [limit.code, limit.recovery, limit.waitMs, limit.details['fault']],
            ['ERR_WSMAN_QUOTA', 'wait', 60_000, 'max-shells'],
          );
          const budget = sent(runspaceBudgetFault(origin, { ...form, wait: '11 seconds' }));
          assert.deepEqual(
            [budget.code, budget.recovery, budget.waitMs, budget.details['fault']],
            ['ERR_WSMAN_QUOTA', 'wait', 11_000, 'user-load'],
          );
        }
      }
    }
  });

  it('knows the same refusal by other words', () => {
    const refusals = [
      ['The policy party PowerShellMaxConcurrency allows no more.', 'max-shells'],
      [
        'you have exceeded the maximum number of connections allowed: 9 for the policy party : MaxTenantConcurrency',
        'max-shells',
      ],
      [
        'Fail to create runspace because you have exceeded your budget to create runspace. Please wait for 900 milliseconds.',
        'user-load',
      ],
    ];
    for (const [message = '', name] of refusals) {
      const fault = { subcode: 'AccessDenied', wsmanCode: 5, reason: 'Access is denied. ', message, machine: 'EX01' };
      assert.equal(sent(fault).details['fault'], name, message);
    }
  });

  it('of the wrong port or directory says which are the right ones', () => {
    assert.match(sent(resourceUriFault('EX01')).message, /port 443.*\/PowerShell\//);
  });

  it('of a server short of memory or without its domain controller may be read again', () => {
    for (const wsmanCode of [8, 14, 1722, 1726, 2147942414, 2147944122, 2150858770]) {
      const error = sent({ subcode: 'InternalError', wsmanCode, reason: 'x', machine: 'm' });
      assert.deepEqual([error.code, error.recovery], ['ERR_WSMAN_FAULT', 'retry-read'], String(wsmanCode));
    }
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

  const XHTML =
    '\ufeff<?xml version="1.0" encoding="UTF-8"?>\n<!-- front --><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" "xhtml11.dtd">\n' +
    '<html xmlns="http://www.w3.org/1999/xhtml"><body>Busy&nbsp;now</body></html>';
  const BODIES = {
    html: '<!DOCTYPE html><html><body>later</body></html>',
    upper: '<HTML><HEAD></HEAD></HTML>',
    xhtml: XHTML,
    'xhtml without DOCTYPE': '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>',
    text: 'upstream connect error',
    empty: '',
    'other XML': '<?xml version="1.0"?><error><code>503</code></error>',
    'half an envelope': '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>',
    'unknown fault': faultXml(
      { relatesTo: MESSAGE, newId: () => ID },
      { subcode: 'InternalError', wsmanCode: 4711, reason: 'Strange things.', machine: 'm' },
    ),
    'unknown Exchange text': '[ClientAccessServer=EX01,BackEndServer=b] [FailureCategory=New-Thing] Strange things.',
  };

  for (const [kind, body] of Object.entries(BODIES)) {
    it(`that says "later" is obeyed with ${kind} under it`, () => {
      assert.deepEqual(
        [408, 429, 502, 503, 504].map((status) => answer(status, body)),
        [
          ['ERR_HTTP_STATUS', 'retry-read', 0],
          ['ERR_HTTP_STATUS', 'wait', 5_000],
          ['ERR_HTTP_STATUS', 'retry-read', 0],
          ['ERR_HTTP_STATUS', 'wait', 5_000],
          ['ERR_HTTP_STATUS', 'retry-read', 0],
        ],
      );
      for (const status of [408, 429, 502, 503, 504]) {
        const [code, , waitMs] = answer(status, body, '13') as [string, string, number];
        assert.deepEqual([code, waitMs], ['ERR_HTTP_STATUS', 13_000]);
        assert.deepEqual((answer(status, body, 'Sun, 22 Nov 2026 00:00:41 GMT') as unknown[])[2], 41_000);
        assert.deepEqual((answer(status, body, '999999') as unknown[])[2], 3_600_000);
      }
    });
  }

  it('that is 500 without SOAP may be read again, and is no refusal', () => {
    for (const kind of ['html', 'upper', 'xhtml', 'text', 'empty', 'other XML'] as const)
      assert.deepEqual(answer(500, BODIES[kind]), ['ERR_HTTP_STATUS', 'retry-read', 0], kind);
  });

  it('that is final is final in XHTML too', () => {
    assert.deepEqual(answer(403, XHTML), ['ERR_WSMAN_ACCESS_DENIED', 'fatal', 0]);
    assert.deepEqual(answer(404, XHTML), ['ERR_HTTP_NOT_EXPECTED']);
    assert.deepEqual(answer(200, XHTML), ['ERR_HTTP_NOT_EXPECTED']);
    assert.deepEqual(answer(400, XHTML), ['ERR_HTTP_NOT_EXPECTED']);
  });

  it('goes by what is said in SOAP where that is known, whatever the status', () => {
    for (const status of [200, 500, 502, 503, 504])
      assert.deepEqual(answer(status, fixture('invalid-shell-nested.xml')), ['ERR_WSMAN_SHELL_LOST', 'reopen', 0]);
  });

  it('has its recovery in one place: what the error says is what its details say', () => {
    for (const status of [403, 408, 429, 500, 502, 503, 504]) {
      const error = faultOf(() => parseAnswer({ status, body: Buffer.from('') }, MESSAGE));
      assert.deepEqual([error.details['recovery'], error.details['waitMs']], [error.recovery, error.waitMs]);
    }
  });

  it('was begun with or not: only a server that asks for patience says that it was not', () => {
    const refused = (status: number, retryAfter: string | null = null): boolean =>
      faultOf(() => parseAnswer({ status, body: Buffer.from(''), retryAfter }, MESSAGE)).isRefusal;
    assert.deepEqual(
      [408, 429, 500, 502, 503, 504].map((status) => refused(status)),
      [false, true, false, false, false, false],
    );
    assert.deepEqual([refused(503, '3'), refused(503, 'later'), refused(502, '3')], [true, false, false]);
  });

  it('reads what Exchange says in bare text', () => {
    const text =
      '[ClientAccessServer=EX01,BackEndServer=b,RequestId=r,TimeStamp=t] [FailureCategory=WSMan-InvalidShellID] Gone.';
    assert.deepEqual(answer(400, text), ['ERR_WSMAN_SHELL_LOST', 'reopen', 0]);
    assert.deepEqual(answer(200, text), ['ERR_WSMAN_SHELL_LOST', 'reopen', 0]);
  });
});
