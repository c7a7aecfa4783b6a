import { setTimeout as sleep } from 'node:timers/promises';
import type { Request, RequestHandler, Response } from 'express';
import type { Fault, Faults } from './faults.ts';
import type { Call, World } from './world.ts';

export interface Reply {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/** What a stand-in throws to answer with an error of its vendor's own shape. */
export class Refusal extends Error {
  readonly reply: Reply;
  constructor(reply: Reply) {
    super(`answered ${reply.status}`);
    this.reply = reply;
  }
}

export type Effect = (req: Request) => Reply | Promise<Reply>;

/** A stand-in may keep the answer a fault invented, as Stripe does with its 500s. */
export type OnInjected = (req: Request, reply: Reply) => void;

/**
 * Wraps one vendor operation: lists the call, lets a fault strike before or after the effect, sends the answer.
 * `lost_answer` and `truncated` strike after the effect: the money moved, the caller can't know.
 */
export function operation(world: World, faults: Faults, onInjected?: OnInjected) {
  return (target: string, effect: Effect): RequestHandler =>
    async (req, res) => {
      const call: Call = {
        at: world.nowIso(),
        target,
        method: req.method,
        path: req.originalUrl,
        status: null,
      };
      const key = req.get('idempotency-key');
      if (key) call.idempotencyKey = key;
      world.calls.push(call);
      const fault = faults.take(target);
      if (fault) call.fault = fault.fault;
      if (fault?.delayMs && fault.fault !== 'slow_answer') await sleep(fault.delayMs);

      if (fault?.fault === 'reset') return void req.socket.destroy();
      if (fault?.fault === 'timeout') return;
      if (fault?.fault === 'status') {
        const reply = injected(fault);
        onInjected?.(req, reply);
        return send(res, call, reply);
      }
      const reply = await perform(effect, req);
      if (fault?.fault === 'slow_answer') await sleep(fault.delayMs);
      if (fault?.fault === 'lost_answer') return void req.socket.destroy();
      if (fault?.fault === 'spoilt') return send(res, call, spoilt(reply, fault.body));
      if (fault?.fault === 'truncated') return truncate(res, call, reply);
      send(res, call, reply);
    };
}

function injected(fault: Fault): Reply {
  const reply: Reply = { status: fault.status ?? 500, body: fault.body ?? { message: 'injected fault' } };
  if (fault.headers) reply.headers = fault.headers;
  return reply;
}

/** Duffel's answers, and Stripe's lists, have their data in `data`; other answers of Stripe's are the data. */
function spoilt(reply: Reply, over: unknown): Reply {
  const body = structuredClone(reply.body) as Fields;
  overlay((typeof body.data === 'object' ? body.data : body) as Fields, over as Fields);
  return { ...reply, body };
}

type Fields = Record<string, unknown>;

function overlay(target: Fields, over: Fields): void {
  for (const [key, value] of Object.entries(over))
    if (value === null) delete target[key];
    else if (typeof value === 'object' && target[key] && typeof target[key] === 'object')
      overlay(target[key] as Fields, value as Fields);
    else target[key] = value;
}

async function perform(effect: Effect, req: Request): Promise<Reply> {
  try {
    return await effect(req);
  } catch (error) {
    if (error instanceof Refusal) return error.reply;
    throw error;
  }
}

function send(res: Response, call: Call, reply: Reply): void {
  call.status = reply.status;
  if (reply.headers) res.set(reply.headers);
  res.status(reply.status);
  if (reply.body === undefined) res.end();
  else res.json(reply.body);
}

/** Promises the whole body, sends half of it, hangs up. */
function truncate(res: Response, call: Call, reply: Reply): void {
  const body = JSON.stringify(reply.body ?? {});
  call.status = reply.status;
  res.writeHead(reply.status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  res.write(body.slice(0, Math.floor(body.length / 2)), () => res.destroy());
}
