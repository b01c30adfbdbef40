/**
 * What is said of decisions, with places: `{time}` and `{days}` as they are, `{text}` the sentences of what would be otherwise,
 * `{action}` an action's code; all else are names. The same codes with the same places in German: sayings-de.ts.
 */
export const ACCESS_SAYINGS_EN = {
  // ── decisions ─────────────────────────────────────────────────────────────
  'no-rule': 'No rule applies.',
  'groups-unreadable': 'Group membership could not be read, so nothing is lowered.',
  compliant: 'The MDM says the device is compliant.',
  'compliant.word': 'The MDM says the device is compliant ({word}).',
  'in-grace': 'The device is in its grace period.',
  'in-grace.until': 'The device is in its grace period until {time}.',
  noncompliant: 'The MDM says the device is noncompliant.',
  'noncompliant.word': 'The MDM says the device is noncompliant ({word}).',
  'compliance-unknown': 'The MDM does not know whether the device is compliant.',
  'compliance-unknown.word': 'The MDM does not know whether the device is compliant ({word}).',
  grandfathered: 'In use at switch-on, so allowed until {time}. After that: {text}',
  gap: 'Exchange could not read everything of this mailbox, so nothing of it is lowered. Without that: {text}',
  exempt: 'Exempt until {time}: “{note}”. Without that: {action}. {text}',
  'exempt.by': 'Exempt until {time} by {by}: “{note}”. Without that: {action}. {text}',
  'mdm-away': 'The MDM has been away too long; new devices are set to {action}.',
  'mdm-back': 'Set while the MDM was away, and taken back now. {text}',
  idle: 'The device has not tried to sync since {time}, for {days} days or more.',
  'tried-again': 'Its mailbox has a newer account in its place, and it has tried to sync again at {time}.',
  'last-attempt': 'last attempt to sync: {time}',
  removal:
    'Nothing has tried to sync since {time}, and we have blocked it since {time2}. Its partnership is removed, our entry stays.',
  undo: 'Undo: the entry this connector made is taken back.',
} as const;

export type AccessSaying = keyof typeof ACCESS_SAYINGS_EN;
