/** What stands in `touched` beside join keys and keys of MDM records. */

/** Every device of the organization. */
export const EVERYTHING = '*';

/** Before a mailbox's GUID, folded. */
export const MAILBOX = 'mailbox:';

/** Before the key of an MDM record that is paired, or was: whoever might take it for theirs is reached over the record. */
export const PAIRED = 'paired:';
