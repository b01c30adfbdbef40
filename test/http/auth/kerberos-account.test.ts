/** Whose ticket it is, and who gets it. */
import assert from 'node:assert/strict';
import { principalOf, ticketWay } from '../../../src/http/auth/kerberos-account.ts';
import type { KerberosAccount } from '../../../src/http/auth/kerberos-account.ts';

describe('the account of Kerberos', () => {
  it('has the principal that user name and realm say', () => {
    const table: readonly (readonly [username: string, realm: string, name: string, isEnterprise: boolean])[] = [
      ['anna', '', 'anna', false],
      ['anna', 'corp.example', 'anna@CORP.EXAMPLE', false],
      ['CORP\\anna', '', 'anna', false],
      ['CORP\\anna', 'CORP.EXAMPLE', 'anna@CORP.EXAMPLE', false],
      ['anna@corp.example', '', 'anna@CORP.EXAMPLE', false],
      ['anna@corp.example', 'CORP.EXAMPLE', 'anna@CORP.EXAMPLE', false],
      ['anna@mail.example', 'CORP.EXAMPLE', 'anna@mail.example@CORP.EXAMPLE', true],
      [' anna ', ' corp.example ', 'anna@CORP.EXAMPLE', false],
    ];
    assert.deepEqual(
      table.map(([username, realm]) => {
        const { name, isEnterprise } = principalOf({ username, realm });
        return [username, realm, name, isEnterprise];
      }),
      table,
    );
  });

  it('has its ticket from the environment, by password through kinit, or from Windows', () => {
    const password = 'S3cret!';
    const here = (principal: string | null): unknown => ({ kind: 'environment', principal });
    const byPassword = (name: string, isEnterprise = false): unknown => ({
      kind: 'password',
      principal: { name, isEnterprise },
      password,
    });
    const byWindows = (user: string, domain: string): unknown => ({ kind: 'windows', user, domain, password });
    const table: readonly (readonly [account: KerberosAccount, elsewhere: unknown, windows: unknown])[] = [
      [{}, here(null), here(null)],
      [{ realm: 'CORP.EXAMPLE' }, here(null), here(null)],
      [{ password }, here(null), here(null)],
      [{ username: 'anna' }, here('anna'), here(null)],
      [{ username: 'anna', realm: 'CORP.EXAMPLE' }, here('anna@CORP.EXAMPLE'), here(null)],
      [{ username: 'anna@mail.example', realm: 'CORP.EXAMPLE' }, here('anna@CORP.EXAMPLE'), here(null)],
      [{ username: 'anna', password }, byPassword('anna'), byWindows('anna', '')],
      [{ username: 'CORP\\anna', password }, byPassword('anna'), byWindows('anna', 'CORP')],
      [
        { username: 'CORP\\anna', password, realm: 'corp.example' },
        byPassword('anna@CORP.EXAMPLE'),
        byWindows('anna', 'corp.example'),
      ],
      [
        { username: 'anna@mail.example', password, realm: 'CORP.EXAMPLE' },
        byPassword('anna@mail.example@CORP.EXAMPLE', true),
        byWindows('anna@mail.example', 'CORP.EXAMPLE'),
      ],
    ];
    assert.deepEqual(
      table.map(([account]) => [account, ticketWay(account, false), ticketWay(account, true)]),
      table,
    );
  });
});
