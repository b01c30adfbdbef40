/** What a running cmdlet says, event by event: objects, warnings, progress, errors, its end. No I/O here. */
import type { PlainObject, PlainValue } from '../clixml/index.ts';
import { ConnectorError } from '../errors.ts';
import type { PsrpErrorRecord } from '../psrp/error-record.ts';
import { PipelineState, RunspacePoolState } from '../psrp/message.ts';
import type { PsrpEvent } from '../psrp/psrp-event.ts';
import { quotaTextFault } from '../wsman/fault.ts';
import { cmdletError } from './cmdlet-error.ts';
import type { CmdletOptions } from './transport.ts';

/** What one run says and yields. */
export class CmdletRun {
  readonly #cmdlet: string;
  readonly #options: CmdletOptions;
  #error: ConnectorError | null = null;

  constructor(cmdlet: string, options: CmdletOptions) {
    this.#cmdlet = cmdlet;
    this.#options = options;
  }

  /** The object of an event, or null if it is about something else. */
  take(event: PsrpEvent): PlainObject | null {
    const cmdlet = this.#cmdlet;
    switch (event.kind) {
      case 'output':
        // An output of nothing is nothing.
        return event.value === null ? null : asObject(event.value);
      case 'warning':
        this.#options.onWarning?.(event.text);
        return null;
      case 'progress':
        // Every new session says so, unasked.
        if (event.record.activity === 'Preparing modules for first use.') return null;
        this.#options.onProgress?.(event.record.activity, event.record.percent);
        return null;
      case 'error': {
        const error = toCmdletError(cmdlet, event.error);
        if (this.#options.onError) this.#options.onError(error);
        else this.#error ??= error;
        return null;
      }
      case 'pipeline-state':
        this.#takeState(event.state, event.error);
        return null;
      case 'pool-state':
        throwIfEnded(event);
        return null;
      default:
        return null;
    }
  }

  #takeState(state: number, error: PsrpErrorRecord | null): void {
    if (state === PipelineState.FAILED) {
      // The terminating error says more than those before it.
      this.#error = error === null ? cmdletError(this.#cmdlet, { message: null }) : toCmdletError(this.#cmdlet, error);
    }
    if (state === PipelineState.STOPPED)
      throw new ConnectorError('ERR_WSMAN_SHELL_LOST', `${this.#cmdlet} was stopped by the server.`);
  }

  /** Throws the error the cmdlet ended with, if any. */
  finish(): void {
    if (this.#error !== null) throw this.#error;
  }
}

/** Throws ERR_WSMAN_SHELL_LOST, or ERR_WSMAN_QUOTA, if an event says that the pool is no more. */
export function throwIfEnded(event: PsrpEvent): void {
  if (event.kind !== 'pool-state') return;
  if (event.state !== RunspacePoolState.BROKEN && event.state !== RunspacePoolState.CLOSED) return;
  // Exchange may let a session begin and end it at once because the account has too many.
  const quota = event.error === null ? null : quotaTextFault(event.error.message);
  if (quota !== null) throw quota;
  const why = event.error === null ? '' : ` ${event.error.message}`;
  throw new ConnectorError('ERR_WSMAN_SHELL_LOST', `The server ended the PowerShell session.${why}`);
}

function toCmdletError(cmdlet: string, record: PsrpErrorRecord): ConnectorError {
  return cmdletError(cmdlet, {
    message: record.message,
    errorId: record.fullyQualifiedErrorId,
    category: record.category,
    reason: record.reason,
    exception: record.exceptions[0]?.type ?? null,
    target: record.targetName ?? record.target,
  });
}

function asObject(value: PlainValue): PlainObject {
  const isRecord =
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
  return isRecord ? (value as PlainObject) : { Value: value };
}
