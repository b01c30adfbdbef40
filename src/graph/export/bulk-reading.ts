/**
 * Reading a large tenant by its report instead of by pages.
 *
 * | what happens                                                     | before a page was sent         | after            |
 * |------------------------------------------------------------------|--------------------------------|------------------|
 * | no threshold, or Intune counts fewer devices, or does not count  | pages                          |                  |
 * | the report failed before, since the configuration was deployed   | pages                          |                  |
 * | refused, failed, never ends, columns or words missing, damaged,  | warned of once, then pages     | error; next time |
 * | elsewhere, not to be fetched, short of devices                   |                                | pages            |
 * | stopped, throttled, no sign-in, Graph itself does not answer     | error                          | error            |
 */
import { asConnectorError } from '../../errors.ts';
import type { GraphTransport } from '../graph-transport.ts';
import { readManagedDevices } from '../managed-devices.ts';
import type { MdmPage, ReadManagedDevicesOptions } from '../managed-devices.ts';
import { PageCursor } from '../../model/page-cursor.ts';
import { deviceCount } from './device-count.ts';
import { seenIn } from './export-error.ts';
import { isAboutExport, readExport } from './read-export.ts';

/** Reads one tenant; remembers that its report cannot be used. */
export class BulkReading {
  readonly #warn: (text: string) => void;
  #isRefused = false;

  /** @param warn told once why pages are read instead */
  constructor(warn: (text: string) => void) {
    this.#warn = warn;
  }

  /** All devices, by the report if Intune counts more than `above`; as {@link readManagedDevices} otherwise. */
  async *read(
    graph: GraphTransport,
    options: ReadManagedDevicesOptions,
    above: number,
  ): AsyncGenerator<MdmPage, void, undefined> {
    let sent = 0;
    try {
      const count = await this.#countAbove(graph, options, above);
      if (count !== null) {
        const report = new PageCursor(readExport(graph, { ...options, pageSize: options.pageSize ?? 1000, count }));
        try {
          for (; await report.hasNext(); sent += 1) yield report.take();
        } finally {
          await report.end();
        }
        return;
      }
    } catch (thrown) {
      this.#refuse(thrown);
      if (sent > 0 || !isAboutExport(thrown)) throw thrown;
    }
    const pages = new PageCursor(readManagedDevices(graph, options));
    try {
      while (await pages.hasNext()) yield pages.take();
    } finally {
      await pages.end();
    }
  }

  /** Null: by pages. */
  async #countAbove(graph: GraphTransport, options: ReadManagedDevicesOptions, above: number): Promise<number | null> {
    if (above === 0 || this.#isRefused || graph.exports === undefined) return null;
    const count = await deviceCount(graph, options);
    return count !== null && count > above ? count : null;
  }

  #refuse(thrown: unknown): void {
    if (this.#isRefused || !isAboutExport(thrown)) return;
    this.#isRefused = true;
    const error = asConnectorError(thrown);
    this.#warn(`${seenIn(error)} Devices are read by pages until the configuration is deployed again. (${error.code})`);
  }
}
