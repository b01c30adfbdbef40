/** The simulated organization as a cmdlet transport: what an exchange-server of kind "simulated" uses. No wire in between. */
import type { PlainObject } from '../clixml/value.ts';
import { ConnectorError, throwIfAborted } from '../errors.ts';
import type { CmdletCall, CmdletOptions, CmdletTransport } from '../exchange/transport.ts';
import type { CmdletError } from './cmdlet-error.ts';
import { plainExchangeObject } from './exchange-clixml.ts';
import { runLabCmdlet } from './exchange-cmdlets.ts';
import type { Organization } from './organization.ts';
import type { LabSession } from './recipient-view.ts';

/** Objects between two turns of the event loop, so that a large fleet does not stop everything else. */
const OBJECTS_A_TURN = 500;

/**
 * Opens the organization. Errors as over the wire: ERR_EXCHANGE_CMDLET, ERR_EXCHANGE_CMDLET_UNKNOWN for a cmdlet the lab does not
 * know, ERR_ABORTED after `close()` or when the signal fires.
 * @param session what of the forest is seen; default all
 */
export function simulatedExchange(organization: Organization, session?: LabSession): CmdletTransport {
  let closed = false;
  const caller = session === undefined ? {} : { session };
  return {
    kind: 'simulated',
    async *invoke(call, options = {}) {
      if (closed) throw new ConnectorError('ERR_ABORTED', 'The simulated Exchange was closed.');
      yield* run(
        (one) => runLabCmdlet(organization, one, caller),
        call,
        options,
        () => closed,
      );
    },
    close() {
      closed = true;
      return Promise.resolve();
    },
  };
}

async function* run(
  eventsOf: (call: CmdletCall) => ReturnType<typeof runLabCmdlet>,
  call: CmdletCall,
  options: CmdletOptions,
  isClosed: () => boolean,
): AsyncGenerator<PlainObject> {
  let firstError: ConnectorError | null = null;
  let sent = 0;
  for (const event of eventsOf(call)) {
    throwIfAborted(options.signal);
    if (isClosed()) throw new ConnectorError('ERR_ABORTED', 'The simulated Exchange was closed.');
    if (event.type === 'failed') throw connectorErrorOf(event.error, call);
    if (event.type === 'warning') options.onWarning?.(event.text);
    if (event.type === 'error') {
      const error = connectorErrorOf(event.error, call);
      if (options.onError === undefined) firstError ??= error;
      else options.onError(error);
    }
    if (event.type !== 'output') continue;
    yield plainExchangeObject(event.object);
    sent += 1;
    if (sent % OBJECTS_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  if (firstError !== null) throw firstError;
}

function connectorErrorOf(error: CmdletError, call: CmdletCall): ConnectorError {
  const unknown = error.fullyQualifiedErrorId === 'CommandNotFoundException';
  return new ConnectorError(unknown ? 'ERR_EXCHANGE_CMDLET_UNKNOWN' : 'ERR_EXCHANGE_CMDLET', error.message, {
    details: {
      cmdlet: call.cmdlet,
      errorId: error.fullyQualifiedErrorId,
      category: error.category,
      exception: error.exceptionTypes[0] ?? '',
      ...(error.targetName === '' ? {} : { target: error.targetName }),
    },
  });
}
