/** What is said of decisions, in German; the same codes with the same places as in English. */
import type { AccessSaying } from './sayings-en.ts';

export const ACCESS_SAYINGS_DE: Readonly<Record<AccessSaying, string>> = {
  // ── decisions ─────────────────────────────────────────────────────────────
  'no-rule': 'Keine Regel trifft zu.',
  'groups-unreadable': 'Die Mitglieder der Gruppen ließen sich nicht lesen, also wird kein Zugang genommen.',
  compliant: 'Das MDM sagt, das Gerät ist konform.',
  'compliant.word': 'Das MDM sagt, das Gerät ist konform („{word}“).',
  'in-grace': 'Das Gerät ist in seiner Frist.',
  'in-grace.until': 'Das Gerät ist in seiner Frist bis {time}.',
  noncompliant: 'Das MDM sagt, das Gerät ist nicht konform.',
  'noncompliant.word': 'Das MDM sagt, das Gerät ist nicht konform („{word}“).',
  'compliance-unknown': 'Das MDM weiß nicht, ob das Gerät konform ist.',
  'compliance-unknown.word': 'Das MDM weiß nicht, ob das Gerät konform ist („{word}“).',
  grandfathered: 'Beim Einschalten in Benutzung, also zugelassen bis {time}. Danach: {text}',
  gap: 'Exchange konnte nicht alles von diesem Postfach lesen, also wird ihm kein Zugang genommen. Sonst: {text}',
  exempt: 'Ausgenommen bis {time}: „{note}“. Sonst: {action}. {text}',
  'exempt.by': 'Ausgenommen bis {time} durch {by}: „{note}“. Sonst: {action}. {text}',
  'mdm-away': 'Das MDM fehlt schon zu lange; für neue Geräte gilt: {action}.',
  'mdm-back': 'Gesetzt, während das MDM fehlte, und jetzt zurückgenommen. {text}',
  idle: 'Das Gerät hat seit {time} nicht zu synchronisieren versucht, seit {days} Tagen oder länger.',
  'tried-again':
    'Das Postfach hat ein neueres Konto an seiner Stelle, und es hat am {time} wieder zu synchronisieren versucht.',
  'last-attempt': 'letzter Versuch zu synchronisieren: {time}',
  removal:
    'Seit {time} hat nichts zu synchronisieren versucht, und wir sperren es seit {time2}. Die Partnerschaft wird entfernt, unser Eintrag bleibt.',
  undo: 'Rückgängig: der Eintrag dieses Connectors wird zurückgenommen.',
};
