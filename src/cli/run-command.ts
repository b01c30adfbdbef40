/** The `exchange-connector` command: picks the subcommand. */
import { ExitCode, write } from './cli-io.ts';
import type { CliIo } from './cli-io.ts';
import { devicesCommand } from './devices-command.ts';
import { exchangeCommand } from './exchange-command.ts';
import { historyCommand } from './history-command.ts';
import { mdmCommand } from './mdm-command.ts';
import { personCommand } from './person-command.ts';
import { plansCommand } from './plans-command.ts';
import { storeCommand } from './store-command.ts';
import { timelineCommand } from './timeline-command.ts';

type Command = (argv: readonly string[], io: CliIo) => Promise<number>;

const COMMANDS: Readonly<Record<string, { readonly summary: string; readonly run: Command }>> = {
  exchange: { summary: 'run a cmdlet on an Exchange server, or test the connection', run: exchangeCommand },
  mdm: { summary: 'test whether an MDM tenant can be read', run: mdmCommand },
  devices: { summary: 'what the store knows of the devices', run: devicesCommand },
  history: { summary: 'the last runs, or what befell a device', run: historyCommand },
  timeline: { summary: 'when what happened to a device', run: timelineCommand },
  plans: { summary: 'plans that wait for a person', run: plansCommand },
  person: { summary: 'export or delete what the store holds about one person', run: personCommand },
  store: { summary: 'check, back up, export or move the store', run: storeCommand },
};

/** @param argv arguments after the command's name. @returns the exit code */
export async function runCommand(argv: readonly string[], io: CliIo): Promise<number> {
  const [name, ...rest] = argv;
  const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command) return command.run(rest, io);
  const commands = Object.entries(COMMANDS).map(([word, { summary }]) => `  ${word.padEnd(12)}${summary}`);
  const usage = `Usage: exchange-connector <command> [options]\n\nCommands:\n${commands.join('\n')}\n\nexchange-connector <command> --help says more.\n`;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    await write(io.stdout, usage);
    return name === undefined ? ExitCode.usage : ExitCode.ok;
  }
  io.stderr.write(`There is no command ${JSON.stringify(name)}.\n${usage}`);
  return ExitCode.usage;
}
