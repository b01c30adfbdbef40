/** A cmdlet of the lab run to its end, for the tests. */
import type { PlainObject } from '../../src/clixml/value.ts';
import type { CmdletError } from '../../src/lab/cmdlet-error.ts';
import { plainExchangeObject } from '../../src/lab/exchange-clixml.ts';
import { runLabCmdlet } from '../../src/lab/exchange-cmdlets.ts';
import type { LabCall, LabCaller } from '../../src/lab/exchange-cmdlets.ts';
import type { Organization } from '../../src/lab/organization.ts';

/** Everything a cmdlet sent, sorted by kind. */
export interface LabCmdletResult {
  readonly outputs: readonly PlainObject[];
  readonly warnings: readonly string[];
  readonly errors: readonly CmdletError[];
  /** What ended the pipeline in state Failed, or null. */
  readonly failed: CmdletError | null;
}

/** Runs one cmdlet to its end. */
export function collectLabCmdlet(organization: Organization, call: LabCall, caller: LabCaller = {}): LabCmdletResult {
  const outputs: PlainObject[] = [];
  const warnings: string[] = [];
  const errors: CmdletError[] = [];
  let failed: CmdletError | null = null;
  for (const event of runLabCmdlet(organization, call, caller)) {
    if (event.type === 'output') outputs.push(plainExchangeObject(event.object));
    else if (event.type === 'warning') warnings.push(event.text);
    else if (event.type === 'error') errors.push(event.error);
    else failed = event.error;
  }
  return { outputs, warnings, errors, failed };
}
