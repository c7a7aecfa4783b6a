import { execFileSync } from 'node:child_process';
import type { Server } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer } from '../../src/http/server.ts';

let server: Server;
let port: number;
beforeAll(async () => {
  ({ server, port } = await startServer({ port: 0, host: '127.0.0.1' }));
  server.on('request', (_, res) => res.end());
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test('an idle connection outlives those of the proxies in front', async () => {
  const { headers } = await fetch(`http://127.0.0.1:${port}/`);
  expect(headers.get('keep-alive')).toBe('timeout=95');
});

test('a thousand connections that come while the process is blocked wait to be accepted', () => {
  // Those that are dropped would be connected after a second, or never.
  const knock = `const { connect } = require('node:net');
    let made = 0;
    const tell = () => { console.log(made); process.exit(0); };
    for (let left = 1000; left; left -= 1) connect(${port}, '127.0.0.1', () => (made += 1) === 1000 && tell()).on('error', () => {});
    setTimeout(tell, 5_000);`;
  expect(execFileSync(process.execPath, ['-e', knock]).toString().trim()).toBe('1000');
});
