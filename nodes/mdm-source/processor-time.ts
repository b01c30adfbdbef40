/** @returns microseconds of the processor: of this thread, before Node.js 23.9 of all threads */
export function processorTime(): number {
  const { user, system } = process.threadCpuUsage?.() ?? process.cpuUsage();
  return user + system;
}
