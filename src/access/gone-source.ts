/** When an MDM source that no node reads any more is missed, and who may have its reading forgotten. Pure. */

/** A source may be away for as long while flows are deployed or imported, or another instance starts. */
const GONE_AFTER_MS = 10 * 60_000;

/*
 *   nodes of the source                               without one that runs for    it is said    a click forgets its reading
 *   one runs                                          –                            no            no
 *   none runs: a deploy, an import that is half       less than ten minutes        no            no
 *   done, an instance that starts
 *   none runs, and the flows have one: it, or its     ten minutes or longer        yes           no: that one is enabled or
 *   tab, is disabled                                                                             deleted first
 *   the flows have none                               ten minutes or longer        yes           yes, once a person agrees
 *
 * Nothing is ever forgotten by itself: until a person says so the reading counts, and nobody is blocked by what it lacks.
 */

/** True if a source is missed. @param goneAt since when no node reads it, ISO 8601 UTC; null, absent: one does, or none ever did */
export function isGone(goneAt: string | null | undefined, now: number): boolean {
  return now - Date.parse(goneAt ?? '') >= GONE_AFTER_MS;
}

/** True if its reading may be forgotten by a click. @param isInFlows the flows have a node of it, which does not run */
export function mayBeForgotten(goneAt: string | null | undefined, isInFlows: boolean, now: number): boolean {
  return isGone(goneAt, now) && !isInFlows;
}
