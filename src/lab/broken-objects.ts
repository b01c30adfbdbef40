/** Objects that Exchange cannot read, or complains about, in a simulated organization: an error record or a warning in the middle of a reading. */
import type { CmdletError, CmdletOrigin } from './cmdlet-error.ts';
import { exchangeErrorId } from './cmdlet-error.ts';
import type { Mailbox, Partnership } from './mailboxes.ts';

/** What is wrong with an object. */
export type Fault =
  /** The database of its mailbox is dismounted. */
  | 'unreachable-database'
  /** One of its attributes holds what its schema does not allow. */
  | 'corrupted'
  /** An error that does not say which object it is about. */
  | 'nobodys';

interface Broken {
  readonly fault: Fault;
  /** Cmdlets that cannot read it, lower case. */
  readonly cmdlets: ReadonlySet<string>;
}

/** Which objects are broken. */
export class BrokenObjects {
  readonly #broken = new Map<unknown, Broken>();
  readonly #warned = new Map<unknown, string>();

  /** @param cmdlets that cannot read it; default the one that a reading of devices uses */
  break(object: Mailbox | Partnership, fault: Fault, cmdlets: readonly string[] = [bulkCmdletOf(object)]): void {
    this.#broken.set(object, { fault, cmdlets: new Set(cmdlets.map((name) => name.toLowerCase())) });
  }

  repair(object: Mailbox | Partnership): void {
    this.#broken.delete(object);
    this.#warned.delete(object);
  }

  /** It is given, and each time with this warning. Default: what Exchange says of an object with a wrong attribute. */
  warn(object: Mailbox | Partnership, text = inconsistent(nameOf(object))): void {
    this.#warned.set(object, text);
  }

  /** The warning that comes with an object; null: none. */
  warningOf(object: unknown): string | null {
    return this.#warned.get(object) ?? null;
  }

  /** The error record that comes in place of an object; null: it can be read. */
  errorOf(
    object: unknown,
    origin: CmdletOrigin,
    cmdlet: { readonly name: string; readonly typeName: string },
  ): CmdletError | null {
    const broken = this.#broken.get(object);
    if (broken === undefined || !broken.cmdlets.has(cmdlet.name.toLowerCase())) return null;
    return errorOf(broken.fault, nameOf(object as Mailbox | Partnership), origin, cmdlet);
  }
}

function bulkCmdletOf(object: Mailbox | Partnership): string {
  return 'deviceId' in object ? 'Get-MobileDevice' : 'Get-CASMailbox';
}

function nameOf(object: Mailbox | Partnership): string {
  return 'deviceId' in object ? object.identity : object.canonicalName;
}

/** Exchange's words for an object that does not fit its schema (a warning beside the object, or an error in its place). */
function inconsistent(name: string): string {
  return `The object ${name} has been corrupted, and it's in an inconsistent state. The following validation errors happened:`;
}

/** What the faults look like: exception, category, text. */
const FORMS: Readonly<
  Record<
    Fault,
    { readonly exception: string; readonly category: CmdletError['category']; readonly text: (name: string) => string }
  >
> = {
  'unreachable-database': {
    exception: 'Microsoft.Exchange.Data.Storage.MailboxOfflineException',
    category: 'NotSpecified',
    text: (name) =>
      `The mailbox database that holds '${name}' is offline. --> MapiExceptionMdbOffline: Unable to open message store. (hr=0x80004005, ec=1142)`,
  },
  corrupted: {
    exception: 'Microsoft.Exchange.Data.DataValidationException',
    category: 'InvalidData',
    text: inconsistent,
  },
  nobodys: {
    exception: 'Microsoft.Exchange.Data.Directory.ADOperationException',
    category: 'NotSpecified',
    text: () => 'Active Directory operation failed. An entry of the result could not be read.',
  },
};

function errorOf(
  fault: Fault,
  name: string,
  origin: CmdletOrigin,
  cmdlet: { readonly name: string; readonly typeName: string },
): CmdletError {
  const { exception, category, text } = FORMS[fault];
  const isNamed = fault !== 'nobodys';
  return {
    message: text(name),
    exceptionTypes: [
      exception,
      'Microsoft.Exchange.Data.Common.LocalizedException',
      'System.Exception',
      'System.Object',
    ],
    fullyQualifiedErrorId: exchangeErrorId(origin, exception.split('.').at(-1) ?? '', cmdlet.typeName),
    category,
    activity: cmdlet.name,
    targetName: isNamed ? name : '',
    ...(isNamed ? { targetType: 'ADObjectId', target: name } : {}),
  };
}
