/**
 * Runs a command with a PostgreSQL of its own, which is gone afterwards: `node scripts/with-postgres.ts <command> …`.
 * The command finds its address in CONNECTOR_TEST_POSTGRES.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { findPostgres, startPostgres } from './postgres-server.ts';

async function run([command, ...args]: readonly string[]): Promise<number> {
  if (findPostgres() === null || command === undefined) {
    process.stderr.write(
      command === undefined
        ? 'Usage: node scripts/with-postgres.ts <command> [arguments]\n'
        : 'There is no PostgreSQL server here: install the package "postgresql".\n',
    );
    return 2;
  }
  const server = await startPostgres();
  try {
    const env = { ...process.env, CONNECTOR_TEST_POSTGRES: server.address };
    const child = spawn(command, args, { stdio: 'inherit', env });
    const [code] = (await once(child, 'exit')) as [number | null];
    return code ?? 1;
  } finally {
    await server.close();
  }
}

process.exitCode = await run(process.argv.slice(2));
