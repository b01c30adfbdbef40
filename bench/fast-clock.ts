/** A clock that can be put forward: all of `Date` in this process. Timers, and the clock of a database, go on as they are. */
const RealDate = Date;
let aheadMs = 0;

const now = (): number => RealDate.now() + aheadMs;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given, newTarget) =>
    Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget) as Date,
  apply: () => new RealDate(now()).toString(),
  get: (target, name, receiver) => (name === 'now' ? now : (Reflect.get(target, name, receiver) as unknown)),
});

/** @param ms milliseconds by which it is later at once */
export function putForward(ms: number): void {
  aheadMs += ms;
}
