/** Which steps there are for which kind of Exchange. Pure. */
import type { CmdletTransport } from '../transport.ts';
import type { Said } from '../../model/say.ts';
import { said } from './words/words.ts';
import type { StepId } from './words/words.ts';

/**
 * Why a step does not apply; one that is not here does.
 *
 * | step         | on servers of one's own | Exchange Online | simulated |
 * |--------------|-------------------------|-----------------|-----------|
 * | name         | ●                       |                 |           |
 * | tls          | ●                       |                 |           |
 * | methods      | ●                       |                 |           |
 * | session      | ●                       | ● (a token)     | ●         |
 * | organization | ●                       | ●               | ●         |
 * | scope        | ●                       |                 | ●         |
 * | rights       | ●                       |                 | ●         |
 * | throttling   | ●                       |                 |           |
 * | clock        | ●                       | ●               |           |
 * | size         | ●                       | ●               | ●         |
 * | time         | ●                       | ●               | ●         |
 */
export const DOES_NOT_APPLY: Readonly<Record<CmdletTransport['kind'], Partial<Readonly<Record<StepId, Said>>>>> = {
  'remote-powershell': {},
  'exchange-online': {
    name: said('online.name'),
    tls: said('online.tls'),
    methods: said('online.methods'),
    scope: said('online.scope'),
    rights: said('online.rights'),
    throttling: said('online.throttling'),
  },
  simulated: {
    name: said('simulated.connection'),
    tls: said('simulated.connection'),
    methods: said('simulated.methods'),
    throttling: said('simulated.throttling'),
    clock: said('simulated.clock'),
  },
};
