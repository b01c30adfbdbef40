/**
 * What is said of decisions, guards and the brake, with places: `{time}` and `{days}` as they are, `{text}` the sentences of what would be otherwise,
 * `{action}` an action's code, `{mailboxes}` how many of them; all else are names. The same codes with the same places in German: sayings-de.ts.
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
  // ── guards ────────────────────────────────────────────────────────────────
  'guard.eas-incomplete': 'The reading of Exchange did not reach its end.',
  'guard.no-mdm': 'There is no complete MDM reading.',
  'guard.gone': 'No MDM source on the canvas reads {name} ({scope}) since {time}, and its last reading still counts.',
  'guard.unread': '{name} has not been read to its end yet.',
  'guard.stale': 'The last complete reading of {name} began at {time}, longer ago than {hours} hours.',
  'guard.shrunken': '{count} of {of} MDM records of {name} are gone since the last reading.',
  'guard.creeping': '{count} of {of} MDM records of {name} are gone within days.',
  'guard.empty': '{name} was read and has no records.',
  'loss.records': '{count} of {of} {platform} records of {name} are gone within days.',
  'loss.none.easIds': 'None of the {of} {platform} records of {name} has an EAS ID any more; {count} had one.',
  'loss.none.user': 'None of the {of} {platform} records of {name} has a user any more; {count} had one.',
  'loss.none.compliance': 'None of the {of} {platform} records of {name} tells its compliance any more; {count} did.',
  'loss.none.managed': 'None of the {of} {platform} records of {name} is managed any more; {count} were.',
  'loss.few.easIds': 'Only {few} of the {of} {platform} records of {name} have an EAS ID; {count} had one.',
  'loss.few.user': 'Only {few} of the {of} {platform} records of {name} have a user; {count} had one.',
  'loss.few.compliance': 'Only {few} of the {of} {platform} records of {name} tell their compliance; {count} did.',
  'loss.few.managed': 'Only {few} of the {of} {platform} records of {name} are managed; {count} were.',
  // ── the brake ─────────────────────────────────────────────────────────────
  'brake.first': '{count} of {of} devices would lose access by the first reading of {name}.',
  'brake.known': '{mailboxes} would lose access; the brake allows {limit} of {of}.',
  'brake.new': '{mailboxes} would lose access for devices first seen within a day; the brake allows {limit} of {of}.',
  'brake.known.day': '{mailboxes} would lose access, and {count} have within a day; the brake allows {limit} a day.',
  'brake.new.day':
    '{mailboxes} would lose access for devices first seen within a day, and {count} have within a day; the brake allows {limit} a day.',
  'brake.idle': '{count} devices would be blocked as idle; the brake allows {limit} of {of}.',
  'brake.removal': '{count} partnerships would be removed; the brake allows {limit} of {of}.',
  'brake.whole':
    'The reading that began at {time} was the first one of the whole forest: devices of its other domains had never been seen before.',
} as const;

export type AccessSaying = keyof typeof ACCESS_SAYINGS_EN;
