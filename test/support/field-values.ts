/** What every field of every dialog is tried with: rubbish that both sides refuse, good values that both take. */
import { MDM_PRESETS } from '../../src/mdm/presets.ts';
import { CONDITION_VALUES } from '../../src/access/check-rules.ts';
import { DEFAULT_RULES } from '../../src/access/rules.ts';

/** One field under the choices that let it count. */
export interface FieldValues {
  /** The choices. */
  readonly under?: Readonly<Record<string, string>>;
  readonly rubbish: readonly unknown[];
  readonly good: readonly unknown[];
}

const list = (...values: unknown[]): readonly unknown[] => values;

const NO_NUMBER = list('abc', '5O', '1 2', '-1', -1, '1,5', 'NaN', 'Infinity', true, [5], {}, '$5', '{X}');
const WHOLE: FieldValues = { rubbish: [...NO_NUMBER, 0, '0', '1.5'], good: [1, 5, '5', ' 7 ', '100000'] };
const COUNT: FieldValues = { rubbish: [...NO_NUMBER, '1.5'], good: [0, '0', 5, '5'] };
const HOURS: FieldValues = { rubbish: NO_NUMBER, good: [0, '0', 26, '48.5', 0.00001] };
/** No clock knows what is thousands of years ahead. */
const DAYS: FieldValues = { rubbish: [...COUNT.rubbish, 3651, '999999999'], good: [...COUNT.good, 3650] };
const FLAG: FieldValues = {
  rubbish: ['yes', 'on', '1', 2, {}],
  good: [true, false, 'true', 'false', ' true', 'false\n'],
};
const LDAP: FieldValues = {
  rubbish: [
    'dc1.contoso.com',
    'https://dc1.contoso.com',
    'ldaps://',
    'ldaps://a b',
    'ldaps://u:p@dc1',
    'ldap://dc1/CN=x',
  ],
  good: ['ldaps://dc1.contoso.com', 'ldap://dc1', 'ldaps://10.0.0.1:3269', 'ldaps://[fd00::1]/'],
};
const TEXT: FieldValues = { rubbish: [{}, ['x']], good: ['x', 'two words', '5', 5, 'a ${B} c'] };
const ADDRESS: FieldValues = {
  rubbish: [
    'anna',
    'anna@',
    '@contoso.com',
    'anna@contoso',
    'Anna <anna@contoso.com>',
    'a@b.com, c@d.com',
    'a b@c.com',
  ],
  good: ['anna@contoso.com', 'first.last+tag@mail.contoso.co.uk'],
};
const HTTPS = list(
  'mail.contoso.com/PowerShell',
  'http://mail.contoso.com',
  'ftp://x.example',
  'https://',
  'https://u:p@x.y',
);
const PAGE: FieldValues = {
  rubbish: [...HTTPS, 'abc', 'javascript:alert(1)'],
  good: [
    'https://portal.manage.microsoft.com/EnrollmentRedirect.aspx?a=1',
    'http://127.0.0.1:1880/',
    'http://localhost/x',
  ],
};
const MAIL_TEXT: FieldValues = {
  rubbish: ['Hello {{nobody}}', '{{#several}}', '{{/several}}', '{{>part}}', 'x {{link', {}],
  good: ['Hello {{user.name}}', '{{#several}}{{/several}}', 'plain', '{{! a note }}'],
};
/** One pixel. */
const DOT =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const LOGO = {
  rubbish: ['logo.png', 'https://contoso.com/logo.png', 'data:image/svg+xml;base64,PHN2Zy8+', 'data:image/png,x', {}],
  good: [DOT],
};
const COLOR: FieldValues = {
  rubbish: ['red', '#fff', '0b63c5', '#0b63c5;', '#0b63cg', 'url(x)', {}],
  good: ['#0b63c5', '#FFCC00'],
};
const TENANT: FieldValues = {
  rubbish: ['common', 'Organizations', 'contoso onmicrosoft com', '-x', 'https://contoso.com', {}],
  good: ['contoso.onmicrosoft.com', '72f988bf-86f1-41af-91ab-2d7cd011db47'],
};
const SERVERS: FieldValues = {
  rubbish: ['dns', 'dns.contoso.com', '10.0.0', '10.0.0.256', '10.0.0.1:0', '10.0.0.1:70000', '[::1', '10.0.0.1 x'],
  good: ['10.0.0.10', '10.0.0.10, 10.0.0.11:5353', '::1', '[2001:db8::1]:53', 'system'],
};
const choice = (...words: string[]): FieldValues => ({
  rubbish: ['rubbish', words[0]?.toUpperCase(), `${words[0]} ${words[1]}`, 1, {}],
  good: words,
});
const under = (choices: Record<string, string>, values: FieldValues): FieldValues => ({ ...values, under: choices });

const aRule = (condition: unknown, rule: object = {}): unknown => [
  { name: 'One', when: [condition], action: 'allow', ...rule },
];
const aStatus = { field: 'status', is: ['eas'] };
const KNOWN = Object.entries(CONDITION_VALUES);

const RULES: FieldValues = {
  rubbish: [
    'rubbish',
    {},
    5,
    ['rubbish'],
    [null],
    [{}],
    [{ name: ' ', when: [], action: 'allow' }],
    [{ name: 'One', when: [], action: 'quarantine' }],
    [{ name: 'One', action: 'allow' }],
    [{ name: 'One', when: {}, action: 'allow' }],
    aRule(aStatus, { until: 'tomorrow' }),
    aRule(aStatus, { until: 'bis Ende 2026' }),
    aRule(aStatus, { until: '12/11/2026' }),
    aRule(aStatus, { until: '2026-02-30' }),
    aRule(aStatus, { until: '2026-12-31T12:00' }),
    aRule(aStatus, { disabled: 'no' }),
    aRule(aStatus, { disabled: 1 }),
    aRule(aStatus, { report: 'yes' }),
    aRule(null),
    aRule({}),
    aRule({ field: 'color', is: ['red'] }),
    aRule({ field: 'constructor', is: ['red'] }),
    aRule({ ...aStatus, not: 'no' }),
    aRule({ field: 'mailbox', how: 'soundex', patterns: ['x'] }),
    aRule({ field: 'mailbox', how: 'exact', patterns: [] }),
    aRule({ field: 'mailbox', how: 'exact', patterns: [' '] }),
    aRule({ field: 'mailbox', how: 'exact', patterns: ['x'.repeat(501)] }),
    aRule({ field: 'ageHours' }),
    aRule({ field: 'ageHours', atLeast: 'abc' }),
    aRule({ field: 'idleHours', below: -1 }),
    aRule({ field: 'firstSyncAt', before: 'abc' }),
    aRule({ field: 'lastSyncAt', before: '1' }),
    aRule({ field: 'group', in: 'abc' }),
    aRule({ field: 'listed', is: ['blocked'], by: 'nobody' }),
    ...KNOWN.map(([field]) => aRule({ field, is: [] })),
    ...KNOWN.filter(([, values]) => values !== null).map(([field]) => aRule({ field, is: ['rubbish'] })),
    Array.from({ length: 201 }, () => ({ name: 'One', when: [], action: 'leave' })),
    aRule(aStatus, { when: Array.from({ length: 21 }, () => aStatus) }),
  ],
  good: [
    [],
    DEFAULT_RULES,
    aRule(aStatus, { disabled: true, until: '2026-12-31', report: true, code: 'x' }),
    aRule(aStatus, { until: '2026-12-31T12:00:00+01:00' }),
    aRule({ ...aStatus, not: 'true' }, { disabled: 'false', report: 'true' }),
    aRule({ field: 'group', in: [] }),
    aRule({ field: 'mailbox', how: 'regex', patterns: ['^board'], not: true }),
    aRule({ field: 'ageHours', atLeast: '5', below: 48 }),
    aRule({ field: 'lastSyncAt', before: '2026-12-31T00:00:00Z' }),
    ...KNOWN.map(([field, values]) => aRule({ field, is: values ?? ['anything'] })),
  ],
};

/** By node type and property. What is not here takes anything, or names another node. */
export const FIELD_VALUES: Readonly<Record<string, Readonly<Record<string, FieldValues>>>> = {
  'exchange-server': {
    kind: choice('remote-powershell', 'exchange-online', 'simulated'),
    urls: {
      rubbish: [...HTTPS, 'abc', 'https://a.example/ abc', {}],
      good: ['https://mail.contoso.com/PowerShell/', 'https://a.example/PowerShell\nhttps://b.example/PowerShell'],
    },
    auth: choice('kerberos', 'ntlm', 'basic', 'certificate'),
    realm: under(
      { auth: 'kerberos' },
      {
        rubbish: ['corp contoso', 'CORP\\anna', 'anna@corp.example', '.corp.example', 'corp.example.', {}],
        good: ['CORP.CONTOSO.COM', 'corp', ' corp.contoso.com '],
      },
    ),
    spn: under({ auth: 'kerberos' }, TEXT),
    tenantId: under({ kind: 'exchange-online' }, TENANT),
    clientId: under({ kind: 'exchange-online' }, TEXT),
    viewEntireForest: FLAG,
    sessions: WHOLE,
    silenceLimit: WHOLE,
    ldapUrl: LDAP,
  },
  'mdm-tenant': {
    kind: choice('intune', 'simulated'),
    cloud: choice('global', 'usgov', 'dod', 'china', 'custom'),
    graphUrl: under(
      { cloud: 'custom' },
      {
        rubbish: [...HTTPS, 'https://x.example/?a=1'],
        good: ['https://graph.microsoft.com', 'https://x.example/v1.0'],
      },
    ),
    authorityUrl: under(
      { cloud: 'custom' },
      { rubbish: [...HTTPS, 'https://x.example/#a'], good: ['https://login.microsoftonline.com'] },
    ),
    tenantId: TENANT,
    clientId: TEXT,
    authMethod: choice('secret', 'certificate'),
  },
  'mail-account': {
    transport: choice('smtp', 'ews', 'simulated'),
    address: ADDRESS,
    displayName: TEXT,
    host: {
      rubbish: ['mail contoso com', 'https://mail.contoso.com', 'mail.contoso.com:25', 'anna@contoso.com'],
      good: ['mail.contoso.com', 'mail', '10.0.0.1', '::1'],
    },
    port: { rubbish: [...WHOLE.rubbish, 65_536, '70000'], good: [25, 587, '465', 65_535] },
    security: choice('starttls', 'tls', 'none'),
    ewsUrl: under(
      { transport: 'ews' },
      { rubbish: [...HTTPS, 'abc'], good: ['https://mail.contoso.com/EWS/Exchange.asmx'] },
    ),
    allowedRedirects: under(
      { transport: 'ews' },
      { rubbish: ['https://x.example', 'x.example/EWS'], good: ['ex01.contoso.local', 'ex01, 10.0.0.1, ::1'] },
    ),
    ewsAuth: under(
      { transport: 'ews', ewsUrl: 'https://mail.contoso.com/EWS/Exchange.asmx' },
      choice('ntlm', 'basic', 'kerberos'),
    ),
    spn: under({ transport: 'ews' }, TEXT),
    ratePerMinute: WHOLE,
  },
  'connector-store': { engine: choice('sqlite', 'postgres'), path: TEXT },
  'eas-source': {
    from: choice('exchange', 'message'),
    sync: choice('full', 'quick'),
    pageSize: WHOLE,
    scope: {
      rubbish: [
        'abc',
        '[]',
        '5',
        '{"color": "red"}',
        '{"deviceType": 5}',
        '{"deviceType": ""}',
        '{"deviceType": ["a", 1]}',
      ],
      good: ['{}', '{"deviceType": "iPhone"}', '{"mailbox": ["a*", "b"], "displayName": "x"}', {}],
    },
  },
  'mdm-source': {
    provider: choice('intune', 'mapping'),
    sync: choice('full', 'quick'),
    preset: under({ provider: 'mapping' }, choice(...MDM_PRESETS.map(({ id }) => id))),
    mapping: under({ provider: 'mapping' }, { rubbish: ['{', '$x(', '1 +'], good: ['{"id": id}', '$'] }),
    expected: under({ provider: 'mapping' }, FLAG),
    compliance: under({ provider: 'mapping' }, choice('preset', 'reported', 'managed-is-enough')),
    bulkAbove: COUNT,
    pageSize: WHOLE,
  },
  'merge-matcher': { pageSize: WHOLE, maxAge: HOURS, sameUser: FLAG, lateActivation: FLAG, serialMatch: FLAG },
  'access-switch': {
    mode: choice('simulate', 'enforce'),
    rules: RULES,
    brakePercent: { rubbish: [...NO_NUMBER, 101, '100.5'], good: [0, 10, '12.5', 100] },
    brakeCount: COUNT,
    brakePerDay: COUNT,
    adoptEntries: FLAG,
    mailFirst: FLAG,
    whenMdmAway: choice('leave', 'allow', 'block'),
    startFrom: choice('strict', 'grandfather'),
    grandfatherDays: under({ startFrom: 'grandfather' }, HOURS),
    idleDays: DAYS,
    tidyDays: DAYS,
    removeByHand: FLAG,
    removeIdleDays: { under: { idleDays: '30' }, rubbish: [...DAYS.rubbish, 1, '29'], good: [0, '0', 30, '365'] },
  },
  'enrollment-notifier': {
    linkBase: {
      rubbish: [...HTTPS, 'abc', 'https://x.example/?a=1', 'https://x.example/#a'],
      good: ['https://connector.contoso.com', 'https://contoso.com/activate', 'http://127.0.0.1:1880', 'http://[::1]/'],
    },
    enrollUrl: PAGE,
    appName: TEXT,
    appIos: PAGE,
    appAndroid: PAGE,
    helpDesk: TEXT,
    helpDeskPhone: TEXT,
    helpDeskMail: ADDRESS,
    helpDeskWeb: PAGE,
    company: TEXT,
    color: COLOR,
    logo: LOGO,
    timeZone: {
      rubbish: ['Berlin', 'Europe/Nowhere', 'MEZ', 'Europe/Berlin, UTC', {}],
      good: ['Europe/Berlin', 'America/New_York', 'UTC'],
    },
    language: { rubbish: ['e', 'english please', 'en_US', '"><script>', {}], good: ['en', 'de-CH', 'fr'] },
    subject: MAIL_TEXT,
    text: MAIL_TEXT,
    html: { rubbish: [...MAIL_TEXT.rubbish, '{{{link}}}'], good: MAIL_TEXT.good },
    reminderAfter: { rubbish: [...NO_NUMBER, 87_601, '9999999999'], good: [...HOURS.good, 87_600] },
    reminders: COUNT,
    cc: {
      rubbish: ADDRESS.rubbish.filter((one) => one !== 'a@b.com, c@d.com'),
      good: ['a@b.com', 'a@b.com, c@d.com'],
    },
    allowedDomains: {
      rubbish: ['contoso', 'contoso,com', 'anna@contoso.com', '*', 'https://contoso.com'],
      good: ['contoso.com', '@contoso.com, *.contoso.de', 'kölle.example'],
    },
  },
  'activation-link': {
    path: {
      rubbish: ['/', '/a b', '/a?b', '/ä', 'https://x.example/', {}],
      good: ['/activate', 'activate', '/a/b-c/'],
    },
    enrollUrl: PAGE,
    appName: TEXT,
    appIos: PAGE,
    appAndroid: PAGE,
    helpDesk: TEXT,
    helpDeskPhone: TEXT,
    helpDeskMail: ADDRESS,
    helpDeskWeb: PAGE,
    company: TEXT,
    color: COLOR,
    logo: LOGO,
  },
  'autodiscover-check': {
    domain: {
      rubbish: ['contoso', '10.0.0.1', 'https://contoso.com', 'a b.com', '-a.com', 'müller', 'mü/ller.de', {}],
      good: ['contoso.com', 'x.co.uk', 'müller.example', 'МЮЛЛЕР.example'],
    },
    address: ADDRESS,
    allowBasic: FLAG,
    internalResolvers: SERVERS,
    externalResolvers: SERVERS,
    allowedRedirects: {
      rubbish: ['https://x.example', 'contoso', '*.x.example'],
      good: ['mail.contoso.net', 'a.example, b.example'],
    },
    domains: {
      rubbish: ['contoso', 'https://x.example', '*.x.example', 'a.example, b'],
      good: ['contoso.net', 'a.example, müller.example'],
    },
    ldapUrl: LDAP,
    site: TEXT,
    language: choice('en', 'de'),
    changesOnly: FLAG,
  },
};

/** Values of the fields that may not be empty, so that only the field that is tried can be wrong. */
export const REQUIRED: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'exchange-server': { urls: 'https://mail.contoso.com/PowerShell/', tenantId: 'contoso.com', clientId: 'client' },
  'mdm-tenant': {
    graphUrl: 'https://graph.microsoft.com',
    authorityUrl: 'https://login.microsoftonline.com',
    tenantId: 'contoso.com',
    clientId: 'client',
  },
  'mail-account': { address: 'connector@contoso.com', host: 'mail.contoso.com' },
  'mdm-source': { mapping: '{"id": id}' },
  'enrollment-notifier': { linkBase: 'https://connector.contoso.com' },
};

/** The choices under which a required field is required. */
export const REQUIRED_UNDER: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>> = {
  'exchange-server': { urls: {}, tenantId: { kind: 'exchange-online' }, clientId: { kind: 'exchange-online' } },
  'mdm-tenant': { graphUrl: { cloud: 'custom' }, authorityUrl: { cloud: 'custom' }, tenantId: {}, clientId: {} },
  'mail-account': { address: {}, host: {} },
  'mdm-source': { mapping: { provider: 'mapping' } },
  'enrollment-notifier': { linkBase: {} },
};
