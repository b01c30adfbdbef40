/** How the clocks of the MDM sources stand to ours, as their last readings measured them. Pure. */
import { clockOf } from '../../model/server-clock.ts';
import type { ServerClock } from '../../model/server-clock.ts';
import type { MdmReading } from '../../store/mdm-readings.ts';

/** By scope. Of one that sent no `Date`, or comes by message and does not say, nobody knows. */
export function mdmClocks(mdm: readonly MdmReading[]): Record<string, ServerClock> {
  return Object.fromEntries(mdm.map(({ scope, snapshot }) => [scope, clockOf(snapshot?.clock)]));
}
