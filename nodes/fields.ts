/**
 * What every field of every dialog may hold: one table of field → rule. The nodes refuse by it what cannot be meant; the
 * dialogs refuse the same in the browser (nodes/editor/checks.js), and test/nodes/fields.test.ts holds the two together.
 *
 *   the value is                          the node
 *   not there, or an empty text           takes its default; refuses, if the field is required
 *   what the rule takes                   works with it
 *   anything else                         refuses every input, and says so in its status from the start
 *   `${NAME}`, and Node-RED knows NAME    sees that value instead: the lines above
 *   `${NAME}`, and Node-RED does not      refuses, and names the variable
 *
 * A field that does not count under the choices made (`when`) may hold anything: its row is not shown either.
 */
import { domainToASCII } from 'node:url';
import { checkRules } from '../src/access/check-rules.ts';
import { asConnectorError } from '../src/errors.ts';
import { isPlainAddress } from '../src/model/plain-address.ts';
import { isColor } from '../src/model/button-color.ts';
import { readLogo } from '../src/model/logo.ts';
import { MDM_PRESETS } from '../src/mdm/presets.ts';
import { COMPLIANCE_SETTINGS } from '../src/mdm/told-compliance.ts';
import { REPORT_LANGUAGES } from '../src/autodiscover/words/say.ts';
import { scopeOf } from '../src/exchange/eas-scope.ts';
import { checkMailTemplate } from '../src/notify/render-mail.ts';
import { rulesOf } from './saved-rules.ts';

/** What the rules need of Node-RED. */
export interface Expressions {
  /** Throws for what is no JSONata. */
  prepareJSONataExpression(expression: string, node: object): unknown;
}

type Properties = Readonly<Record<string, unknown>>;

/** What is expected of a field: a text of the catalogue below `shared.invalid`, and its values. */
export interface Expected {
  readonly key: string;
  readonly values?: Readonly<Record<string, string | number>>;
}

interface Rule {
  /** For a value that does not fit. */
  expected(value: unknown, expressions: Expressions, definition: Properties): Expected;
  fits(value: unknown, expressions: Expressions, definition: Properties): boolean;
}

/** One field of a dialog. */
export interface Field {
  readonly rule: Rule | null;
  readonly required: boolean;
  /** What an unset choice counts as. */
  readonly fallback?: string;
  /** Other fields and the choices under which this one counts; all must hold. */
  readonly when: Readonly<Record<string, readonly string[]>>;
  /** It names a config node. */
  readonly reference: boolean;
}

const NOTHING = { rule: null, required: false, when: {}, reference: false } as const;

const text = (value: unknown): string | null =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value).trim() : null;

const isUnset = (value: unknown): boolean => value === undefined || value === null || text(value) === '';

const field = (rule: Rule): Field => ({ ...NOTHING, rule });

/** A field whose text passes a test. */
const textField = (
  key: string,
  test: (text: string, expressions: Expressions) => boolean,
  values?: Expected['values'],
): Field =>
  field({
    expected: () => (values === undefined ? { key } : { key, values }),
    fits: (value, expressions) => {
      const given = text(value);
      return given !== null && test(given, expressions);
    },
  });

const required = (one: Field): Field => ({ ...one, required: true });
const when = (choices: Field['when'], one: Field): Field => ({ ...one, when: choices });

// ── the rules ───────────────────────────────────────────────────────────────

/** A number that is no boolean: `true` is 1 to JavaScript. */
const numberIn = (given: string, min: number, max: number): boolean =>
  Number.isFinite(Number(given)) && Number(given) >= min && Number(given) <= max;

const number = (min: number, max?: number): Field =>
  textField(
    max === undefined ? 'number' : 'numberTo',
    (given) => numberIn(given, min, max ?? Number.MAX_SAFE_INTEGER),
    max === undefined ? { min } : { min, max },
  );

const wholeNumber = (min: number, max?: number): Field =>
  textField(
    max === undefined ? 'wholeNumber' : 'wholeNumberTo',
    (given) => numberIn(given, min, max ?? Number.MAX_SAFE_INTEGER) && Number.isInteger(Number(given)),
    max === undefined ? { min } : { min, max },
  );

/** Ten years: no date can be told of what is millions of days from now. */
const MOST_DAYS = 3650;

/** One of the words; the first is the default. */
const choice = (...words: string[]): Field => ({
  ...textField('choice', (given) => words.includes(given), { choices: words.filter((word) => word !== '').join(', ') }),
  fallback: words[0] ?? '',
});

const flag = textField('flag', (given) => given === 'true' || given === 'false');
const anything: Field = NOTHING;
const anyText = textField('text', () => true);
const reference: Field = { ...NOTHING, reference: true };

/** RFC 6761 section 6.3, RFC 1122 section 3.2.1.3 (g), RFC 4291 section 2.5.3: what never leaves this host. */
const LOOPBACK = /^(localhost|.*\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;

function isHttps(given: string, { here }: { here: boolean }): boolean {
  if (!URL.canParse(given) || /\s/.test(given)) return false;
  const { protocol, hostname, username, password } = new URL(given);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (here && protocol === 'http:' && LOOPBACK.test(hostname));
}

const isPlainUrl = (given: string): boolean => !/[?#]/.test(given);
const entries = (given: string): string[] => given.split(/[\s,;]+/).filter((entry) => entry !== '');
const all = (test: (entry: string) => boolean) => (given: string) => entries(given).every(test);

const httpsAddress = textField('httpsAddress', (given) => isHttps(given, { here: false }));
const baseAddress = textField('httpsAddress', (given) => isHttps(given, { here: false }) && isPlainUrl(given));
const httpsAddresses = textField(
  'httpsAddresses',
  all((entry) => isHttps(entry, { here: false })),
);
const pageAddress = textField('pageAddress', (given) => isHttps(given, { here: true }));
const linkAddress = textField('linkAddress', (given) => isHttps(given, { here: true }) && isPlainUrl(given));

const color = textField('color', isColor);
const logo = textField('logo', (given) => readLogo(given) !== null);

/** A text of a mail: it names what mails have, and closes what it opens. */
const mailText = (part: 'subject' | 'text' | 'html'): Field =>
  field({
    expected: (value) => ({ key: 'mailText', values: { tag: wrongTagOf(value, part) ?? '' } }),
    fits: (value) => wrongTagOf(value, part) === null,
  });

/** What a mail cannot have, as it is written; null: nothing. */
function wrongTagOf(value: unknown, part: 'subject' | 'text' | 'html'): string | null {
  const given = text(value);
  if (given === null) return '?';
  try {
    checkMailTemplate({ language: 'en', subject: '', text: '', html: '', [part]: given });
    return null;
  } catch (thrown) {
    const { tag } = asConnectorError(thrown).details;
    return typeof tag === 'string' ? tag : '{{…';
  }
}

/** As Node.js knows it, which is what writes the dates. */
const timeZone = textField('timeZone', (given) => {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: given }));
  } catch {
    return false;
  }
});

const DOMAIN = /^(?=.{1,240}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?\.?$/i;
/** In any script: DNS and Exchange know it in ASCII. */
const isDomain = (given: string): boolean => DOMAIN.test(/^[ -~]*$/.test(given) ? given : domainToASCII(given));

const domain = textField('domain', isDomain);
const domains = textField('domains', all(isDomain));
const recipientDomains = textField(
  'recipientDomains',
  // In any script: Exchange keeps such domains as they are written.
  all((entry) => /^(@|\*\.)?[^\s@*.:/]+(\.[^\s@*.:/]+)+$/.test(entry)),
);
const mailAddress = textField('mailAddress', isPlainAddress);
const mailAddresses = textField('mailAddresses', all(isPlainAddress));
const isHost = (given: string): boolean => /^[^\s/@:]+$/.test(given) || isAddress6(given);
const host = textField('host', isHost);
/** Host names, domains and addresses. */
const hosts = textField('hosts', all(isHost));

function isAddress6(given: string): boolean {
  return given.includes(':') && /^[0-9a-f:.]+$/i.test(given) && URL.canParse(`http://[${given}]`);
}

/** `system`, or an address of version 4 or 6, alone or with a port (then version 6 in brackets). */
function isNameServer(given: string): boolean {
  if (given === 'system' || isAddress6(given)) return true;
  const parts = /^(?:\[([^\]]+)\]|(\d{1,3}(?:\.\d{1,3}){3}))(?::(\d{1,5}))?$/.exec(given);
  if (parts === null) return false;
  const [, version6, version4, port] = parts;
  const isHost = version6 === undefined ? isAddress4(version4 ?? '') : isAddress6(version6);
  return isHost && (port === undefined || (Number(port) > 0 && Number(port) < 65_536));
}

const isAddress4 = (given: string): boolean => given.split('.').every((byte) => Number(byte) < 256);
const ldapAddress = textField('ldapAddress', (given) =>
  /^ldaps?:\/\/([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:\d{1,5})?\/?$/i.test(given),
);
const realm = textField('realm', (given) => /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(given));
const nameServers = textField('nameServers', all(isNameServer));

/** A tenant's id or one of its domains; the authorities that are no single tenant are none. */
const tenant = textField(
  'tenant',
  (given) => /^[a-z0-9][a-z0-9.-]*$/i.test(given) && !/^(common|organizations|consumers)$/i.test(given),
);
const language = textField('language', (given) => /^[a-z]{2,8}(-[a-z0-9]{1,8})*$/i.test(given));
const path = textField('path', (given) => /^\/*[\w.~-][\w.~/-]*$/.test(given));

const scope = field({
  expected: () => ({ key: 'scope' }),
  fits: (value) => {
    try {
      scopeOf(value);
      return true;
    } catch {
      return false;
    }
  },
});

const mapping: Field = field({
  expected: (value, expressions) => ({ key: 'mapping', values: { why: whyNoJsonata(value, expressions) ?? '' } }),
  fits: (value, expressions) => whyNoJsonata(value, expressions) === null,
});

/** JSONata throws plain objects with a message. */
function whyNoJsonata(value: unknown, expressions: Expressions): string | null {
  try {
    expressions.prepareJSONataExpression(text(value) ?? '', {});
    return null;
  } catch (thrown) {
    return String((thrown as { message?: unknown }).message);
  }
}

const rules = field({
  expected: (value) => {
    const [problem] = checkRules(Array.isArray(value) ? rulesOf(value) : value);
    return { key: 'rule', values: { number: (problem?.rule ?? 0) + 1, why: problem?.text ?? '' } };
  },
  fits: (value) => Array.isArray(value) && checkRules(rulesOf(value)).length === 0,
});

/** Intune tells compliance: there a word of its own must not be set aside. */
const compliance: Field = unlessIntune(choice(...COMPLIANCE_SETTINGS), 'managed-is-enough');

function unlessIntune(one: Field, word: string): Field {
  const { rule } = one;
  if (rule === null) return one;
  const isRefused = (value: unknown, { provider }: Properties): boolean =>
    text(value) === word && (isUnset(provider) || text(provider) === 'intune');
  return {
    ...one,
    rule: {
      expected: (value, expressions, definition) =>
        isRefused(value, definition) ? { key: 'intuneTells' } : rule.expected(value, expressions, definition),
      fits: (value, expressions, definition) =>
        !isRefused(value, definition) && rule.fits(value, expressions, definition),
    },
  };
}

/** 0, or no fewer than another field has. @param preset what that one counts as if it is unset */
function noFewerThan(other: string, preset: number, one: Field): Field {
  const { rule } = one;
  if (rule === null) return one;
  const least = (definition: Properties): number =>
    isUnset(definition[other]) ? preset : Number(text(definition[other]) ?? '');
  const isRefused = (value: unknown, definition: Properties): boolean =>
    Number(text(value)) > 0 && Number(text(value)) < least(definition);
  return {
    ...one,
    rule: {
      expected: (value, expressions, definition) =>
        rule.fits(value, expressions, definition)
          ? { key: 'fewerThanIdle', values: { min: least(definition) } }
          : rule.expected(value, expressions, definition),
      fits: (value, expressions, definition) =>
        rule.fits(value, expressions, definition) && !isRefused(value, definition),
    },
  };
}

/** Autodiscover is asked with a password: without one the address must be known. */
function kerberosWithAddress(one: Field): Field {
  const { rule } = one;
  if (rule === null) return one;
  const isRefused = (value: unknown, { ewsUrl }: Properties): boolean => text(value) === 'kerberos' && isUnset(ewsUrl);
  return {
    ...one,
    rule: {
      expected: (value, expressions, definition) =>
        isRefused(value, definition) ? { key: 'kerberosNeedsAddress' } : rule.expected(value, expressions, definition),
      fits: (value, expressions, definition) =>
        !isRefused(value, definition) && rule.fits(value, expressions, definition),
    },
  };
}

// ── the table ───────────────────────────────────────────────────────────────

const REMOTE = { kind: ['remote-powershell'] };
const KERBEROS = { ...REMOTE, auth: ['kerberos'] };
const ONLINE = { kind: ['exchange-online'] };
const REAL = { kind: ['remote-powershell', 'exchange-online'] };
const INTUNE = { kind: ['intune'] };
const CUSTOM = { kind: ['intune'], cloud: ['custom'] };
const SMTP = { transport: ['smtp'] };
const EWS = { transport: ['ews'] };
const MAPPED = { provider: ['mapping'] };
const READ = { from: ['exchange'] };

/** By node type and property. Every property that a dialog saves is here. */
export const FIELDS: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  'exchange-server': {
    name: anything,
    kind: choice('remote-powershell', 'exchange-online', 'simulated'),
    urls: when(REMOTE, required(httpsAddresses)),
    auth: when(REMOTE, choice('kerberos', 'ntlm', 'basic', 'certificate')),
    realm: when(KERBEROS, realm),
    spn: when(KERBEROS, anyText),
    tenantId: when(ONLINE, required(tenant)),
    clientId: when(ONLINE, required(anyText)),
    viewEntireForest: when(REMOTE, flag),
    sessions: when(REMOTE, wholeNumber(1)),
    silenceLimit: when(REMOTE, wholeNumber(1)),
    ldapUrl: when(REMOTE, ldapAddress),
    tls: when(REAL, reference),
    proxy: when(REAL, reference),
  },
  'mdm-tenant': {
    name: anything,
    kind: choice('intune', 'simulated'),
    cloud: when(INTUNE, choice('global', 'usgov', 'dod', 'china', 'custom')),
    graphUrl: when(CUSTOM, required(baseAddress)),
    authorityUrl: when(CUSTOM, required(baseAddress)),
    tenantId: when(INTUNE, required(tenant)),
    clientId: when(INTUNE, required(anyText)),
    authMethod: when(INTUNE, choice('secret', 'certificate')),
    tls: when(INTUNE, reference),
    proxy: when(INTUNE, reference),
  },
  'mail-account': {
    name: anything,
    transport: choice('smtp', 'ews', 'simulated'),
    address: required(mailAddress),
    displayName: anyText,
    host: when(SMTP, required(host)),
    port: when(SMTP, wholeNumber(1, 65_535)),
    security: when(SMTP, choice('starttls', 'tls', 'none')),
    ewsUrl: when(EWS, httpsAddress),
    allowedRedirects: when(EWS, hosts),
    ewsAuth: when(EWS, kerberosWithAddress(choice('ntlm', 'basic', 'kerberos'))),
    spn: when(EWS, anyText),
    tls: when({ transport: ['smtp', 'ews'] }, reference),
    ratePerMinute: wholeNumber(1),
  },
  'connector-store': {
    name: anything,
    engine: choice('sqlite', 'postgres'),
    path: when({ engine: ['sqlite'] }, anyText),
  },
  'eas-source': {
    name: anything,
    from: choice('exchange', 'message'),
    server: required(reference),
    store: when(READ, required(reference)),
    sync: choice('full', 'quick'),
    pageSize: wholeNumber(1),
    scope: when(READ, scope),
  },
  'mdm-source': {
    name: anything,
    provider: choice('intune', 'mapping'),
    tenant: when({ provider: ['intune'] }, required(reference)),
    store: reference,
    sync: when({ provider: ['intune'] }, choice('full', 'quick')),
    preset: when(MAPPED, choice('', ...MDM_PRESETS.map(({ id }) => id))),
    mapping: when({ ...MAPPED, preset: [''] }, required(mapping)),
    expected: when(MAPPED, flag),
    compliance,
    bulkAbove: when({ provider: ['intune'] }, wholeNumber(0)),
    pageSize: wholeNumber(1),
  },
  'merge-matcher': {
    name: anything,
    store: required(reference),
    pageSize: wholeNumber(1),
    maxAge: number(0),
    sameUser: flag,
    lateActivation: flag,
    serialMatch: flag,
  },
  'access-switch': {
    name: anything,
    mode: choice('simulate', 'enforce'),
    server: required(reference),
    store: required(reference),
    directory: reference,
    rules,
    brakePercent: number(0, 100),
    brakeCount: wholeNumber(0),
    brakePerDay: wholeNumber(0),
    adoptEntries: flag,
    mailFirst: flag,
    whenMdmAway: choice('leave', 'allow', 'block'),
    startFrom: choice('strict', 'grandfather'),
    grandfatherDays: when({ startFrom: ['grandfather'] }, number(0)),
    idleDays: wholeNumber(0, MOST_DAYS),
    tidyDays: wholeNumber(0, MOST_DAYS),
    removeIdleDays: noFewerThan('idleDays', 30, wholeNumber(0, MOST_DAYS)),
    removeByHand: flag,
  },
  'enrollment-notifier': {
    name: anything,
    account: required(reference),
    store: required(reference),
    server: reference,
    linkBase: required(linkAddress),
    enrollUrl: pageAddress,
    appName: anyText,
    appIos: pageAddress,
    appAndroid: pageAddress,
    helpDesk: anyText,
    helpDeskPhone: anyText,
    helpDeskMail: mailAddress,
    helpDeskWeb: pageAddress,
    company: anyText,
    color,
    logo,
    timeZone,
    language,
    subject: mailText('subject'),
    text: mailText('text'),
    html: mailText('html'),
    reminderAfter: number(0, 24 * MOST_DAYS),
    reminders: wholeNumber(0),
    cc: mailAddresses,
    allowedDomains: recipientDomains,
  },
  'activation-link': {
    name: anything,
    store: required(reference),
    path,
    enrollUrl: pageAddress,
    appName: anyText,
    appIos: pageAddress,
    appAndroid: pageAddress,
    helpDesk: anyText,
    helpDeskPhone: anyText,
    helpDeskMail: mailAddress,
    helpDeskWeb: pageAddress,
    company: anyText,
    color,
    logo,
  },
  'autodiscover-check': {
    name: anything,
    domain,
    address: mailAddress,
    account: reference,
    store: reference,
    allowBasic: flag,
    internalResolvers: nameServers,
    externalResolvers: nameServers,
    allowedRedirects: domains,
    // The whole organization
    domains,
    exchange: reference,
    ldapUrl: ldapAddress,
    site: anyText,
    // How the result is said
    language: choice(...REPORT_LANGUAGES),
    changesOnly: flag,
  },
};

// ── looking at a definition ─────────────────────────────────────────────────

/** A field that cannot be meant, and what is expected of it. */
export interface FieldProblem {
  readonly property: string;
  readonly expected: Expected;
}

/** The first field of a node that cannot be meant; null if it may start. Takes anything: flow files are edited by hand. */
export function findProblem(expressions: Expressions, type: string, definition: Properties): FieldProblem | null {
  const fields = FIELDS[type] ?? {};
  for (const [property, field] of Object.entries(fields)) {
    const expected = counts(fields, field, definition) ? problemOf(expressions, field, definition, property) : null;
    if (expected !== null) return { property, expected };
  }
  return null;
}

/** Whether the choices made let a field count. */
function counts(fields: Readonly<Record<string, Field>>, { when }: Field, definition: Properties): boolean {
  return Object.entries(when).every(([property, choices]) => {
    const value = definition[property];
    return choices.includes(isUnset(value) ? (fields[property]?.fallback ?? '') : String(value).trim());
  });
}

function problemOf(
  expressions: Expressions,
  { rule, required }: Field,
  definition: Properties,
  property: string,
): Expected | null {
  const value = definition[property];
  if (rule === null) return null;
  if (isUnset(value)) return required ? rule.expected(value, expressions, definition) : null;
  const variable = unknownVariable(value);
  if (variable !== null) return { key: 'variableUnknown', values: { name: variable } };
  return rule.fits(value, expressions, definition) ? null : rule.expected(value, expressions, definition);
}

/** The first environment variable that Node-RED did not know: it leaves `${NAME}` and `$(NAME)` as they are. */
export function unknownVariable(value: unknown): string | null {
  if (typeof value === 'string') return /^\$(?:\{(\S+)\}|\((\S+)\))$/.exec(value)?.slice(1).find(Boolean) ?? null;
  if (typeof value !== 'object' || value === null) return null;
  for (const part of Object.values(value)) {
    const found = unknownVariable(part);
    if (found !== null) return found;
  }
  return null;
}

/** A config node that a node uses. */
export interface Reference {
  readonly property: string;
  /** Empty: none is chosen. */
  readonly id: string;
  /** The node does nothing without it. */
  readonly isNeeded: boolean;
}

/** The config nodes that a node uses, as far as the choices made let them count. */
export function referencesOf(type: string, definition: Properties): Reference[] {
  const fields = FIELDS[type] ?? {};
  return Object.entries(fields)
    .filter(([, field]) => field.reference && counts(fields, field, definition))
    .map(([property, { required: isNeeded }]) => ({ property, id: text(definition[property]) ?? '', isNeeded }));
}
