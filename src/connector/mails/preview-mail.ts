/**
 * A mail as it would go out, to look at.
 *
 * In: the news of a block, or nothing: then a sample's. Out: the mail; its link is none that works. Changes nothing.
 */
import type { DeviceChange } from '../../model/records.ts';
import { mailKindOf } from '../../model/mail-kind.ts';
import type { RenderedMail } from '../../notify/render-mail.ts';
import { writeSample } from './enroll-mail.ts';
import type { NotifierSettings } from './enroll-mail.ts';
import { sampleChange } from './sample-change.ts';

/** A mail and whom it would go to; no address is ''. */
export type PreviewedMail = RenderedMail & { readonly to: string };

/**
 * Writes the mail. Throws as writeSample.
 * @param given null for a sample
 * @param now milliseconds since 1970
 */
export function previewMail(given: DeviceChange | null, settings: NotifierSettings, now: number): PreviewedMail {
  const change = given ?? sampleChange(new Date(now).toISOString());
  const kind = mailKindOf(change.device, change.decision) ?? 'not-enrolled';
  const to = change.device.eas?.mailbox.address ?? '';
  return { to, ...writeSample(change, { kind, reminder: 0 }, settings, now) };
}
