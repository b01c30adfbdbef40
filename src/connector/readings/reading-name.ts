/** Which reading: of one organization or one MDM source. */
export interface ReadingName {
  readonly source: 'eas' | 'mdm';
  /** Organization (eas) or the MDM's source id (mdm). */
  readonly scope: string;
}
