import { expect, test } from 'vitest';
import { Permanent, Retryable } from '../../src/errors.ts';
import { createCircuit } from '../../src/providers/resilience.ts';

const fail = (error: Error) => async () => {
  throw error;
};
const codeOf = async (call: Promise<unknown>) =>
  ((await call.catch((error: unknown) => error)) as Retryable).code;

test('after eight failures in a row a vendor is left alone, and calls fail at once without being made', async () => {
  const circuit = createCircuit('vendor');
  for (let index = 0; index < 8; index += 1)
    expect(await codeOf(circuit.run(1_000, fail(new Retryable('down', 'down'))))).toBe('down');
  expect(circuit.state()).toBe('open');
  let called = false;
  const refused = await circuit.run(1_000, async () => (called = true)).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Retryable);
  expect(refused).toMatchObject({ code: 'vendor_circuit_open', retryAfterMs: expect.any(Number) });
  expect(called).toBe(false);
});

test('refusals and rate limits are answers: they open no circuit', async () => {
  const circuit = createCircuit('vendor');
  for (let index = 0; index < 20; index += 1) {
    await codeOf(circuit.run(1_000, fail(new Permanent('no', 'no'))));
    await codeOf(circuit.run(1_000, fail(new Retryable('limit', 'limit', { retryAfterMs: 5 }))));
  }
  expect(circuit.state()).toBe('closed');
});

test('a success in between resets the count', async () => {
  const circuit = createCircuit('vendor');
  for (let index = 0; index < 20; index += 1) {
    for (let failures = 0; failures < 7; failures += 1)
      await codeOf(circuit.run(1_000, fail(new Retryable('down', 'down'))));
    expect(await circuit.run(1_000, async () => 'well')).toBe('well');
  }
  expect(circuit.state()).toBe('closed');
});

test('a call that hangs ends by its deadline, as something to try again', async () => {
  const circuit = createCircuit('vendor');
  expect(await codeOf(circuit.run(20, () => new Promise(() => undefined)))).toBe('vendor_timeout');
});
