/** The routes that dialogs ask: JSON, with a permission, and an error that says why. */
import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { adminRoutes, bodyOf } from '../../nodes/admin-routes.ts';
import type { RED, WebApplication, WebHandler } from '../../nodes/red.ts';
import { ConnectorError, ERROR_HELP } from '../../src/errors.ts';
import { ERROR_HELP_DE } from '../../src/model/error-help-de.ts';

const require = createRequire(import.meta.url);
/** The web framework that Node-RED brings. */
const express = createRequire(require.resolve('node-red'))('express') as {
  (): WebApplication & http.RequestListener;
  json(): WebHandler;
  urlencoded(options: { extended: boolean }): WebHandler;
};

describe('a route for dialogs', () => {
  const app = express();
  const server = http.createServer(app);
  const asked: string[] = [];
  const needsPermission = (permission: string): WebHandler => {
    return (request, response, next) => {
      asked.push(permission);
      if (request.headers.authorization === 'yes') next();
      else response.status(401).json({});
    };
  };
  let url: string;

  before(async () => {
    // As the editor's own address has it.
    app.use(express.json());
    app.use(express.urlencoded({ extended: true }));
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });

  const routes = adminRoutes({ httpAdmin: app, auth: { needsPermission } } as unknown as RED);
  const ask = async (path: string, init: RequestInit = {}): Promise<[status: number, body: unknown]> => {
    const headers = { authorization: 'yes', 'content-type': 'application/json' };
    const answer = await fetch(`${url}${path}`, { headers, ...init });
    return [answer.status, await answer.json()];
  };

  it('answers what its handler gives, to those who may ask', async () => {
    routes.get('/a/list', 'a.read', ({ query }) => Promise.resolve({ asked: query['of'] }));
    routes.post('/a/echo', 'a.write', (request) => bodyOf(request));
    assert.deepEqual(await ask('/a/list?of=me'), [200, { asked: 'me' }]);
    assert.deepEqual(await ask('/a/echo', { method: 'POST', body: '{"b":1}' }), [200, { b: 1 }]);
    assert.deepEqual(asked, ['a.read', 'a.write']);
    assert.equal((await ask('/a/list', { headers: {} }))[0], 401);
  });

  it('says what is wrong with a request, and hides what secrets the words hold', async () => {
    routes.get('/a/wrong', 'a.read', () => {
      throw new ConnectorError('ERR_INPUT_INVALID', 'Nobody signs in with Authorization: Basic c2VjcmV0OnNlY3JldA==.');
    });
    const [status, body] = await ask('/a/wrong');
    const { error } = body as { error: { code: string; text: string } };
    assert.deepEqual([status, error.code], [400, 'ERR_INPUT_INVALID']);
    assert.equal(error.text.includes('c2VjcmV0'), false);
    assert.equal((await ask('/a/echo', { method: 'POST', body: '[1]' }))[0], 400);
  });

  it('takes no form, which a page of any other site can have a browser send', async () => {
    const done: unknown[] = [];
    routes.post('/a/do', 'a.write', ({ body }) => done.push(body));
    routes.tell('/a/do-and-tell', 'a.write', ({ body }) => Promise.resolve(void done.push(body)));
    const seen = {
      error: {
        code: 'ERR_INPUT_INVALID',
        text: `Only JSON is taken here: send it with the header Content-Type: application/json. ${ERROR_HELP.ERR_INPUT_INVALID}`,
      },
    };
    for (const path of ['/a/do', '/a/do-and-tell'])
      for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain']) {
        const headers = { authorization: 'yes', 'content-type': type, origin: 'https://elsewhere.example' };
        const body = 'credentials[password]=${SECRET}&fields[urls]=https://elsewhere.example';
        assert.deepEqual(await ask(path, { method: 'POST', headers, body }), [400, seen], `${path} ${type}`);
      }
    assert.equal((await ask('/a/do', { method: 'POST', headers: {}, body: 'a=b' }))[0], 401);
    assert.deepEqual(done, []);
    const type = { authorization: 'yes', 'content-type': 'Application/JSON; charset=utf-8' };
    assert.deepEqual(await ask('/a/do', { method: 'POST', headers: type, body: '{"a":1}' }), [200, 1]);
    assert.deepEqual(done, [{ a: 1 }]);
  });

  it('says it in the language that the request asks for, in its query or in its JSON', async () => {
    routes.get('/a/refused', 'a.read', () => bodyOf({}));
    routes.post('/a/refused', 'a.write', () => bodyOf({}));
    const said = async (path: string, init: RequestInit = {}): Promise<string> =>
      ((await ask(path, init))[1] as { error: { text: string } }).error.text;
    const german = `Die Anfrage hat kein JSON-Objekt. ${ERROR_HELP_DE.ERR_INPUT_INVALID}`;
    const inEnglish = `The request has no JSON object. ${ERROR_HELP.ERR_INPUT_INVALID}`;
    assert.equal(await said('/a/refused?language=de-AT'), german);
    assert.equal(await said('/a/refused', { method: 'POST', body: '{"language":"de"}' }), german);
    for (const query of ['', '?language=fr', '?language=de&language=en'])
      assert.equal(await said(`/a/refused${query}`), inEnglish);
  });

  it('answers 413, in words, to more than a handler takes', async () => {
    routes.post('/a/large', 'a.write', () => {
      throw new ConnectorError('ERR_INPUT_INVALID', 'It has 9 characters; 8 at most are taken.', {
        details: { tooLarge: true },
      });
    });
    const [status, body] = await ask('/a/large', { method: 'POST', body: '{}' });
    const { error } = body as { error: { code: string; text: string } };
    assert.deepEqual([status, error.code], [413, 'ERR_INPUT_INVALID']);
    assert.match(error.text, /^It has 9 characters; 8 at most are taken\./);
  });

  it('answers 500 where we are wrong ourselves', async () => {
    routes.get('/a/broken', 'a.read', () => Promise.reject(new TypeError('undefined is no object')));
    assert.equal((await ask('/a/broken'))[0], 500);
  });

  it('tells one value after the other, and at the end what went wrong', async () => {
    let go = (): void => {};
    const waiting = new Promise<void>((resolve) => (go = resolve));
    routes.tell('/a/tell', 'a.write', async (_request, _signal, tell) => {
      tell({ n: 1 });
      await waiting;
      throw new ConnectorError('ERR_INPUT_INVALID', 'No more.');
    });
    routes.tell('/a/refuse', 'a.write', () => Promise.reject(new ConnectorError('ERR_INPUT_INVALID', 'Never.')));
    const answer = await fetch(`${url}/a/tell`, {
      method: 'POST',
      headers: { authorization: 'yes', 'content-type': 'application/json' },
    });
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    assert.deepEqual((await reader?.read())?.value, '{"n":1}\n', 'the first is there before the second is said');
    go();
    assert.match((await reader?.read())?.value ?? '', /^\{"error":\{"code":"ERR_INPUT_INVALID","text":"No more\./);
    assert.equal((await reader?.read())?.done, true, 'and nothing after that');
    assert.equal((await ask('/a/refuse', { method: 'POST' }))[0], 400);
    assert.equal((await ask('/a/tell', { method: 'POST', headers: {} }))[0], 401);
  });

  it('lets a handler that tells stop when nobody listens any more', async () => {
    const leaving = new AbortController();
    const stopped = new Promise<void>((resolve) => {
      routes.tell('/a/listen', 'a.write', (_request, signal, tell) => {
        signal.addEventListener('abort', () => resolve());
        tell({});
        return new Promise(() => {});
      });
    });
    const headers = { authorization: 'yes', 'content-type': 'application/json' };
    const answer = await fetch(`${url}/a/listen`, { method: 'POST', headers, signal: leaving.signal });
    leaving.abort();
    await stopped;
    await assert.rejects(answer.text(), { name: 'AbortError' });
  });

  it('lets its handler stop when nobody waits any more', async () => {
    const leaving = new AbortController();
    const stopped = new Promise<void>((resolve) => {
      routes.get('/a/slow', 'a.read', (_request, signal) => {
        signal.addEventListener('abort', () => resolve());
        leaving.abort();
        return new Promise(() => {});
      });
    });
    const answer = ask('/a/slow', { signal: leaving.signal });
    await assert.rejects(answer, { name: 'AbortError' });
    await stopped;
  });
});
