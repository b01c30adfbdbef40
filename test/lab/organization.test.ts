import assert from 'node:assert/strict';
import { evaluateAccess } from '../../src/lab/access-evaluation.ts';
import type { AccessSettings, AccessSubject, DeviceAccessRule } from '../../src/lab/access-evaluation.ts';
import { transitiveMembers } from '../../src/lab/directory.ts';
import { NO_GRACE_PERIOD, UNSET_TIME } from '../../src/lab/managed-devices.ts';
import { Organization, sequentialIds } from '../../src/lab/organization.ts';
import type { OrganizationChange, OrganizationOptions } from '../../src/lab/organization.ts';
import type { PhoneSync } from '../../src/lab/phone-sync.ts';

const IPHONE: PhoneSync = {
  mailbox: 'anna@contoso.example',
  deviceId: 'ApplF17XK1',
  deviceType: 'iPhone',
  model: 'iPhone17C3',
  os: 'iOS 19.1 23B85',
  userAgent: 'Apple-iPhone17C3/2302.85',
};

function organizationWithAnna(options: OrganizationOptions = {}) {
  let time = Date.UTC(2026, 4, 1, 8);
  const organization = new Organization({ newId: sequentialIds(), now: () => time, ...options });
  const anna = organization.addMailbox({ alias: 'anna', displayName: 'Anna Adler' });
  const changes: OrganizationChange[] = [];
  organization.on('change', (change) => changes.push(change));
  return { organization, anna, changes, wait: (ms: number) => (time += ms) };
}

/** A rule for a device type. */
function rule(accessLevel: DeviceAccessRule['accessLevel'], queryString = 'iPhone'): DeviceAccessRule {
  return { name: `${queryString} (DeviceType)`, characteristic: 'DeviceType', queryString, accessLevel };
}

describe('order of ActiveSync access evaluation', () => {
  const subject: AccessSubject = {
    deviceId: 'ApplF17XK1',
    deviceType: 'iPhone',
    model: 'iPhone17C3',
    os: 'iOS 19.1 23B85',
    userAgent: 'Apple-iPhone17C3/2302.85',
    policyMet: true,
    hold: null,
  };
  const settings: AccessSettings = {
    allowedDeviceIds: [],
    blockedDeviceIds: [],
    rules: [],
    defaultAccessLevel: 'Allow',
  };
  const listed = ['applf17xk1'];
  const autoblock = { state: 'blocked', reason: 'recentCommands' } as const;

  // What is given, from the strongest to the weakest; what comes out.
  const table: readonly (readonly [string, Partial<AccessSubject>, Partial<AccessSettings>, string])[] = [
    ['nothing but the default level', {}, {}, 'allowed/global'],
    ['default level Block', {}, { defaultAccessLevel: 'Block' }, 'blocked/global'],
    ['default level Quarantine', {}, { defaultAccessLevel: 'Quarantine' }, 'quarantined/global'],
    [
      'an allow rule over default Block',
      {},
      { rules: [rule('Allow')], defaultAccessLevel: 'Block' },
      'allowed/deviceRule',
    ],
    [
      'a quarantine rule over an allow rule',
      {},
      { rules: [rule('Allow'), rule('Quarantine')] },
      'quarantined/deviceRule',
    ],
    [
      'a block rule over both others',
      {},
      { rules: [rule('Allow'), rule('Quarantine'), rule('Block')] },
      'blocked/deviceRule',
    ],
    ['a rule for another type', {}, { rules: [rule('Block', 'iPad')] }, 'allowed/global'],
    ['a rule with a wildcard, which rules do not know', {}, { rules: [rule('Block', 'iPh*')] }, 'allowed/global'],
    [
      'the personal allowed list over a block rule',
      {},
      { allowedDeviceIds: listed, rules: [rule('Block')] },
      'allowed/individual',
    ],
    [
      'the personal allowed list over default Quarantine',
      {},
      { allowedDeviceIds: listed, defaultAccessLevel: 'Quarantine' },
      'allowed/individual',
    ],
    [
      'the personal blocked list over the allowed list',
      {},
      { allowedDeviceIds: listed, blockedDeviceIds: listed },
      'blocked/individual',
    ],
    [
      'an unmet mailbox policy over the allowed list',
      { policyMet: false },
      { allowedDeviceIds: listed },
      'blocked/policy',
    ],
    [
      'an automatic block over the allowed list',
      { hold: autoblock },
      { allowedDeviceIds: listed },
      'blocked/recentCommands',
    ],
    [
      'discovery over default Block',
      { hold: { state: 'discovery', reason: 'global' } },
      { defaultAccessLevel: 'Block' },
      'discovery/global',
    ],
    [
      'the blocked list over discovery',
      { hold: { state: 'discovery', reason: 'global' } },
      { blockedDeviceIds: listed },
      'blocked/individual',
    ],
    [
      'an upgrade over a block rule',
      { hold: { state: 'allowed', reason: 'upgrade' } },
      { rules: [rule('Block')] },
      'allowed/upgrade',
    ],
    [
      'an allowed list that names another device',
      {},
      { allowedDeviceIds: ['other'], defaultAccessLevel: 'Block' },
      'blocked/global',
    ],
  ];
  for (const [title, change, given, expected] of table) {
    it(`decides ${expected} with ${title}`, () => {
      const verdict = evaluateAccess({ ...subject, ...change }, { ...settings, ...given });
      assert.equal(`${verdict.state}/${verdict.reason}`, expected);
    });
  }
});

describe('the simulated organization', () => {
  it('makes a partnership at first contact and tells everyone', () => {
    const { organization, changes } = organizationWithAnna();
    const result = organization.syncPhone(IPHONE);
    assert.deepEqual(
      { state: result.state, reason: result.reason, httpStatus: result.httpStatus },
      { state: 'allowed', reason: 'global', httpStatus: 200 },
    );
    assert.deepEqual(
      changes.map(({ type }) => type),
      ['partnership', 'access', 'sync'],
    );
    assert.equal(
      result.partnership?.distinguishedName,
      'CN=iPhone§ApplF17XK1,CN=ExchangeActiveSyncDevices,CN=Anna Adler,OU=Users,DC=contoso,DC=example',
    );
    assert.equal(
      result.partnership?.identity,
      'contoso.example/Users/Anna Adler/ExchangeActiveSyncDevices/iPhone§ApplF17XK1',
    );
  });

  it('answers 403 to a blocked phone and remembers its last successful sync', () => {
    const { organization, anna, wait } = organizationWithAnna();
    const first = organization.syncPhone(IPHONE).partnership;
    const syncedAt = first?.lastSuccessfulSyncAt;
    organization.setCasMailbox(anna, { blocked: { Add: ['ApplF17XK1'] } }, {});
    wait(60_000);
    const { state, reason, httpStatus, partnership } = organization.syncPhone(IPHONE);
    assert.deepEqual({ state, reason, httpStatus }, { state: 'blocked', reason: 'individual', httpStatus: 403 });
    assert.equal(partnership?.lastSuccessfulSyncAt, syncedAt);
    assert.equal(partnership?.lastSyncAttemptAt, organization.now());
  });

  it('shows the new state at once when a list names the device', () => {
    const { organization, anna, changes } = organizationWithAnna();
    const { partnership } = organization.syncPhone(IPHONE);
    changes.length = 0;
    assert.equal(organization.setCasMailbox(anna, { blocked: { Add: ['APPLF17XK1'] } }, { Identity: anna.guid }), true);
    assert.equal(partnership?.state, 'blocked');
    assert.deepEqual(
      changes.map(({ type }) => type),
      ['access', 'write'],
    );
  });

  it('waits for the next sync where the lists are not followed', () => {
    const { organization, anna } = organizationWithAnna({ stateFollowsLists: false });
    const { partnership } = organization.syncPhone(IPHONE);
    organization.setCasMailbox(anna, { blocked: { Add: ['ApplF17XK1'] } }, {});
    assert.equal(partnership?.state, 'allowed');
    assert.equal(organization.syncPhone(IPHONE).state, 'blocked');
  });

  it('lets a changed default level reach those under no rule and no list', () => {
    const { organization, anna } = organizationWithAnna();
    organization.syncPhone(IPHONE);
    organization.setCasMailbox(anna, { allowed: { Add: ['listed'] } }, {});
    const listed = organization.syncPhone({ ...IPHONE, deviceId: 'listed' }).partnership;
    organization.defaultAccessLevel = 'Quarantine';
    assert.deepEqual(
      [...organization.partnerships()].map(({ state }) => state),
      ['quarantined', 'allowed'],
    );
    assert.equal(listed?.reason, 'individual');
  });

  it('keeps a phone blocked by an operating system rule after its update, as Exchange does', () => {
    const { organization } = organizationWithAnna();
    organization.addDeviceRule({ characteristic: 'DeviceOS', queryString: 'iOS 19.1 23B85', accessLevel: 'Block' });
    assert.equal(organization.syncPhone(IPHONE).state, 'blocked');
    const updated = organization.syncPhone({ ...IPHONE, os: 'iOS 19.2' });
    assert.deepEqual([updated.state, updated.partnership?.os], ['blocked', 'iOS 19.1 23B85']);
  });

  it('lets a quarantined phone recover by an update', () => {
    const { organization } = organizationWithAnna();
    organization.addDeviceRule({
      characteristic: 'DeviceOS',
      queryString: 'iOS 19.1 23B85',
      accessLevel: 'Quarantine',
    });
    assert.equal(organization.syncPhone(IPHONE).state, 'quarantined');
    assert.equal(organization.syncPhone({ ...IPHONE, os: 'iOS 19.2' }).state, 'allowed');
  });

  it('refuses before there is a partnership: wrong password, no mailbox, ActiveSync off', () => {
    const { organization, anna } = organizationWithAnna();
    organization.addMailbox({ alias: 'nobox', displayName: 'No Box', hasMailbox: false });
    assert.equal(organization.syncPhone({ ...IPHONE, password: 'wrong' }).httpStatus, 401);
    assert.equal(organization.syncPhone({ ...IPHONE, mailbox: 'nobox@contoso.example' }).httpStatus, 403);
    organization.setCasMailbox(anna, { activeSyncEnabled: false }, {});
    assert.equal(organization.syncPhone(IPHONE).httpStatus, 403);
    assert.equal(organization.partnershipCount, 0);
  });

  it('brings a removed device back with its list entries still in force', () => {
    const { organization, anna } = organizationWithAnna();
    const { partnership } = organization.syncPhone(IPHONE);
    organization.setCasMailbox(anna, { blocked: { Add: ['ApplF17XK1'] } }, {});
    assert.ok(partnership);
    organization.removePartnership(partnership);
    assert.equal(organization.partnershipCount, 0);
    const again = organization.syncPhone(IPHONE);
    assert.notEqual(again.partnership, partnership);
    assert.equal(again.state, 'blocked');
  });

  it('edits, replaces and clears personal lists, and logs each call', () => {
    const { organization, anna } = organizationWithAnna();
    organization.setCasMailbox(anna, { allowed: ['a', 'b'] }, { Identity: 'x' });
    organization.setCasMailbox(anna, { allowed: { Add: ['C', 'A'], Remove: ['B'] }, blocked: { Add: ['d'] } }, {});
    assert.deepEqual([anna.allowedDeviceIds, anna.blockedDeviceIds], [['a', 'C'], ['d']]);
    assert.equal(organization.setCasMailbox(anna, { allowed: { Add: ['c'] } }, {}), false);
    organization.setCasMailbox(anna, { allowed: null }, {});
    assert.deepEqual(anna.allowedDeviceIds, []);
    assert.equal(organization.writes.length, 4);
    assert.deepEqual(organization.writes[0], {
      at: '2026-05-01T08:00:00.000Z',
      mailbox: anna.guid,
      address: 'anna@contoso.example',
      parameters: { Identity: 'x' },
    });
  });

  it('delivers mail to mailboxes and to nobody without one', () => {
    const { organization } = organizationWithAnna();
    organization.addMailbox({ alias: 'nobox', displayName: 'No Box', hasMailbox: false });
    const mail = { from: 'it@contoso.example', subject: 'Enroll', text: 'Hello' };
    assert.equal(organization.deliver({ ...mail, to: 'ANNA@contoso.example' }), true);
    assert.equal(organization.deliver({ ...mail, to: 'nobox@contoso.example' }), false);
    assert.equal(organization.deliver({ ...mail, to: 'nobody@contoso.example' }), false);
    const [message] = organization.inbox('anna@contoso.example');
    assert.deepEqual([message?.subject, message?.text, message?.html], ['Enroll', 'Hello', null]);
    assert.deepEqual(organization.inbox('nobody@contoso.example'), []);
  });

  it('sends Exchange’s own notice about a quarantined phone only if asked to, and without a link', () => {
    const { organization } = organizationWithAnna({ exchangeNotices: true, defaultAccessLevel: 'Quarantine' });
    organization.syncPhone(IPHONE);
    const [notice] = organization.inbox('anna@contoso.example');
    assert.match(notice?.subject ?? '', /temporarily blocked from synchronizing/);
    assert.doesNotMatch(notice?.text ?? '', /https?:/);
    const quiet = organizationWithAnna({ defaultAccessLevel: 'Quarantine' }).organization;
    quiet.syncPhone(IPHONE);
    assert.deepEqual(quiet.inbox('anna@contoso.example'), []);
  });

  it('enrolls with Graph’s placeholders for what is not set', () => {
    const { organization, anna, changes } = organizationWithAnna();
    const device = organization.enroll({
      upn: 'anna@contoso.example',
      platform: 'android',
      model: 'Pixel 9',
      name: 'Anna Pixel',
      serial: 'P9',
    });
    assert.deepEqual(
      {
        easDeviceId: device.easDeviceId,
        activated: device.easActivated,
        activation: device.easActivationDateTime,
        grace: device.complianceGracePeriodExpirationDateTime,
        userId: device.userId,
        emailAddress: device.emailAddress,
        state: device.complianceState,
      },
      {
        easDeviceId: '',
        activated: false,
        activation: UNSET_TIME,
        grace: NO_GRACE_PERIOD,
        userId: anna.userId,
        emailAddress: 'anna@contoso.example',
        state: 'compliant',
      },
    );
    const late = organization.setCompliance(device.id, 'inGracePeriod', '2026-06-01T00:00:00Z');
    assert.deepEqual(
      [late.complianceState, late.complianceGracePeriodExpirationDateTime],
      ['inGracePeriod', '2026-06-01T00:00:00Z'],
    );
    assert.equal(organization.unenroll(device.id), true);
    assert.equal(organization.unenroll(device.id), false);
    assert.deepEqual(
      changes.map(({ type }) => type),
      ['enrolled', 'compliance', 'unenrolled'],
    );
  });

  it('finds a user by every identity Exchange takes', () => {
    const { organization } = organizationWithAnna();
    const slashed = organization.addMailbox({
      alias: 'ab',
      displayName: 'A/B, Sales',
      upn: 'ab@corp.example',
      addresses: ['sales@contoso.example'],
    });
    const identities = [
      slashed.guid.toUpperCase(),
      'AB',
      'contoso\\ab',
      'ab@corp.example',
      'sales@contoso.example',
      'A/B, Sales',
    ];
    for (const identity of [...identities, slashed.distinguishedName, slashed.canonicalName]) {
      assert.equal(organization.directory.find(identity), slashed, identity);
    }
    assert.equal(slashed.distinguishedName, 'CN=A/B\\, Sales,OU=Users,DC=contoso,DC=example');
    assert.equal(slashed.canonicalName, 'contoso.example/Users/A\\/B, Sales');
    assert.equal(organization.directory.find('CN=A/B\\, Sales,OU=Elsewhere,DC=contoso,DC=example'), null);
    assert.throws(
      () => organization.addMailbox({ alias: 'other', displayName: 'O', address: 'SALES@contoso.example' }),
      RangeError,
    );
  });

  it('counts members of nested groups once, also in a circle', () => {
    const { organization, anna } = organizationWithAnna();
    const inner = organization.addGroup({ name: 'Inner', members: [anna] });
    const outer = organization.addGroup({ name: 'Outer', members: [inner, anna] });
    inner.members = [anna, outer];
    assert.deepEqual(transitiveMembers(outer), [anna]);
  });
});
