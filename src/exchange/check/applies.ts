/** Which steps there are for which kind of Exchange. Pure. */
import type { CmdletTransport } from '../transport.ts';
import type { StepId } from './report.ts';

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
export const DOES_NOT_APPLY: Readonly<Record<CmdletTransport['kind'], Partial<Readonly<Record<StepId, string>>>>> = {
  'remote-powershell': {},
  'exchange-online': {
    name: 'Microsoft’s own address is used.',
    tls: 'Microsoft’s own address is used; its certificate is checked at each request.',
    methods: 'An application signs in by a token of Entra.',
    scope: 'A tenant is seen whole.',
    rights:
      'The service does not say which cmdlets an application has. What is read below shows those for reading; Set-CASMailbox takes a role such as Exchange Recipient Administrator.',
    throttling: 'Microsoft sets the limits; when one is met, the connector waits as long as it is told to.',
  },
  simulated: {
    name: 'Nothing is connected to.',
    tls: 'Nothing is connected to.',
    methods: 'Nobody signs in.',
    throttling: 'Nothing is limited.',
    clock: 'There is one clock.',
  },
};
