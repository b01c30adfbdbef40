/**
 * The words of a rule's sentence, in the editor's languages. Values are called what the check boxes beside them are called
 * (nodes/access-switch/locales); a test compares the two.
 */
import type { AccessState, Action, Compliance, DeviceStatus, Platform, ReasonCode } from '../model/records.ts';
import type { TextField } from './rules.ts';
import type { TextTestKind } from './text-test.ts';

/** Languages that a rule can be read back in. */
export type RuleLanguage = 'en' | 'de';

/** What a sentence is put together from. A clause gets its values as one text, and whether it is turned round. */
export interface RuleWords {
  readonly actions: Readonly<Record<Action, string>>;
  readonly andReport: string;
  readonly always: (then: string) => string;
  readonly ifThen: (conditions: string, then: string) => string;
  readonly and: string;
  readonly or: string;
  readonly quoted: (text: string) => string;
  readonly until: (time: string) => string;
  readonly switchedOff: string;
  /** Of conditions that have values. */
  readonly is: Readonly<
    Record<'status' | 'reason' | 'compliance' | 'platform' | 'accessState' | 'accessReason', Clause>
  >;
  readonly values: {
    readonly status: Readonly<Record<DeviceStatus, string>>;
    readonly reason: Readonly<Record<ReasonCode, string>>;
    readonly compliance: Readonly<Record<Compliance, string>>;
    readonly platform: Readonly<Record<Platform, string>>;
    readonly accessState: Readonly<Record<AccessState, string>>;
  };
  readonly noGroups: string;
  readonly member: Clause;
  readonly listed: Clause;
  readonly lists: Readonly<Record<'allowed' | 'blocked' | 'none', string>>;
  readonly by: Readonly<Record<'us' | 'admin', string>>;
  readonly texts: Readonly<Record<TextField, string>>;
  readonly compared: Readonly<Record<TextTestKind, (field: string, patterns: string, not: boolean) => string>>;
  readonly synced: Readonly<Record<'ageHours' | 'idleHours', Clause>>;
  readonly syncedBefore: Readonly<Record<'firstSyncAt' | 'lastSyncAt', Clause>>;
  readonly hours: {
    readonly below: (below: number) => string;
    readonly atLeast: (atLeast: number) => string;
    readonly between: (atLeast: number, below: number) => string;
  };
}

type Clause = (values: string, not: boolean) => string;

const is =
  (what: string): Clause =>
  (values, not) =>
    `${what} ${not ? 'is not' : 'is'} ${values}`;

const ist =
  (what: string): Clause =>
  (values, not) =>
    `${what} ${not ? 'nicht ' : ''}${values} ist`;

/** A rule read back in English or German. */
export const RULE_WORDS: Readonly<Record<RuleLanguage, RuleWords>> = {
  en: {
    actions: {
      allow: 'allow the device',
      block: 'block the device',
      release: "take our entry back and let Exchange's own rules decide",
      leave: 'leave the device as it is',
    },
    andReport: ' and report it',
    always: (then) => `always ${then}.`,
    ifThen: (conditions, then) => `if ${conditions}, then ${then}.`,
    and: ', and ',
    or: ' or ',
    quoted: (text) => `“${text}”`,
    until: (time) => ` (until ${time})`,
    switchedOff: ' (switched off)',
    is: {
      status: is('the record'),
      reason: is('the reason'),
      compliance: is('the compliance'),
      platform: is('the platform'),
      accessState: is("Exchange's state"),
      accessReason: is("Exchange's reason"),
    },
    values: {
      status: { eas: 'EAS only', mdm: 'MDM only', 'eas/mdm': 'EAS and MDM merged' },
      reason: {
        merged: 'merged',
        'not-enrolled': 'not enrolled',
        superseded: 'replaced by a newer account',
        idle: 'not used any more',
        'needs-activation': 'waits for the link',
        'not-native-client': 'not the native mail app',
        'other-user': 'EAS ID of another user',
        ambiguous: 'ambiguous',
        'returned-with-new-id': 'returned with a new EAS ID',
        'snapshot-incomplete': 'reading incomplete',
        'no-eas-record': 'no mail account',
      },
      compliance: { compliant: 'compliant', 'in-grace': 'in grace', noncompliant: 'noncompliant', unknown: 'unknown' },
      platform: { ios: 'iOS', android: 'Android', windows: 'Windows', macos: 'macOS', other: 'other' },
      accessState: {
        allowed: 'allowed',
        blocked: 'blocked',
        quarantined: 'quarantined',
        discovery: 'discovery',
        unknown: 'unknown',
      },
    },
    noGroups: 'groups are set up (none are, so the rule is passed over)',
    member: (groups, not) => `the user is ${not ? 'not ' : ''}a member of ${groups}`,
    listed: (lists, not) => `the device is ${not ? 'not ' : ''}on ${lists}`,
    lists: { allowed: 'the allowed list', blocked: 'the blocked list', none: 'neither personal list' },
    by: { us: ' by this connector', admin: ' by an administrator' },
    texts: {
      deviceType: 'the device type',
      deviceModel: 'the device model',
      deviceOs: 'the operating system',
      userAgent: 'the user agent',
      clientType: 'the client type',
      mailbox: 'the mailbox',
      easId: 'the EAS ID',
    },
    compared: {
      exact: (field, patterns, not) => `${field} ${not ? 'is not' : 'is'} ${patterns}`,
      wildcard: (field, patterns, not) => `${field} ${not ? 'is not like' : 'is like'} ${patterns}`,
      regex: (field, patterns, not) => `${field} ${not ? 'does not match' : 'matches'} ${patterns}`,
    },
    synced: {
      ageHours: (hours, not) => `the device first synced ${not ? 'not ' : ''}${hours} ago`,
      idleHours: (hours, not) => `the device last synced ${not ? 'not ' : ''}${hours} ago`,
    },
    syncedBefore: {
      firstSyncAt: (time, not) => `the device first synced ${not ? 'not ' : ''}before ${time}`,
      lastSyncAt: (time, not) => `the device last synced ${not ? 'not ' : ''}before ${time}`,
    },
    hours: {
      below: (below) => `less than ${below} hours`,
      atLeast: (atLeast) => `${atLeast} hours or more`,
      between: (atLeast, below) => `between ${atLeast} and ${below} hours`,
    },
  },
  de: {
    actions: {
      allow: 'das Gerät zulassen',
      block: 'das Gerät sperren',
      release: 'unseren Eintrag zurücknehmen und die eigenen Regeln von Exchange entscheiden lassen',
      leave: 'das Gerät belassen, wie es ist',
    },
    andReport: ', und es melden',
    always: (then) => `immer ${then}.`,
    ifThen: (conditions, then) => `wenn ${conditions}, dann ${then}.`,
    and: ' und ',
    or: ' oder ',
    quoted: (text) => `„${text}“`,
    until: (time) => ` (bis ${time})`,
    switchedOff: ' (abgeschaltet)',
    is: {
      status: ist('der Datensatz'),
      reason: ist('der Grund'),
      compliance: ist('die Konformität'),
      platform: ist('die Plattform'),
      accessState: ist('der Zustand in Exchange'),
      accessReason: ist('der Grund in Exchange'),
    },
    values: {
      status: { eas: 'nur EAS', mdm: 'nur MDM', 'eas/mdm': 'EAS und MDM zusammengeführt' },
      reason: {
        merged: 'zusammengeführt',
        'not-enrolled': 'nicht registriert',
        superseded: 'durch ein neueres Konto ersetzt',
        idle: 'nicht mehr benutzt',
        'needs-activation': 'wartet auf den Link',
        'not-native-client': 'nicht die Mail-App des Geräts',
        'other-user': 'EAS-ID eines anderen Benutzers',
        ambiguous: 'mehrdeutig',
        'returned-with-new-id': 'mit neuer EAS-ID zurück',
        'snapshot-incomplete': 'Abruf unvollständig',
        'no-eas-record': 'kein Mailkonto',
      },
      compliance: {
        compliant: 'konform',
        'in-grace': 'in der Frist',
        noncompliant: 'nicht konform',
        unknown: 'unbekannt',
      },
      platform: { ios: 'iOS', android: 'Android', windows: 'Windows', macos: 'macOS', other: 'andere' },
      accessState: {
        allowed: 'zugelassen',
        blocked: 'gesperrt',
        quarantined: 'in Quarantäne',
        discovery: 'wird erkannt',
        unknown: 'unbekannt',
      },
    },
    noGroups: 'Gruppen eingetragen sind (keine ist es, also wird die Regel übergangen)',
    member: (groups, not) => `der Benutzer ${not ? 'kein ' : ''}Mitglied von ${groups} ist`,
    listed: (lists, not) => `das Gerät ${not ? 'nicht ' : ''}auf ${lists} steht`,
    lists: {
      allowed: 'der Liste der zugelassenen',
      blocked: 'der Liste der gesperrten',
      none: 'keiner der persönlichen Listen',
    },
    by: { us: ', durch diesen Connector', admin: ', durch einen Administrator' },
    texts: {
      deviceType: 'der Gerätetyp',
      deviceModel: 'das Gerätemodell',
      deviceOs: 'das Betriebssystem',
      userAgent: 'der User-Agent',
      clientType: 'der Clienttyp',
      mailbox: 'das Postfach',
      easId: 'die EAS-ID',
    },
    compared: {
      exact: (field, patterns, not) => `${field} ${not ? 'nicht ' : ''}${patterns} ist`,
      wildcard: (field, patterns, not) => `${field} ${not ? 'nicht ' : ''}${patterns} gleicht`,
      regex: (field, patterns, not) => `${field} ${not ? 'nicht ' : ''}zu ${patterns} passt`,
    },
    synced: {
      ageHours: (hours, not) => `das Gerät ${not ? 'nicht ' : ''}${hours} zuerst synchronisiert hat`,
      idleHours: (hours, not) => `das Gerät ${not ? 'nicht ' : ''}${hours} zuletzt synchronisiert hat`,
    },
    syncedBefore: {
      firstSyncAt: (time, not) => `das Gerät ${not ? 'nicht ' : ''}vor ${time} zuerst synchronisiert hat`,
      lastSyncAt: (time, not) => `das Gerät ${not ? 'nicht ' : ''}vor ${time} zuletzt synchronisiert hat`,
    },
    hours: {
      below: (below) => `vor weniger als ${below} Stunden`,
      atLeast: (atLeast) => `vor ${atLeast} Stunden oder mehr`,
      between: (atLeast, below) => `vor ${atLeast} bis ${below} Stunden`,
    },
  },
};
