import assert from 'node:assert/strict';
import { isConnectorError } from '../../../src/errors.ts';
import { getCasMailbox } from '../../../src/exchange/cmdlets/get-cas-mailbox.ts';
import { getMobileDevice } from '../../../src/exchange/cmdlets/get-mobile-device.ts';
import { setCasMailbox } from '../../../src/exchange/cmdlets/set-cas-mailbox.ts';
import { readMailboxLists } from '../../../src/exchange/read-mailbox.ts';
import { Signal } from '../../../src/wsman/names.ts';
import { close, collect, easId, failure, mailboxId, open } from './exchange-peer.ts';

describe('shells on the real engine', () => {
  it('stop a pipeline whose reader leaves early, and are used again', async () => {
    const peer = await open({ mailboxes: 10_000, delayMs: 20 }, { viewEntireForest: false });
    try {
      for await (const device of getMobileDevice(peer.exchange, { all: true })) {
        assert.equal(device.deviceId, easId(0));
        break;
      }
      const signals = peer.front.events.filter(({ action }) => action === 'signal').map(({ what }) => what);
      assert.equal(signals[0], Signal.stop);
      const [mailbox] = await collect(getCasMailbox(peer.exchange, { identity: mailboxId(9_999) }));
      assert.equal(mailbox?.address, 'user9999@contoso.example');
      assert.equal(peer.front.events.filter(({ action }) => action === 'create').length, 1);
    } finally {
      await close(peer);
    }
  });

  it('end with an aborted call', async () => {
    const peer = await open({ mailboxes: 10_000, delayMs: 20 });
    try {
      const abort = new AbortController();
      const error = await failure(
        (async () => {
          for await (const _ of getMobileDevice(peer.exchange, { all: true }, { signal: abort.signal })) abort.abort();
        })(),
      );
      assert.equal(error.code, 'ERR_ABORTED');
    } finally {
      await close(peer);
    }
  });

  it('wait for a slow cmdlet however often the server says "nothing yet"', async () => {
    const peer = await open({ mailboxes: 3, delayMs: 900 }, { operationTimeoutMs: 400 });
    try {
      assert.equal((await collect(getMobileDevice(peer.exchange, { all: true }))).length, 3);
      const timeouts = peer.front.events.filter(({ fault }) => fault === 2150858793).length;
      assert.ok(timeouts >= 3, `${timeouts} timeouts`);
    } finally {
      await close(peer);
    }
  });

  it('are replaced when a cmdlet has yielded nothing for too long', async () => {
    const peer = await open(
      { mailboxes: 3, delayMs: 60_000 },
      { operationTimeoutMs: 400, silenceLimitMs: 900, viewEntireForest: false },
    );
    try {
      const error = await failure(collect(getMobileDevice(peer.exchange, { all: true })));
      assert.equal(error.code, 'ERR_EXCHANGE_SILENT');
      const signals = peer.front.events.filter(({ action }) => action === 'signal').map(({ what }) => what);
      assert.deepEqual(signals, [Signal.stop]);
      assert.equal((await collect(getCasMailbox(peer.exchange, { identity: mailboxId(2) }))).length, 1);
      assert.equal(peer.front.events.filter(({ action }) => action === 'create').length, 2);
    } finally {
      await close(peer);
    }
  });

  for (const shellRefusal of ['winrm', 'authz'] as const)
    it(`are fewer where one too many is refused in the words of ${shellRefusal === 'winrm' ? 'Windows' : 'Exchange 2013 and later'}, and no call fails`, async () => {
      const peer = await open({ mailboxes: 40, shellQuota: 1, shellRefusal }, { sessions: 3 });
      try {
        const read = async (): Promise<number> => (await collect(getMobileDevice(peer.exchange, { all: true }))).length;
        assert.deepEqual(await Promise.all([read(), read(), read(), read()]), [40, 40, 40, 40]);
        const creates = peer.front.events.filter(({ action }) => action === 'create');
        assert.equal(creates.filter(({ fault }) => fault === undefined).length, 1);
        assert.ok(creates.some(({ fault }) => fault !== undefined));
      } finally {
        await close(peer);
      }
    });

  it('are begun four times at most behind a balancer that scatters requests, which is named', async () => {
    const peer = await open({ affinity: 'none' });
    try {
      const error = await failure(collect(getMobileDevice(peer.exchange, { all: true })));
      assert.equal(error.code, 'ERR_WSMAN_AFFINITY');
      const creates = peer.front.events.filter(({ action }) => action === 'create').length;
      assert.ok(creates <= 4, `${creates} sessions`);
    } finally {
      await peer.exchange.close();
      await peer.front.close();
    }
  });

  it('are replaced when their process dies', async () => {
    const peer = await open();
    try {
      await collect(getCasMailbox(peer.exchange, { identity: mailboxId(0) }));
      for (const shell of peer.front.shells.values()) shell.engine.kill();
      assert.equal((await collect(getMobileDevice(peer.exchange, { all: true }))).length, 12);
      assert.equal(peer.front.events.filter(({ action }) => action === 'create').length, 2);
    } finally {
      await close(peer);
    }
  });

  it('do not have cmdlets the account has no role for', async () => {
    const peer = await open({ visible: ['Get-MobileDevice'] });
    try {
      assert.equal((await collect(getMobileDevice(peer.exchange, { all: true }))).length, 12);
      const error = await failure(setCasMailbox(peer.exchange, { mailboxId: mailboxId(0), blocked: { add: ['x'] } }));
      assert.equal(error.code, 'ERR_EXCHANGE_CMDLET_UNKNOWN');
      assert.equal(error.details['errorId'], 'CommandNotFoundException');
    } finally {
      await close(peer);
    }
  });

  it('work two at once, each on its own front end', async () => {
    const peer = await open({ delayMs: 5 }, { sessions: 2 });
    try {
      const readers = [1, 2].map(() => getMobileDevice(peer.exchange, { all: true }));
      const firsts = await Promise.all(readers.map((reader) => reader.next()));
      assert.deepEqual(
        firsts.map(({ value }) => value?.deviceId),
        [easId(0), easId(0)],
      );
      const shells = [...peer.front.shells.values()];
      assert.deepEqual(shells.map(({ node }) => node).sort(), ['EX1', 'EX2']);
      assert.notEqual(shells[0]?.engine.pid, shells[1]?.engine.pid);
      const rests = await Promise.all(readers.map((reader) => collect(reader)));
      assert.deepEqual(
        rests.map(({ length }) => length),
        [11, 11],
      );
      assert.deepEqual(
        peer.front.events.filter(({ fault }) => fault !== undefined && fault !== 2150858793),
        [],
      );
    } finally {
      await close(peer);
    }
  });

  it('give 20,000 devices', async () => {
    const count = 20_000;
    const peer = await open({ mailboxes: count });
    try {
      let number = 0;
      for await (const device of getMobileDevice(peer.exchange, { all: true })) {
        assert.equal(device.deviceId, easId(number));
        number++;
      }
      assert.equal(number, count);
    } finally {
      await close(peer);
    }
  });

  it('make 1,000 writes', async () => {
    const peer = await open({}, { viewEntireForest: false });
    try {
      for (let number = 0; number < 1000; number++) {
        const edit = number < 500 ? { add: [`D${number}`] } : { remove: [`d${number - 500}`], add: [`E${number}`] };
        await setCasMailbox(peer.exchange, { mailboxId: mailboxId(number % 10), blocked: edit });
      }
      for (let mailbox = 0; mailbox < 10; mailbox++) {
        const { blocked } = await readMailboxLists(peer.exchange, mailboxId(mailbox));
        assert.deepEqual(
          blocked,
          Array.from({ length: 50 }, (_, at) => `E${500 + at * 10 + mailbox}`),
        );
      }
      assert.equal(peer.front.events.filter(({ action }) => action === 'command').length, 1010);
      assert.equal(peer.front.events.filter(({ action }) => action === 'create').length, 1);
    } finally {
      await close(peer);
    }
  });

  it('refuse a wrong password', async () => {
    const peer = await open({}, { password: 'wrong' });
    try {
      const error = await failure(collect(getCasMailbox(peer.exchange, { all: true })));
      assert.ok(isConnectorError(error, 'ERR_HTTP_AUTH'), error.code);
      assert.ok(!JSON.stringify([error.message, error.details]).includes('wrong'));
    } finally {
      await close(peer);
    }
  });
});
