/**
 * Mails over SMTP in a process of their own: `node bench/notify-process.ts <task> <size>`; the mail server is read from stdin,
 * as notify-sink.ts tells it. The last line is JSON.
 *
 *   ours   the notifier: `size` recorded mails in a file, each read, rendered with its link and QR code, sent, and noted
 *   bare   nodemailer alone, with the settings that ours has: it sends the bytes of one of our mails `size` times
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { composeMail } from '../src/mail/message.ts';
import type { OutgoingMail } from '../src/mail/message.ts';
import { openMailer } from '../src/mail/open-mailer.ts';
import { openStore } from '../src/store/open-store.ts';
import { MailWorld } from '../test/connector/mails/support/mail-world.ts';
import { blocked } from '../test/support/changes.ts';

const [task = '', size = ''] = process.argv.slice(2);
const count = Number(size);
const { port, ca, raw } = JSON.parse(readFileSync(0, 'utf8')) as { port: number; ca: string; raw?: string };

/** Mails before those that are measured: a notifier has been running for a while. */
const WARM = 1_000;

/** CPU of all threads, ms a mail. */
async function cpuOf(work: () => Promise<void>): Promise<number> {
  const own = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(own);
  return (user + system) / 1000 / count;
}

async function ours(): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), 'connector-bench-'));
  const world = new MailWorld(await openStore({ engine: 'sqlite', path: join(folder, 'store.sqlite') }));
  const account = {
    transport: 'smtp',
    address: 'notify@contoso.example',
    username: 'notify',
    password: 'secret',
  } as const;
  const mailer = openMailer({ ...account, host: '127.0.0.1', port, tls: { ca }, ratePerMinute: 1_000_000 });
  let last: OutgoingMail | null = null;
  let taken = 0;
  world.account.mailer = () => ({
    send: (mail) => {
      last = mail;
      taken += 1;
      return mailer.send(mail);
    },
    verify: () => mailer.verify(),
  });
  const own = async (from: number, to: number): Promise<void> => {
    for (let n = from; n <= to; n += 1) {
      await world.own(blocked(n));
      await world.record(blocked(n, { id: `c${n}`, episode: `e${n}` }));
    }
  };
  await own(1, WARM);
  await world.due();
  await own(WARM + 1, WARM + count);
  taken = 0;
  const cpu = await cpuOf(async () => void (await world.due()));
  if (taken !== count) throw new Error(`${taken} of ${count} mails went.`);
  const bytes = await bytesOf(last!);
  await mailer.close();
  await world.store.close();
  rmSync(folder, { recursive: true });
  return { cpu, raw: bytes };
}

/** A mail as it goes over the wire. */
async function bytesOf(mail: OutgoingMail): Promise<string> {
  const composed = composeMail({ address: 'notify@contoso.example' }, mail);
  const { message } = await createTransport({ streamTransport: true, buffer: true }).sendMail({
    ...composed,
    headers: { ...composed.headers },
    xMailer: false,
  });
  return (message as Buffer).toString('base64');
}

async function bare(): Promise<Record<string, unknown>> {
  const pool = createTransport({
    pool: true,
    maxConnections: 1,
    host: '127.0.0.1',
    port,
    requireTLS: true,
    tls: { ca },
    auth: { user: 'notify', pass: 'secret' },
  });
  const bytes = Buffer.from(raw!, 'base64');
  const send = async (mails: number): Promise<void> => {
    for (let n = 0; n < mails; n += 1) {
      await pool.sendMail({ envelope: { from: 'notify@contoso.example', to: ['anna@contoso.example'] }, raw: bytes });
    }
  };
  await send(WARM);
  const cpu = await cpuOf(() => send(count));
  pool.close();
  return { cpu };
}

console.log(JSON.stringify(await { ours, bare }[task as 'ours' | 'bare']()));
process.exit();
