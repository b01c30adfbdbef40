/** What a mapping preset is, and what the mappings share. */

/** One MDM that a preset is known for. */
export interface MdmPreset {
  /** Value of the mdm-source's `preset` property; permanent. */
  readonly id: string;
  /** Product name, as in the dialog. */
  readonly label: string;
  /**
   * `managed-is-enough`: this MDM tells no compliance, so that a managed record is compliant where nothing else tells it
   * (`told-compliance.ts`).
   */
  readonly compliance: 'reported' | 'managed-is-enough';
  /** JSONata: one foreign record in, one mapped record out. */
  readonly mapping: string;
  /**
   * JSONata: an answer of the MDM in, its list of foreign records out, as a Change node takes it, or the node itself if the answer
   * comes as a text. Shown in the dialog; `$`: all of it.
   */
  readonly records: string;
  /** The call whose records it maps. */
  readonly call: string;
  /** What to know before relying on it; shown in the dialog. */
  readonly note: string;
}

/*
 * How the mappings read the words of states, which makers add to:
 *
 *   the word                                   managed   compliance
 *   of a device that is not managed            false     as told
 *   of one that is being wiped or retired      –         as told, with removal: the record counts as not managed
 *   of one that is bad                         true      noncompliant
 *   not known here, or missing where it        true      unknown: nothing is changed, and the report says so
 *   must be there
 *   of one that is well                        true      as told
 */

/** `$text(value)`: in lower case and trimmed; "" for what is missing, null, a list or an object. */
export const TEXT = `$text := function($value) { $type($value) in ["string", "number", "boolean"] ? $trim($lowercase($string($value))) : "" };`;

/** Words for iOS, Android and so on differ; this much is common. `$os` is set before it. */
export const PLATFORM = `$contains($lowercase($os & ""), "tv") ? "other"
    : $contains($lowercase($os & ""), /mac|os ?x/) ? "macos"
    : $contains($lowercase($os & ""), /ios|ipad|iphone|apple/) ? "ios"
    : $contains($lowercase($os & ""), "android") ? "android"
    : $contains($lowercase($os & ""), /windows|winrt/) ? "windows" : "other"`;
