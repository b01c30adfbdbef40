/**
 * What a report says beside decisions, guards and the brake, with places: `{verdict}` and `{step}` are a notifier's, `{said}` are
 * somebody else's; all else are names and numbers. The same codes with the same places in German: report-sayings-de.ts.
 */
export const REPORT_SAYINGS_EN = {
  // ── what Exchange could not give ──────────────────────────────────────────
  'gaps.objects': 'Exchange could not give {count} objects.',
  'gaps.objects.mailboxes': 'Exchange could not give {count} objects of {of} mailboxes.',
  'gaps.unnamed': 'Of {count} of them Exchange does not say whose they are.',
  'gaps.stay':
    'Devices of these mailboxes stay as they were: none is lowered, deleted or tidied. The warnings of the EAS source name the objects.',
  'gaps.outside':
    'Mailboxes of other domains were read before and cannot be seen any more: the account may no longer widen its sessions to the whole forest.',
  'gaps.outside.count':
    '{count} mailboxes of other domains were read before and cannot be seen any more: the account may no longer widen its sessions to the whole forest.',
  'gaps.outside.stay':
    'Their devices stay as they were: none is lowered, deleted or tidied. Everything else was read and decided.',
  'gaps.fewer':
    'A full reading of Exchange has {count} devices where {of} were known, without an error: {few} are missing since {time}. What is missing stays as it was for three days, then it counts as gone. Phones that were added and are not listed are not seen, so they are not blocked. Check the role scopes of the account, “Only” of the EAS source, and what makes the list; nothing, if so many mailboxes were moved or devices removed.',
  'gaps.nameless':
    'No EAS record that came by message has the sign-in name, or the mail addresses, that earlier ones had, so the owners of {count} mailboxes are not found in the MDM. Their devices stay as they were: none is lowered, deleted or tidied. Check what makes the list.',
  // ── other problems ────────────────────────────────────────────────────────
  'works-elsewhere':
    'Another access switch enforces for this Exchange too, under another configuration of it (id {ids}). Each blocks and mails for itself, so a user may get each mail twice. Delete one of the two with its Exchange server, or set it to Simulate.',
  'entries-elsewhere':
    '{count} devices are blocked by entries that were written under another configuration of this Exchange (id {ids}). Here they count as an administrator’s, and stay when their users enroll: {examples}.',
  'no-compliance':
    'None of the {count} managed records of {name} tells whether its device is compliant. A phone that was blocked stays blocked after its enrollment. If this MDM knows no compliance, set “Compliance” of its MDM source to “managed is enough”; otherwise see to its compliance policies and the mapping.',
  'groups-unreadable': 'Group "{name}" could not be read, so nobody is blocked: {said}',
  'attempts-unknown':
    'Exchange did not tell when devices last tried to sync, so no device counts as idle for that: {said}',
  'attempts-unknown.some':
    'Exchange did not tell of {count} mailboxes when their devices last tried to sync, so none of these counts as idle for that: {said}',
  'pages-lost':
    'A page of this sync did not come, came twice, or could not be decided about. Nothing is concluded from what was missing, and the next sync is about all devices. If it comes again, look for a node between merge matcher and access switch that drops, repeats or changes pages.',
  missed:
    '{count} devices came out otherwise than before though nothing had touched them. They are decided rightly now; please report it.',
  miscounted: 'The counts of all devices differed from the devices. They are right now; please report it.',
  // ── mails ─────────────────────────────────────────────────────────────────
  'mail.hold': 'For 72 hours no notifier could mail anybody, so these users would not hear why they are blocked.',
  'mail.nobody':
    'Nobody is mailed: no notifier is deployed for this store, or none has said for half an hour whether its mails go out.',
  'mail.wait': '{count} blocks wait, because no notifier can mail anybody.',
  'mail.would-wait': '{count} blocks would wait, because no notifier can mail anybody.',
  'mail.unheard': 'No notifier can mail anybody.',
  'mail.unheard.go': 'No notifier can mail anybody, and blocks do not wait for it.',
  'mail.unproven': 'It is not proven that every mail goes out.',
  'mail.unnamed': 'The notifier ({verdict}): {said}',
  'mail.unnamed.step': 'The notifier ({verdict}, {step}): {said}',
  'mail.notifier': '{name} ({verdict}): {said}',
  'mail.notifier.step': '{name} ({verdict}, {step}): {said}',
  // ── evidence ──────────────────────────────────────────────────────────────
  'evidence.first-sync': 'as Exchange says',
  'evidence.opened': 'link opened {time}',
  'evidence.confirmed': 'link confirmed {time}',
  'evidence.asked': 'Asked for: {name}.',
  'evidence.dropped': 'Dropped: changes that waited {count}, plans {count2}, news {count3}, mails {count4}.',
  'evidence.unmailed': 'Nobody could be mailed about these blocks, and they are written all the same.',
} as const;

export type ReportSaying = keyof typeof REPORT_SAYINGS_EN;
