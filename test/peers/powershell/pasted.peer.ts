/** The lines of docs/first-hour-exchange.md, pasted into the real engine: it parses and binds them as they stand. */
import assert from 'node:assert/strict';
import type { PlainValue } from '../../../src/clixml/value.ts';
import type { PsrpEvent } from '../../../src/psrp/index.ts';
import { pastedLines, readPastedCall } from '../../support/pasted-powershell.ts';
import { EngineSession } from './engine-session.ts';
import { ADMINISTRATION_CMDLETS } from './session-file.ts';

/** What the engine's cmdlets say of a value. */
function told(value: PlainValue): unknown {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.map(String).join(',');
  return typeof value === 'boolean' ? (value ? 'True' : 'False') : value;
}

/** Ids of the errors, the one that ended it among them. */
function errorsOf(events: readonly PsrpEvent[]): string[] {
  return events.flatMap((event) =>
    (event.kind === 'error' || event.kind === 'pipeline-state') && event.error !== null
      ? [event.error.fullyQualifiedErrorId]
      : [],
  );
}

describe('What is pasted in the first hour', () => {
  let session: EngineSession;
  before(async () => {
    session = await EngineSession.open({ shell: ADMINISTRATION_CMDLETS });
  });
  after(() => session.close());

  const paste = (text: string): Promise<PsrpEvent[]> => session.runRaw([{ text, isScript: true }]);

  for (const line of pastedLines('docs/first-hour-exchange.md'))
    it(`is bound: ${line.slice(0, 90)}`, async () => {
      const events = await paste(line);
      assert.deepEqual(errorsOf(events), []);
      assert.deepEqual(
        events.flatMap((event) => (event.kind === 'output' ? [event.value as string] : [])).toSorted(),
        Object.entries(readPastedCall(line).parameters)
          .map(([name, value]) => `${name}: ${told(value) as string}`)
          .toSorted(),
      );
    });

  it('is refused where a parameter is not known', async () => {
    const events = await paste('Set-User -Identity a -RemotePowerShellAllowed $true');
    assert.deepEqual(errorsOf(events), ['NamedParameterNotFound,ExchangeEngine.SetUser']);
  });
});
