/** Lets a cmdlet go wrong on request: error records, warnings, host calls, slowness. */
import type { CmdletError } from '../cmdlet-error.ts';
import { endingAtErrors } from '../exchange-cmdlets.ts';
import type { LabCall } from '../exchange-cmdlets.ts';
import type { CmdletFault } from './exchange-faults.ts';
import type { PipelineEvent } from './exchange-pipeline.ts';

/** The longest time a timer takes, 24 days. */
const FOR_EVER_MS = 2 ** 31 - 1;

/** The cmdlet's events with the faults among them; with -ErrorAction Stop the first error is the last event. */
export function faultyCmdlet(
  faults: readonly CmdletFault[],
  call: LabCall,
  run: () => Iterable<PipelineEvent>,
): Iterable<PipelineEvent> {
  return endingAtErrors(call, mixedEvents(faults, call, run));
}

function* mixedEvents(
  faults: readonly CmdletFault[],
  call: LabCall,
  run: () => Iterable<PipelineEvent>,
): Generator<PipelineEvent> {
  let silent: (CmdletFault & { readonly kind: 'silent' }) | null = null;
  const records: { fault: CmdletFault & { readonly kind: 'error-record' }; after: number }[] = [];
  for (const fault of faults) {
    if (fault.kind === 'warning') yield { type: 'warning', text: fault.text };
    else if (fault.kind === 'host-call')
      yield {
        type: 'host-call',
        method: fault.method,
        methodName: fault.methodName,
        expectsAnswer: fault.expectsAnswer,
      };
    else if (fault.kind === 'error-record') records.push({ fault, after: fault.afterObjects ?? 0 });
    else if (fault.kind === 'silent') silent = fault;
    else yield { type: 'pause', ms: fault.ms };
  }
  let objects = 0;
  for (const { fault, after } of records) if (after === 0) yield* errorOf(fault, call);
  if (records.some(({ fault, after }) => after === 0 && fault.terminating === true)) return;
  const hangsAfter = silent === null || silent.handled === true ? Infinity : (silent.afterObjects ?? 0);
  if (hangsAfter === 0) yield { type: 'pause', ms: FOR_EVER_MS };
  for (const event of run()) {
    yield event;
    if (event.type !== 'output') continue;
    objects += 1;
    if (objects === hangsAfter) yield { type: 'pause', ms: FOR_EVER_MS };
    const due = records.find(({ after }) => after === objects);
    if (due === undefined) continue;
    yield* errorOf(due.fault, call);
    if (due.fault.terminating === true) return;
  }
  if (silent !== null) yield { type: 'pause', ms: FOR_EVER_MS };
}

function* errorOf(fault: CmdletFault & { readonly kind: 'error-record' }, call: LabCall): Generator<PipelineEvent> {
  const error: CmdletError = {
    message: fault.message,
    exceptionTypes: [
      fault.exceptionType ?? 'Microsoft.Exchange.Data.Directory.ADTransientException',
      'System.Exception',
      'System.Object',
    ],
    fullyQualifiedErrorId: fault.errorId ?? `LabFault,${call.cmdlet}`,
    category: 'NotSpecified',
    activity: call.cmdlet,
    targetName: '',
  };
  yield fault.terminating === true ? { type: 'failed', error } : { type: 'error', error };
}
