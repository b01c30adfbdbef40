/**
 * What is said of a match, by its case, with places for names. `{day…}`, `{user…}` and `{other}` hold words of ours where something
 * is not known (explain.ts); all else are names, numbers and times. The same codes with the same places in German: sayings-de.ts.
 */
export const MATCH_SAYINGS_EN = {
  merged: 'Exchange and the MDM know this device.',
  'no-match': 'No rule matched.',
  more: '… and {count} more.',
  // ── what it was merged by ─────────────────────────────────────────────────
  'same-user': "EAS ID {easId} equals the EAS ID the MDM has for '{name}', enrolled {day}.",
  'other-user-merged':
    "EAS ID {easId} equals the EAS ID the MDM has for '{name}', enrolled {day}, under another user ({user}).",
  're-enrolled':
    "'{name}', enrolled {day}, is the device with EAS ID {easId}, enrolled again: serial number or IMEI are the same, and it does not report the EAS ID yet.",
  activated:
    "The link for EAS ID {easId} was opened on {day}; '{name}', enrolled {day2} after that, is the only device of this user that fits.",
  'activated-late':
    "The link for EAS ID {easId} was opened on {day}; '{name}', enrolled {day2} before that, is the only device of this user that fits.",
  paired: "An administrator paired EAS ID {easId} with '{name}', enrolled {day}.",
  serial: "EAS ID {easId} contains serial number {serial} of '{name}', enrolled {day}, the only device with it.",
  imei: "IMEI {imei} is the one of '{name}', enrolled {day}, the only device with it.",
  'also.other-user': "The MDM has this EAS ID under another user too ({user}): '{name}'.",
  also: "The MDM also has '{name}' with this EAS ID, last seen {day}; the one seen last counts.",
  left: "The MDM has the EAS ID for '{name}', enrolled {day}.",
  platforms: 'Look at this one: Exchange sees {platform}, the MDM {platform2}.',
  // ── why it was not ────────────────────────────────────────────────────────
  'other-user': 'The MDM has EAS ID {easId} under another user.',
  'other-user.nobody': 'The MDM has EAS ID {easId} on a device without a user, as kiosks and shared devices are.',
  'other-user.bare':
    'The MDM has EAS ID {easId} under the user name {name}, which has no domain: whether that is the user of this mailbox cannot be told.',
  'activation-several': 'The link was opened, and several enrolled devices of this user fit.',
  'activation-contested':
    'The link was opened for several mail accounts of this user, and one enrolled device fits all of them.',
  'activation-contradiction': 'The link was opened, but the enrolled device of this user is another model or platform.',
  'seen-last-untold':
    'The MDM has this EAS ID on several devices that differ in compliance, and does not tell which of them it saw last.',
  're-enrolled-maybe':
    'The MDM has this EAS ID for a noncompliant device, and its user has enrolled one of the same model since: it may be the same one.',
  'enrolled-anew':
    'Its user has another enrolled device with the serial number or IMEI of the one that it was merged with: the phone was enrolled anew. Whether this account is still on it is not known yet.',
  'partnership-contradiction':
    'Exchange has {count} partnerships with EAS ID {easId} on this mailbox, and not all are the device that the MDM has under it.',
  'hardware-several': 'The serial number or IMEI is not unique.',
  'hardware-apart': 'The serial number is that of one device in the MDM, and the IMEI that of another one.',
  'mdm-missing': 'There is no complete MDM reading.',
  'mdm-stale': 'The last complete MDM reading is too old.',
  'first-sync-unknown':
    'Exchange does not say when this device synced first, so the MDM reading may be older than the device.',
  'first-sync-unknown.future':
    'Exchange says that this device first synced on {time}, which is in the future, so the MDM reading may be older than the device.',
  'newer-than-mdm': 'The device first synced on {time}, after the MDM reading began; it may have enrolled since.',
  superseded:
    'The device has a newer account on this mailbox: its MDM record reports EAS ID {movedTo} now, and {easId} no longer.',
  'account-left':
    'The mailbox has a newer account of this model, {other}, and {easId} has not tried to sync since that one was added.',
  'account-passed':
    'Its MDM record has passed to a newer account of this model, {other}: their link was opened since, and {easId} has not tried to sync any more.',
  'account-lost':
    "The link of another account of this model, {other}, was opened later than this one's, and its MDM record has passed to that one. Exchange does not tell which of them is in use.",
  'account-unclear':
    'The link was opened on {day}, but the enrolled device that fits belongs to {other}, an older account of this model. Exchange is asked whether that one is still in use.',
  'account-asked':
    'The link of an older account of this model was opened. Exchange is asked whether that one is still in use; if it is not, it counts for this one.',
  'foreign-id':
    "The MDM has EAS ID {easId} for another user's device, of another platform or model: this is not that one, and no enrolled device of this user fits.",
  'other-client': '{name} is not the mail app of the platform, so the MDM cannot know its EAS ID.',
  'other-client.unnamed': "The client '{name}' is not the mail app of the platform, so the MDM cannot know its EAS ID.",
  returned: 'A known device seems to have returned under a new EAS ID: it was {other}, now {easId}.',
  'returned-again':
    'It would be a known device under a new EAS ID, but one was believed to be that within 30 days of its first sync.',
  'waits-for-link': 'An enrolled Android device of this user waits for the link: it does not report its EAS ID.',
  'activation-late':
    'The link was opened after this device was enrolled, and its MDM tells the EAS IDs of iPhones and iPads, but not this one.',
  'activation-taken':
    'The link was opened on {day}, but the enrolled device that fits belongs to EAS ID {other}, whose link was opened too.',
  'activation-waits':
    'The link was opened on {day}, but no device of this user that fits was enrolled within the 14 days after that.',
  'no-device': 'No enrolled device of this user fits.',
  // ── records beside ────────────────────────────────────────────────────────
  'beside.other-user': "It belongs to {user}: '{name}', enrolled {day}.",
  'beside.by-id': "It was one with '{name}', enrolled {day}, by its EAS ID.",
  'beside.by-link': "It was one with '{name}', enrolled {day}, by its link.",
  'beside.partnerships': "The MDM has '{name}', {model}; Exchange has {partnerships}.",
  'beside.foreign': "It belongs to {user}: '{name}', {model}. Exchange sees {model2}.",
  'beside.taken': "Taken: '{name}', enrolled {day}.",
  'beside.waits': "'{name}', enrolled {day}, waits for the link.",
  'beside.former': "The MDM still has the former EAS ID for '{name}', enrolled {day}.",
  'beside.candidate': "Candidate: '{name}', enrolled {day}.",
  // ── suggestions ───────────────────────────────────────────────────────────
  'suggested.serial': 'Its serial number is part of the EAS ID.',
  'suggested.imei': 'It has the same IMEI.',
  'suggested.candidate': 'It is a candidate.',
  'suggested.alike': 'Same user, platform and model.',
} as const;

export type MatchSaying = keyof typeof MATCH_SAYINGS_EN;
