/** What stands in `touched` beside join keys and keys of MDM records. */

/** Every device of the organization. */
export const EVERYTHING = '*';

/** Before the key of an MDM record that is paired, or was: whoever might take it for theirs is reached over the record. */
export const PAIRED = 'paired:';
