/** The tables of the report of the first hour, walked. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { ConnectorError } from '../../../src/errors.ts';
import { DOES_NOT_APPLY } from '../../../src/exchange/check/applies.ts';
import {
  judgeMethods,
  judgeRefusal,
  judgeTls,
  SESSION_VERDICTS,
} from '../../../src/exchange/check/judge-connection.ts';
import { judgeScope } from '../../../src/exchange/check/ask-session.ts';
import { judgeRight, judgeRights, roleCommands } from '../../../src/exchange/check/judge-rights.ts';
import { judgeThrottling, limitsOf } from '../../../src/exchange/check/judge-throttling.ts';
import { NEEDED_RIGHTS } from '../../../src/exchange/check/needed-rights.ts';
import { quoted } from '../../../src/exchange/check/quoted.ts';
import { headline, overallOf, reportOf, stepOf } from '../../../src/exchange/check/report.ts';
import type { ReportStep } from '../../../src/exchange/check/report.ts';
import { EXCHANGE_WORDS, said } from '../../../src/exchange/check/words/words.ts';
import type { StepId } from '../../../src/exchange/check/words/words.ts';
import { VERDICTS } from '../../../src/exchange/check/verdicts.ts';
import type { Verdict } from '../../../src/exchange/check/verdicts.ts';
import { CMDLETS } from '../../../src/exchange/cmdlets/catalogue.ts';
import type { ThrottlingPolicy } from '../../../src/exchange/cmdlets/get-throttling-policy.ts';
import { valueInWords } from '../../../src/model/say.ts';
import type { CertificateSeen } from '../../../src/http/look-at-certificate.ts';
import type { AuthenticationReport } from '../../../src/http/probe-authentication.ts';
import { judgeName } from '../../../src/model/judge-name.ts';

const NOW = Date.UTC(2026, 4, 1);
const DAY = 86_400_000;
const URL_OF = new URL('https://mail.contoso.example/PowerShell/');
const step = (verdict: Verdict): ReportStep => {
  const part = verdict.split('.')[0] as StepId;
  return stepOf(part in EXCHANGE_WORDS.en.titles ? part : 'rights', { verdict, seen: said('not-reached') }, { ms: 0 });
};

describe('the table of verdicts', () => {
  for (const [verdict, { status, ...entry }] of Object.entries(VERDICTS)) {
    it(`says of ${verdict} what to do where something is to be done`, () => {
      const remedy = 'remedy' in entry ? entry.remedy : undefined;
      const command = 'command' in entry ? (entry.command as string) : undefined;
      if (status === 'error' || status === 'warning') {
        assert.ok(remedy !== undefined);
        // What an error's own text says to do has no command of ours.
        if (remedy !== '{help}') assert.ok(command !== undefined, 'a command to paste');
      }
      assert.ok(!/[\r\t]/.test(`${remedy}${command}`));
      const known = `${remedy ?? ''} ${command ?? ''}`.match(/\{\w+\}/g) ?? [];
      const blanks = 'account client cmdlet enable endpoint help host parameters port roles spn use'.split(' ');
      assert.deepEqual(
        known.filter((blank) => !blanks.includes(blank.slice(1, -1))),
        [],
      );
      const [part = ''] = verdict.split('.');
      assert.ok(part in EXCHANGE_WORDS.en.titles || ['right', 'does-not-apply', 'not-reached'].includes(part));
    });
  }
});

describe('what is said of the way to an Exchange', () => {
  for (const [outcome, verdict] of [
    [{ kind: 'address' }, 'name.address'],
    [{ kind: 'found', addresses: ['10.0.0.5'] }, 'name.found'],
    [{ kind: 'failed', code: 'ENOTFOUND' }, 'name.unknown'],
    [{ kind: 'failed', code: '' }, 'name.unknown'],
    [{ kind: 'failed', code: 'EAI_AGAIN' }, 'name.unanswered'],
    [{ kind: 'failed', code: 'ETIMEDOUT' }, 'name.unanswered'],
  ] as const) {
    it(`is ${verdict} of a name with ${JSON.stringify(outcome)}`, () => {
      assert.equal(judgeName('mail.contoso.example', outcome).verdict, verdict);
    });
  }

  const seen: CertificateSeen = {
    protocol: 'TLSv1.3',
    subject: 'mail',
    issuer: 'CA',
    names: ['mail.contoso.example'],
    from: NOW - DAY,
    until: NOW + 31 * DAY,
    fingerprint: 'AB:CD',
  };
  const refused = (code: ConstructorParameters<typeof ConnectorError>[0]) => ({
    seen,
    failure: new ConnectorError(code, 'x'),
  });
  for (const [what, outcome, verdict] of [
    ['trusted', { seen, failure: null }, 'tls.trusted'],
    ['trusted, and not to be seen', { seen: null, failure: null }, 'tls.trusted'],
    ['ends in 29 days', { seen: { ...seen, until: NOW + 29 * DAY }, failure: null }, 'tls.expiring'],
    ['has no date', { seen: { ...seen, until: Number.NaN }, failure: null }, 'tls.trusted'],
    ['of another authority', refused('ERR_HTTP_TLS_UNTRUSTED'), 'tls.untrusted'],
    ['of another name', refused('ERR_HTTP_TLS_NAME'), 'tls.name'],
    ['that ended', refused('ERR_HTTP_TLS_EXPIRED'), 'tls.expired'],
    ['of another version', refused('ERR_HTTP_TLS'), 'tls.failed'],
    ['that nobody shows', refused('ERR_HTTP_TIMEOUT'), 'tls.closed'],
  ] as const) {
    it(`is ${verdict} of a certificate ${what}`, () => {
      assert.equal(judgeTls(URL_OF, outcome, { now: NOW, proxied: false }).verdict, verdict);
    });
  }

  it('is the proxy of a connection that it does not make, and the certificate of one that it makes', () => {
    const behind = { now: NOW, proxied: true };
    assert.equal(judgeTls(URL_OF, refused('ERR_HTTP_UNREACHABLE'), behind).verdict, 'tls.proxy');
    assert.equal(judgeTls(URL_OF, refused('ERR_HTTP_AUTH'), behind).verdict, 'tls.proxy');
    assert.equal(judgeTls(URL_OF, refused('ERR_HTTP_TLS_NAME'), behind).verdict, 'tls.name');
  });

  const report: AuthenticationReport = {
    status: 401,
    offered: ['basic'],
    methods: ['basic'],
    wanted: null,
    wantedIsOffered: null,
    command: null,
    server: null,
  };
  for (const [wanted, change, verdict] of [
    [null, {}, 'methods.offered'],
    ['basic', { wantedIsOffered: true }, 'methods.offered'],
    ['ntlm', { wantedIsOffered: false }, 'methods.missing'],
    ['kerberos', { wantedIsOffered: false }, 'methods.kerberos'],
    ['basic', { status: 200 }, 'methods.elsewhere'],
    [null, { status: 404 }, 'methods.elsewhere'],
    ['certificate', { status: 403 }, 'methods.certificate'],
    ['certificate', {}, 'methods.certificate'],
  ] as const) {
    it(`is ${verdict} of ${wanted ?? 'no'} sign-in where ${JSON.stringify(change)}`, () => {
      assert.equal(judgeMethods({ ...report, ...change }, wanted).verdict, verdict);
    });
  }

  for (const [code, verdict] of Object.entries(SESSION_VERDICTS)) {
    it(`is ${verdict} of a session that ends in ${code}`, () => {
      const error = new ConnectorError(code as ConstructorParameters<typeof ConnectorError>[0], 'Seen.');
      const finding = judgeRefusal(error, {});
      assert.deepEqual(
        [finding.verdict, finding.code, valueInWords(finding.seen, EXCHANGE_WORDS.en)],
        [verdict, code, 'Seen.'],
      );
    });
  }

  it('is what an error itself says to check, of an error that has no verdict of its own', () => {
    const found = stepOf('session', judgeRefusal(new ConnectorError('ERR_WSMAN_FAULT', 'Seen.'), {}), { ms: 0 });
    assert.deepEqual(
      [found.verdict, found.code, found.seen, found.remedy],
      ['session.failed', 'ERR_WSMAN_FAULT', 'Seen.', 'The server refused the request. See the fault text.'],
    );
  });
});

describe('what is said of the part of a forest that is seen', () => {
  for (const [told, view, verdict] of [
    [true, 'forest', 'scope.forest'],
    [true, null, 'scope.forest'],
    [true, 'refused', 'scope.forest'],
    [false, 'refused', 'scope.refused'],
    [false, 'domain', 'scope.domain'],
    [false, null, 'scope.domain'],
    [null, 'forest', 'scope.forest'],
    [null, 'refused', 'scope.refused'],
    [null, 'domain', 'scope.untold'],
    [null, null, 'scope.untold'],
  ] as const)
    it(`is ${verdict} where Exchange says ${String(told)} and the session was set to ${String(view)}`, () => {
      const settings = told === null ? null : { viewEntireForest: told, root: told ? null : 'contoso.example' };
      assert.equal(judgeScope(settings, view).verdict, verdict);
    });
});

describe('what is said of rights', () => {
  const needed = {
    cmdlet: 'Get-X',
    use: 'use.Get-MobileDevice',
    parameters: ['Identity', 'Filter'],
    role: 'Mail Recipients',
  } as const;
  for (const [level, missing] of [
    ['needed', 'right.missing'],
    ['wanted', 'right.wanted'],
    ['optional', 'right.unused'],
  ] as const) {
    it(`is ${missing} of a cmdlet that is ${level} and not there`, () => {
      assert.equal(judgeRight({ ...needed, level }, undefined).verdict, missing);
    });
    it(`is that a parameter is missing of a cmdlet that is ${level} and was cut`, () => {
      const finding = judgeRight({ ...needed, level }, { name: 'Get-X', parameters: ['identity', 'Verbose'] });
      assert.deepEqual(
        [finding.verdict, valueInWords(finding.seen, EXCHANGE_WORDS.en)],
        ['right.parameters', 'The account has Get-X without -Filter.'],
      );
    });
    it(`is that all is well of a cmdlet that is ${level} and whole, or whose parameters are not told`, () => {
      for (const parameters of [['IDENTITY', 'Filter'], null])
        assert.equal(judgeRight({ ...needed, level }, { name: 'get-x', parameters }).verdict, 'right.given');
    });
  }

  const all = NEEDED_RIGHTS.map(({ cmdlet: name }) => ({ name, parameters: null }));
  const without = (level: string) =>
    NEEDED_RIGHTS.filter((one) => one.level !== level).map(({ cmdlet: name }) => ({ name, parameters: null }));
  for (const [what, allowed, verdict] of [
    ['all', all, 'rights.all'],
    ['all but the optional ones', without('optional'), 'rights.enough'],
    ['all but the wanted ones', without('wanted'), 'rights.partly'],
    ['all but the needed ones', without('needed'), 'rights.missing'],
    ['none', [], 'rights.missing'],
  ] as const) {
    it(`is ${verdict} of an account that has ${what}`, () => {
      assert.equal(judgeRights(allowed, null).verdict, verdict);
    });
  }

  it('is about every cmdlet that the nodes send to a server, with parameters that they send', () => {
    // Of Exchange Online alone; only of the command line; for this report itself.
    const others = [
      'Get-DynamicDistributionGroupMember',
      'Get-ActiveSyncOrganizationSettings',
      'Get-ActiveSyncDeviceAccessRule',
      'Get-ExchangeServer',
      'Clear-MobileDevice',
      'Get-Command',
    ];
    assert.deepEqual(
      NEEDED_RIGHTS.map(({ cmdlet }) => cmdlet).toSorted(),
      [...CMDLETS.values()]
        .map(({ name }) => name)
        .filter((name) => !others.includes(name))
        .toSorted(),
    );
    for (const { cmdlet, parameters } of NEEDED_RIGHTS) {
      const spec = CMDLETS.get(cmdlet.toLowerCase());
      const known = [...Object.keys(spec?.parameters ?? {}), ...(spec?.confirmable === true ? ['Confirm'] : [])];
      assert.deepEqual(
        parameters.filter((name) => !known.includes(name)),
        [],
        cmdlet,
      );
    }
  });

  it('comes with commands that give roles with these cmdlets and no others', () => {
    const commands = roleCommands("CONTOSO\\o'neil").split('\n');
    assert.equal(commands.length, 10);
    assert.equal(commands[0], "New-ManagementRole -Name 'EAS connector - Mail Recipients' -Parent 'Mail Recipients'");
    assert.match(
      commands[1] ?? '',
      /-NotIn 'Get-CASMailbox','Get-MobileDevice','Set-CASMailbox','Get-User',.* \| ForEach-Object \{ Remove-ManagementRoleEntry -Identity "\$\(\$_\.Id\)\\\$\(\$_\.Name\)" -Confirm:\$false \}$/,
    );
    assert.ok(!commands.join().includes('Remove-MobileDevice'), 'what deletes is not given unasked');
    assert.equal(
      commands[2],
      "Set-ManagementRoleEntry 'EAS connector - Mail Recipients\\Set-CASMailbox' -Parameters 'Identity','ActiveSyncAllowedDeviceIDs','ActiveSyncBlockedDeviceIDs','Confirm'",
    );
    assert.equal(
      commands[3],
      "New-ManagementRoleAssignment -Role 'EAS connector - Mail Recipients' -User 'CONTOSO\\o''neil'",
    );
  });
});

describe('what is said of throttling', () => {
  const policy = (scope: string, limits: Partial<ThrottlingPolicy>): ThrottlingPolicy => ({
    name: `${scope} policy`,
    distinguishedName: `CN=${scope} policy,DC=example`,
    scope,
    sessions: null,
    cmdlets: null,
    seconds: null,
    ...limits,
  });
  const world = policy('Global', { sessions: 18, cmdlets: Infinity, seconds: Infinity });
  const house = policy('Organization', { sessions: 6 });
  const own = policy('Regular', { cmdlets: 100, seconds: 5 });

  for (const [what, policies, association, expected] of [
    ['Exchange’s own alone', [world], null, ['Global policy', 18, Infinity, Infinity]],
    ['the organization’s before that', [world, house], null, ['Organization policy', 6, Infinity, Infinity]],
    ['the account’s before both', [world, house, own], 'Regular policy', ['Regular policy', 6, 100, 5]],
    ['the account’s by path', [world, own], 'contoso.example/x/regular policy', ['Regular policy', 18, 100, 5]],
    [
      'the account’s by distinguished name',
      [world, own],
      'CN=Regular policy,DC=example',
      ['Regular policy', 18, 100, 5],
    ],
    ['nobody’s', [], null, [null, null, null, null]],
  ] as const) {
    it(`counts ${what}`, () => {
      const { name, sessions, cmdlets, seconds } = limitsOf(policies, association);
      assert.deepEqual([name, sessions, cmdlets, seconds], expected);
    });
  }

  for (const [sessions, cmdlets, seconds, verdict] of [
    [null, null, null, 'throttling.untold'],
    [1, null, null, 'throttling.few'],
    [2, null, null, 'throttling.tight'],
    [3, null, null, 'throttling.enough'],
    [Infinity, Infinity, Infinity, 'throttling.enough'],
    [3, Infinity, 5, 'throttling.enough'],
    [3, 5, 5, 'throttling.enough'],
    [3, 4, 5, 'throttling.slow'],
    [2, 4, 5, 'throttling.tight'],
  ] as const) {
    it(`is ${verdict} where ${sessions} sessions and ${cmdlets} cmdlets in ${seconds} s are allowed and 2 are opened`, () => {
      assert.equal(judgeThrottling({ name: null, sessions, cmdlets, seconds }, 2).verdict, verdict);
    });
  }
});

describe('what the steps mean together', () => {
  const open = step('session.open');
  for (const [what, steps, overall, first] of [
    ['nothing was tried', [step('name.found'), step('session.no-account')], 'unknown', 'session.no-account'],
    ['a certificate is not trusted', [step('tls.untrusted'), step('not-reached')], 'broken', 'tls.untrusted'],
    ['all is well', [open, step('rights.all'), step('size.counted')], 'healthy', undefined],
    ['nobody says what the policy is', [open, step('throttling.untold'), step('scope.untold')], 'healthy', undefined],
    ['a wanted right is missing', [open, step('rights.partly')], 'warning', 'rights.partly'],
    ['a needed right is missing', [open, step('rights.missing'), step('clock.apart')], 'broken', 'rights.missing'],
    [
      'nobody says which rights there are',
      [open, step('rights.untold'), step('clock.apart')],
      'unknown',
      'rights.untold',
    ],
    ['another address fails', [step('tls.closed'), open, step('rights.all')], 'warning', 'tls.closed'],
    ['the clocks are far apart', [open, step('clock.far')], 'broken', 'clock.far'],
  ] as const) {
    it(`is ${overall} where ${what}`, () => {
      assert.equal(overallOf(steps), overall);
      assert.equal(headline(steps, overall)?.verdict, first);
      const report = reportOf('remote-powershell', steps, { startedAt: '', ms: 0 });
      assert.equal(report.works, overall === 'healthy' || overall === 'warning');
      assert.equal(report.summary.includes('look at'), first !== undefined);
    });
  }

  it('is said of the kinds of Exchange that a step does not apply to', () => {
    const table = Object.entries(DOES_NOT_APPLY).map(([kind, steps]) => `${kind}: ${Object.keys(steps).join(' ')}`);
    assert.deepEqual(table, [
      'remote-powershell: ',
      'exchange-online: name tls methods scope rights throttling',
      'simulated: name tls methods throttling clock',
    ]);
  });
});

describe('a text in a command to paste', () => {
  it('is one text to PowerShell, whatever it is', () => {
    const one = fc.string({
      unit: fc.constantFrom("'", '\u2018', '\u2019', '\u201a', '\u201b', '\n', '\r', '\u2028', ';', '$', 'a'),
    });
    fc.assert(
      fc.property(one, (text) => {
        const inside = quoted(text).slice(1, -1);
        assert.ok(!/[\r\n\u2028\u2029]/.test(inside));
        // PowerShell reads two quotation marks of any of these kinds as one that stands inside.
        assert.ok(!/['\u2018-\u201b]/.test(inside.replace(/['\u2018-\u201b]{2}/g, '')));
      }),
    );
  });
});
