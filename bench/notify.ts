/** What a mail costs from its row in the store to the mail server's word and back, beside nodemailer with the same bytes. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { median } from './report.ts';
import type { BenchReport } from './report.ts';

/** CPU of a mail, ms. */
const MAIL = 4;
const ROUNDS = 3;

/** Runs the tasks one after the other, each in a process of its own; the mail server has one too, which is not counted. */
export async function report({ quick }: { readonly quick: boolean }): Promise<BenchReport> {
  const mails = quick ? 500 : 5_000;
  const sink = spawn(process.execPath, ['--no-warnings', pathOf('notify-sink.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [line] = (await once(sink.stdout, 'data')) as [Buffer];
    const server = JSON.parse(line.toString('utf8')) as object;
    const [ours, bare]: [number[], number[]] = [[], []];
    let bytes = 0;
    for (let round = 0; round < (quick ? 1 : ROUNDS); round += 1) {
      const one = task('ours', mails, server);
      bytes = Buffer.from(one.raw!, 'base64').length;
      ours.push(one.cpu);
      bare.push(task('bare', mails, { ...server, raw: one.raw }).cpu);
    }
    const [whole, floor] = [median(ours), median(bare)];
    return {
      name: 'notify',
      conditions: `${mails.toLocaleString('en-US')} mails of ${bytes.toLocaleString('en-US')} bytes over one connection with TLS; SQLite file; CPU of the sending process a mail`,
      tables: [
        [
          ['mail', 'CPU ms', '× nodemailer'],
          ['notifier, from row to row', whole.toFixed(2), (whole / floor).toFixed(1)],
          ['nodemailer, the same bytes', floor.toFixed(2), '1.0'],
        ],
      ],
      bounds: [{ name: 'CPU of a mail, ms', value: whole, relation: '<=', bound: MAIL }],
      notes: [],
      figures: { 'mail ms': whole, 'nodemailer ms': floor, 'mail bytes': bytes },
    };
  } finally {
    sink.kill();
  }
}

function task(name: string, size: number, server: object): { cpu: number; raw?: string } {
  const output = execFileSync(process.execPath, ['--no-warnings', pathOf('notify-process.ts'), name, String(size)], {
    encoding: 'utf8',
    input: JSON.stringify(server),
    stdio: ['pipe', 'pipe', 'inherit'],
    maxBuffer: 16 * 1024 * 1024,
  });
  return JSON.parse(output.trim().split('\n').at(-1) ?? '{}') as { cpu: number; raw?: string };
}

function pathOf(script: string): string {
  return fileURLToPath(new URL(script, import.meta.url));
}
