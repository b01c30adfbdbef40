/** What a pipeline says beside its output: warnings, verbose, debug, progress, information (MS-PSRP 2.2.2.22 to 26). */
import { clixmlEnum, clixmlObject, clixmlScalar, readClixml, toPlain, writeClixml } from '../clixml/index.ts';
import type { PlainValue } from '../clixml/index.ts';
import { MessageType } from './message.ts';
import { fieldsOf, itemsOf, numberField, readFields, textField, textOf, unreadable } from './message-fields.ts';

/** The text of a DEBUG_RECORD, VERBOSE_RECORD or WARNING_RECORD. @throws ConnectorError ERR_PSRP_MESSAGE, ERR_CLIXML_… */
export function decodeInformationalRecord(type: number, data: string): string {
  const value = readClixml(data);
  const fields = fieldsOf(value);
  const text = fields === null ? null : textField(fields, 'InformationalRecord_Message');
  const message = text ?? textOf(value);
  if (message === null) throw unreadable(type, 'without a text');
  return message;
}

/** The content of a DEBUG_RECORD, VERBOSE_RECORD or WARNING_RECORD message. */
export function encodeInformationalRecord(kind: 'Debug' | 'Verbose' | 'Warning', text: string): string {
  return writeClixml(
    clixmlObject({
      typeNames: [
        `System.Management.Automation.${kind}Record`,
        'System.Management.Automation.InformationalRecord',
        'System.Object',
      ],
      text,
      members: { InformationalRecord_Message: text, InformationalRecord_SerializeInvocationInfo: false },
    }),
  );
}

/** How far a cmdlet is. */
export interface ProgressRecord {
  readonly activity: string;
  readonly status: string | null;
  readonly currentOperation: string | null;
  readonly activityId: number;
  readonly parentActivityId: number;
  /** 0 to 100, or null if the cmdlet does not say. */
  readonly percent: number | null;
  readonly secondsRemaining: number | null;
  readonly completed: boolean;
}

/** Reads a PROGRESS_RECORD message. @throws ConnectorError ERR_PSRP_MESSAGE, ERR_CLIXML_… */
export function decodeProgressRecord(data: string): ProgressRecord {
  const fields = readFields(MessageType.PROGRESS_RECORD, data);
  return {
    activity: textField(fields, 'Activity') ?? '',
    status: textField(fields, 'StatusDescription'),
    currentOperation: textField(fields, 'CurrentOperation'),
    activityId: numberField(fields, 'ActivityId') ?? 0,
    parentActivityId: numberField(fields, 'ParentActivityId') ?? -1,
    // -1 stands for "unknown" on the wire (MS-PSRP 2.2.2.25).
    percent: known(numberField(fields, 'PercentComplete')),
    secondsRemaining: known(numberField(fields, 'SecondsRemaining')),
    completed: numberField(fields, 'Type') === 1,
  };
}

function known(number: number | null): number | null {
  return number === null || number < 0 ? null : number;
}

/** The content of a PROGRESS_RECORD message. */
export function encodeProgressRecord(record: Partial<ProgressRecord> & { readonly activity: string }): string {
  const completed = record.completed ?? false;
  return writeClixml(
    clixmlObject({
      members: {
        Activity: record.activity,
        ActivityId: record.activityId ?? 0,
        StatusDescription: record.status ?? ' ',
        CurrentOperation: record.currentOperation ?? null,
        ParentActivityId: record.parentActivityId ?? -1,
        PercentComplete: record.percent ?? -1,
        Type: clixmlEnum(
          'System.Management.Automation.ProgressRecordType',
          completed ? 'Completed' : 'Processing',
          completed ? 1 : 0,
        ),
        SecondsRemaining: record.secondsRemaining ?? -1,
      },
    }),
  );
}

/** What Write-Information says. */
export interface InformationRecord {
  readonly message: PlainValue;
  readonly source: string | null;
  readonly tags: readonly string[];
  /** .NET round-trip time text, or null. */
  readonly at: string | null;
}

/** Reads an INFORMATION_RECORD message. @throws ConnectorError ERR_PSRP_MESSAGE, ERR_CLIXML_… */
export function decodeInformationRecord(data: string): InformationRecord {
  const fields = readFields(MessageType.INFORMATION_RECORD, data);
  return {
    message: toPlain(fields.get('MessageData') ?? null),
    source: textField(fields, 'Source'),
    tags: itemsOf(fields.get('Tags')).flatMap((tag) => textOf(tag) ?? []),
    at: textField(fields, 'TimeGenerated'),
  };
}

/** The content of an INFORMATION_RECORD message. @param at .NET round-trip time text */
export function encodeInformationRecord(message: string, at: string, tags: readonly string[] = []): string {
  return writeClixml(
    clixmlObject({
      members: {
        MessageData: message,
        Source: 'Write-Information',
        TimeGenerated: clixmlScalar('DT', at),
        Tags: clixmlObject({
          typeNames: [
            'System.Collections.Generic.List`1[[System.String, mscorlib, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089]]',
            'System.Object',
          ],
          items: tags,
        }),
        User: '',
        Computer: '',
        ProcessId: clixmlScalar('U32', '0'),
        NativeThreadId: clixmlScalar('U32', '0'),
        ManagedThreadId: clixmlScalar('U32', '0'),
      },
    }),
  );
}
