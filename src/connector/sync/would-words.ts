/** What *Try it* says a sync would do, in the editor's languages. */
import { EXEMPT_RULE } from '../../access/exempt.ts';
import { MDM_AWAY_RULE } from '../../access/mdm-away.ts';
import { GAP_RULE } from '../../access/reading-gaps.ts';
import type { RuleLanguage } from '../../access/rule-words.ts';
import type { AccessState, Listed } from '../../model/records.ts';

type List = NonNullable<Listed>;

/** The pieces of the sentence. */
export interface WouldWords {
  readonly states: Readonly<Record<AccessState, string>>;
  readonly lists: Readonly<Record<List, string>>;
  /** What decides that is no rule of the list, by the name that the decision keeps. */
  readonly rules: Readonly<Record<string, string>>;
  /** An MDM record without a name. */
  readonly record: string;
  readonly putOn: (list: string) => string;
  readonly takeOff: (list: string) => string;
  readonly and: string;
  /** @param to null: Exchange's own rules decide */
  readonly change: (steps: string, from: string, to: string | null) => string;
  readonly removal: string;
  readonly nothing: (why: string) => string;
  readonly left: string;
  readonly notListed: string;
  readonly listedAlready: (list: string) => string;
  readonly adminWins: (list: string) => string;
  readonly byItself: (state: string) => string;
}

export const WOULD_WORDS: Readonly<Record<RuleLanguage, WouldWords>> = {
  en: {
    states: {
      allowed: 'allowed',
      blocked: 'blocked',
      quarantined: 'quarantined',
      discovery: 'discovery',
      unknown: 'unknown',
    },
    lists: { allowed: 'the allowed list', blocked: 'the blocked list' },
    rules: {},
    record: 'MDM record',
    putOn: (list) => `put the EAS ID on ${list}`,
    takeOff: (list) => `take it off ${list}`,
    and: ' and ',
    change: (steps, from, to) => `Would ${steps} of the mailbox: ${from} → ${to ?? "what Exchange's own rules say"}.`,
    removal:
      'Would be removed from Exchange by a sync about all devices, if nothing has tried to sync by then. Our entry stays on the blocked list.',
    nothing: (why) => `Nothing would change: ${why}`,
    left: 'the device is left as it is.',
    notListed: 'we have no entry for it on the lists.',
    listedAlready: (list) => `it is on ${list} already.`,
    adminWins: (list) => `an administrator's entry on ${list} wins.`,
    byItself: (state) => `Exchange has it as ${state} by itself.`,
  },
  de: {
    states: {
      allowed: 'zugelassen',
      blocked: 'gesperrt',
      quarantined: 'in Quarantäne',
      discovery: 'in Erkundung',
      unknown: 'unbekannt',
    },
    lists: { allowed: 'die Liste der zugelassenen', blocked: 'die Liste der gesperrten' },
    rules: {
      'No EAS record': 'Kein EAS-Datensatz',
      'No rule': 'Keine Regel',
      [EXEMPT_RULE]: 'Ausgenommen',
      [MDM_AWAY_RULE]: 'MDM fehlt',
      [GAP_RULE]: 'Lücke im Abruf',
      'In use at switch-on': 'Beim Einschalten in Benutzung',
    },
    record: 'MDM-Datensatz',
    putOn: (list) => `die EAS-ID auf ${list} setzen`,
    takeOff: (list) => `sie von ${list.replace(/^die /, 'der ')} nehmen`,
    and: ' und ',
    change: (steps, from, to) =>
      `Würde im Postfach ${steps}: ${from} → ${to ?? 'was die eigenen Regeln von Exchange sagen'}.`,
    removal:
      'Würde von einem Abgleich aller Geräte aus Exchange entfernt, wenn bis dahin nichts versucht hat abzugleichen. Unser Eintrag bleibt auf der Liste der gesperrten.',
    nothing: (why) => `Nichts würde sich ändern: ${why}`,
    left: 'das Gerät bleibt, wie es ist.',
    notListed: 'auf den Listen haben wir keinen Eintrag dafür.',
    listedAlready: (list) => `es steht schon auf ${list.replace(/^die /, 'der ')}.`,
    adminWins: (list) => `der Eintrag eines Administrators auf ${list.replace(/^die /, 'der ')} gilt.`,
    byItself: (state) => `Exchange führt es von selbst als „${state}“.`,
  },
};
