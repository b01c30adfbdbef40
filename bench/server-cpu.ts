/** CPU of a database server, from the operating system. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Fields of /proc/<pid>/stat after the name: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const [USER, SYSTEM, USER_OF_ENDED, SYSTEM_OF_ENDED] = [11, 12, 13, 14];
const MS_PER_TICK = 1000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** CPU so far of a server and its processes, those that have ended too, ms. @param server its main process; empty: there is none, 0 */
export function serverCpu(server: string): number {
  if (server === '') return 0;
  const ticksOf = (pid: string, fields: readonly number[]): number => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields.reduce((sum, field) => sum + Number(stat[field]), 0);
  };
  const children = execFileSync('pgrep', ['-P', server], { encoding: 'utf8' }).trim().split('\n');
  const alive = children.reduce((sum, pid) => sum + ticksOf(pid, [USER, SYSTEM]), 0);
  return (alive + ticksOf(server, [USER, SYSTEM, USER_OF_ENDED, SYSTEM_OF_ENDED])) * MS_PER_TICK;
}
