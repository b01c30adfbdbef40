// The container's health check: Node-RED answers on its own port. The store's health is a matter of alerts (docs/monitoring).
const port = Number(process.env.NODE_RED_PORT || 1880);
try {
  const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(8_000), redirect: 'manual' });
  await answer.body?.cancel();
  process.exitCode = answer.status < 500 ? 0 : 1;
} catch {
  process.exitCode = 1;
}
