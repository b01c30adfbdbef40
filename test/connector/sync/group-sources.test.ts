import assert from 'node:assert/strict';
import { GroupMembership, groupSourceOf } from '../../../src/connector/sync/group-membership.ts';
import type { GroupSource } from '../../../src/connector/sync/group-membership.ts';
import { ConnectorError } from '../../../src/errors.ts';

const GUID = '0f8fad5b-d9cb-469f-a165-70867728950e';

describe('where a group is read', () => {
  it('follows from how the rule writes it, and from what is chosen', () => {
    // Written as; then with neither, with Active Directory, with a tenant, with both.
    const table: readonly (readonly [string, GroupSource, GroupSource, GroupSource, GroupSource])[] = [
      ['vip@contoso.example', 'exchange', 'exchange', 'exchange', 'exchange'],
      ['a=b@contoso.example', 'exchange', 'exchange', 'exchange', 'exchange'],
      [GUID, 'exchange', 'active-directory', 'graph', 'graph'],
      [` ${GUID.toUpperCase()} `, 'exchange', 'active-directory', 'graph', 'graph'],
      [`{${GUID}}`, 'exchange', 'active-directory', 'graph', 'graph'],
      ['CN=VIP,OU=Groups,DC=contoso,DC=example', 'exchange', 'active-directory', 'graph', 'active-directory'],
      // An @ made an address of any name before, and still does where no Active Directory is set.
      [
        'cn=VIP @ work, ou=Groups, dc=contoso, dc=example',
        'exchange',
        'active-directory',
        'exchange',
        'active-directory',
      ],
      ['CONTOSO\\VIP', 'exchange', 'active-directory', 'graph', 'active-directory'],
      ['VIP', 'exchange', 'active-directory', 'graph', 'active-directory'],
    ];
    for (const [group, ...sources] of table)
      assert.deepEqual(
        [
          groupSourceOf(group, { hasTenant: false, hasActiveDirectory: false }),
          groupSourceOf(group, { hasTenant: false, hasActiveDirectory: true }),
          groupSourceOf(group, { hasTenant: true, hasActiveDirectory: false }),
          groupSourceOf(group, { hasTenant: true, hasActiveDirectory: true }),
        ],
        sources,
        group,
      );
  });

  it('is the only place where it is looked for: what Active Directory cannot read nobody else is asked for', async () => {
    const rules = [
      { name: 'VIP', when: [{ field: 'group' as const, in: ['CONTOSO\\VIP'] }], action: 'leave' as const },
    ];
    const exchange = {
      groupMembers: () => assert.fail('Exchange is asked.'),
      activeDirectory: {
        // oxlint-disable-next-line require-yield
        async *groupMembers() {
          throw new ConnectorError('ERR_DIRECTORY_UNREADABLE', 'No.');
        },
      },
    };
    const membership = await GroupMembership.read(rules, { exchange, directory: null }, new AbortController().signal);
    assert.deepEqual([membership?.problem?.code, membership?.sizes], ['ERR_DIRECTORY_UNREADABLE', []]);
    assert.match(
      membership?.problem?.text ?? '',
      /^Group "CONTOSO\\VIP" could not be read, so nobody is blocked: No\./,
    );
  });
});
