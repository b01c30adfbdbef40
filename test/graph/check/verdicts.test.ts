/** The tables of the report of the first hour with an MDM tenant, walked. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { ConnectorError } from '../../../src/errors.ts';
import { readClaims } from '../../../src/graph/check/claims.ts';
import { judgeRefusal, judgeSignedIn, judgeSignIn, SIGN_IN_VERDICTS } from '../../../src/graph/check/judge-answers.ts';
import { judgePermissions } from '../../../src/graph/check/judge-permissions.ts';
import { onlyReads, USED_PERMISSIONS } from '../../../src/graph/check/permissions.ts';
import { overallOf, stepOf } from '../../../src/graph/check/report.ts';
import type { ReportStep } from '../../../src/graph/check/report.ts';
import { TENANT_WORDS, said } from '../../../src/graph/check/words/words.ts';
import type { StepId } from '../../../src/graph/check/words/words.ts';
import { VERDICTS } from '../../../src/graph/check/verdicts.ts';
import type { Verdict } from '../../../src/graph/check/verdicts.ts';
import { compareWithOverview } from '../../../src/model/overview.ts';

const NEEDED = 'DeviceManagementManagedDevices.Read.All';
const ALL = USED_PERMISSIONS.map(({ name }) => name);
const step = (verdict: Verdict): ReportStep =>
  stepOf(verdict.split('.')[0] as StepId, { verdict, seen: said('not-reached') }, 0);

describe('what may be said of an MDM tenant', () => {
  for (const [verdict, { status, ...entry }] of Object.entries(VERDICTS)) {
    it(`says of ${verdict} what to do where something is to be done`, () => {
      const remedy = 'remedy' in entry ? entry.remedy : undefined;
      const command = 'command' in entry ? (entry.command as string) : undefined;
      if (status === 'error' || status === 'warning') assert.ok(remedy !== undefined);
      assert.deepEqual(
        (`${remedy ?? ''} ${command ?? ''}`.match(/\{[a-z]+\}/g) ?? []).filter(
          (blank) => !['{client}', '{command}', '{help}', '{number}', '{use}'].includes(blank),
        ),
        [],
      );
      const [part = ''] = verdict.split('.');
      assert.ok(part in TENANT_WORDS.en.titles || ['permission', 'does-not-apply', 'not-reached'].includes(part));
    });
  }
});

describe('what is said of the permissions of a token', () => {
  for (const [what, roles, scopes, verdict] of [
    ['all that are used', ALL, null, 'permissions.all'],
    ['the needed one', [NEEDED], null, 'permissions.enough'],
    [
      'a wider one in place of the needed one',
      ['DeviceManagementManagedDevices.ReadWrite.All'],
      null,
      'permissions.more',
    ],
    ['all, and one to send mail', [...ALL, 'Mail.Send'], null, 'permissions.more'],
    ['all, and others that read', [...ALL, 'Mail.Read', 'User.ReadBasic.All'], null, 'permissions.all'],
    [
      'the operations on devices alone',
      ['DeviceManagementManagedDevices.PrivilegedOperations.All'],
      null,
      'permissions.missing',
    ],
    ['an optional one alone', ['Device.Read.All'], null, 'permissions.missing'],
    ['nothing', [], null, 'permissions.none'],
    ['those of a user', [], ['User.Read'], 'permissions.delegated'],
    ['roles beside those of a user', [NEEDED], ['User.Read'], 'permissions.enough'],
  ] as const) {
    it(`is ${verdict} where it carries ${what}`, () => {
      assert.equal(judgePermissions({ roles, scopes }, 'client').verdict, verdict);
    });
  }

  it('is unknown where only Graph can read the token', () => {
    for (const token of ['', 'opaque', 'a.b', 'a.!!.c', `a.${Buffer.from('[1]').toString('base64url')}.c`])
      assert.equal(judgePermissions(readClaims(token), 'client').verdict, 'permissions.untold', token);
  });

  it('is of every permission by name: those that are used, then the others', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.constantFrom(...ALL, 'Mail.Read', 'Mail.Send', 'Group.Read.All')), (roles) => {
        const { children = [] } = judgePermissions({ roles, scopes: null }, 'client');
        const named = children.map(({ title }) => title);
        if (roles.length > 0) assert.deepEqual(named, [...ALL, ...roles.filter((role) => !ALL.includes(role))]);
      }),
    );
  });

  it('puts no text of a dialog into a line to paste but what is a client id', () => {
    for (const client of ['$(reboot)', 'a; b', 'a\nb', '']) {
      const { blanks = {} } = judgePermissions({ roles: [], scopes: null }, client);
      assert.match(
        blanks['command'] ?? '',
        /^az ad app permission add --id CLIENT-ID --api \S+ --api-permissions \S+=Role\naz /,
      );
    }
  });

  for (const [role, expected] of [
    ['Mail.Read', true],
    ['User.ReadBasic.All', true],
    ['Member.Read.Hidden', true],
    ['Mail.ReadWrite', false],
    ['Sites.FullControl.All', false],
    ['DeviceManagementManagedDevices.PrivilegedOperations.All', false],
    ['Mail.Send', false],
    ['Sites.Selected', false],
    ['Reader', false],
    ['', false],
  ] as const)
    it(`takes ${role || 'no name'} for one that ${expected ? 'only reads' : 'may change things'}`, () => {
      assert.equal(onlyReads(role), expected);
    });
});

describe('what is said of a sign-in', () => {
  for (const [number, verdict] of Object.entries(SIGN_IN_VERDICTS))
    it(`is ${verdict} of ${number}`, () => {
      const error = new ConnectorError('ERR_GRAPH_AUTH', 'Refused.', { details: { aadsts: number } });
      assert.deepEqual([judgeSignIn(error, 'c').verdict, judgeSignIn(error, 'c').code], [verdict, 'ERR_GRAPH_AUTH']);
    });

  it('names the number of any other refusal', () => {
    const error = new ConnectorError('ERR_GRAPH_AUTH', 'Refused.', { details: { aadsts: 'AADSTS12345' } });
    const found = stepOf('sign-in', judgeSignIn(error, 'c'), 0);
    assert.deepEqual([found.verdict, found.remedy?.endsWith('code=12345')], ['sign-in.refused', true]);
  });

  const DAY = 86_400_000;
  for (const [expiresAt, verdict] of [
    [null, 'sign-in.done'],
    [30 * DAY, 'sign-in.done'],
    [30 * DAY - 1, 'sign-in.expiring'],
    [-DAY, 'sign-in.expiring'],
  ] as const)
    it(`is ${verdict} with ${expiresAt === null ? 'a secret' : `a certificate that ends in ${expiresAt / DAY} days`}`, () => {
      assert.equal(judgeSignedIn(expiresAt, 0, 'c').verdict, verdict);
    });
});

describe('what is said of Intune that does not answer', () => {
  for (const [code, graphMessage, verdict] of [
    ['ERR_GRAPH_STATUS', 'Request not applicable to target tenant.', 'intune.no-licence'],
    ['ERR_GRAPH_FORBIDDEN', 'The tenant has no valid Intune license.', 'intune.no-licence'],
    ['ERR_GRAPH_FORBIDDEN', 'An error has occurred', 'intune.forbidden'],
    ['ERR_GRAPH_THROTTLED', null, 'intune.throttled'],
    ['ERR_GRAPH_STATUS', 'Bad request', 'intune.failed'],
    ['ERR_HTTP_TIMEOUT', null, 'intune.failed'],
  ] as const)
    it(`is ${verdict} of ${code} with ${graphMessage ?? 'no text'}`, () => {
      const error = new ConnectorError(code, 'Seen.', { details: graphMessage === null ? {} : { graphMessage } });
      assert.equal(judgeRefusal(error, 'c').verdict, verdict);
    });
});

describe('a list next to the overview', () => {
  for (const [enrolled, listed, expected] of [
    [null, 0, 'unknown'],
    [null, 9, 'unknown'],
    [0, 0, 'agrees'],
    [1, 0, 'empty'],
    [5_000, 0, 'empty'],
    [5, 9, 'agrees'],
    [9, 1, 'agrees'],
    [20, 11, 'agrees'],
    [20, 10, 'far-below'],
    [100, 90, 'agrees'],
    [100, 89, 'far-below'],
    [1_000_000, 900_000, 'agrees'],
    [1_000_000, 899_999, 'far-below'],
  ] as const)
    it(`is ${expected} where it has ${listed} and the overview ${enrolled ?? 'is not told'}`, () => {
      assert.equal(compareWithOverview(enrolled, listed), expected);
    });
});

describe('what the steps mean together', () => {
  for (const [steps, overall] of [
    [['sign-in.secret-wrong', 'not-reached'], 'broken'],
    [['sign-in.done', 'intune.answers', 'devices.agree'], 'healthy'],
    [['sign-in.expiring', 'intune.answers'], 'warning'],
    [['sign-in.done', 'permissions.untold', 'intune.answers', 'devices.untold', 'clock.untold'], 'healthy'],
    [['sign-in.done', 'intune.throttled'], 'unknown'],
    [['sign-in.done', 'intune.answers', 'devices.hidden'], 'broken'],
    [[], 'unknown'],
  ] as const)
    it(`is ${overall} where they say ${steps.join(', ') || 'nothing'}`, () => {
      assert.equal(overallOf(steps.map(step)), overall);
    });
});
