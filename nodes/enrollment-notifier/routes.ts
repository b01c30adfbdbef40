/** What the dialog asks the runtime beside its test: a mail as its fields would have it, which asks nobody anything. */
import { sampleChange } from '../../src/connector/mails/sample-change.ts';
import { writeSample } from '../../src/connector/mails/enroll-mail.ts';
import { speaks } from '../../src/notify/default-templates.ts';
import { MAIL_KINDS } from '../../src/model/mail-kind.ts';
import type { MailKind } from '../../src/model/mail-kind.ts';
import { ConnectorError } from '../../src/errors.ts';
import { adminRoutes, bodyOf } from '../admin-routes.ts';
import { findProblem } from '../fields.ts';
import type { Definition, Properties, RED } from '../red.ts';
import { sayProblem } from '../red.ts';
import { settingsOf } from './settings.ts';
import { refusal } from '../../src/model/refusals.ts';

/** Offers the route; once for the runtime, not for each node. */
export function registerRoutes(RED: RED): void {
  adminRoutes(RED).post('/enrollment-notifier/preview', 'enrollment-notifier.read', ({ body }) =>
    preview(RED, bodyOf({ body })),
  );
}

/**
 * Fields that a mail goes by and that cannot be shown as they were typed. What is from an environment variable is left out: who
 * may read a flow may not read the environment.
 */
const MEANT_WHOLE = ['timeZone', 'color', 'logo', 'language'];
/** The link address may not be entered yet. */
const LINK_BASE = 'https://connector.contoso.com/activate';

/**
 * No kind that there is not, and no mail of an account: the sender is a sample's.
 * @throws ConnectorError ERR_CONFIG_INVALID naming a field that cannot be meant; ERR_MAIL_TEMPLATE as {@link writeSample}
 */
function preview(RED: RED, { definition, kind, mailLanguage }: Properties): { subject: string; html: string } {
  if (typeof definition !== 'object' || definition === null)
    throw new ConnectorError('ERR_INPUT_INVALID', refusal('no-fields'));
  const fields = Object.entries(definition as Properties).filter(
    ([property, value]) => !(MEANT_WHOLE.includes(property) && /\$[{(]/.test(String(value))),
  );
  const meant = fields.filter(([property]) => MEANT_WHOLE.includes(property));
  const problem = findProblem(RED.util, 'enrollment-notifier', { ...Object.fromEntries(meant), linkBase: LINK_BASE });
  if (problem !== null)
    throw new ConnectorError('ERR_CONFIG_INVALID', sayProblem(RED, { type: 'enrollment-notifier' }, problem), {
      details: { field: problem.property },
    });
  const account = { address: 'notify@contoso.com', displayName: null };
  const settings = settingsOf(Object.fromEntries(fields) as unknown as Definition, account);
  const chosen: MailKind = MAIL_KINDS.find((one) => one === kind) ?? 'not-enrolled';
  const now = Date.now();
  const settled = {
    ...settings,
    linkBase: LINK_BASE,
    // As at mail time: an administrator's own texts are for everybody.
    ...(typeof mailLanguage === 'string' && speaks(mailLanguage, settings.templates) ? { language: mailLanguage } : {}),
  };
  const change = sampleChange(new Date(now).toISOString());
  const { subject, html } = writeSample(change, { kind: chosen, reminder: 0 }, settled, now);
  return { subject, html: locked(html) };
}

/** Nothing is loaded from anywhere, whatever the text refers to: who looks at it in the editor is no reader of the mail. */
function locked(html: string): string {
  const policy = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">`;
  return /<head>/i.test(html) ? html.replace(/<head>/i, (head) => head + policy) : policy + html;
}
