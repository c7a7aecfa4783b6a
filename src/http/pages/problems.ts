import { type RequestHandler, Router } from 'express';
import { onlyMethods } from '../middleware/methods.ts';
import { sendProblem } from '../problem.ts';
import { PROBLEM_CODES, PROBLEM_TYPES, type ProblemCode } from '../problem-types.ts';
import { pageShell } from './shell.ts';

/** The words of the table are constants of ours: only their backticks mean something here. */
const prose = (text: string): string =>
  text.replaceAll('<', '&lt;').replaceAll(/`([^`]+)`/g, '<code>$1</code>');

const link = (code: ProblemCode): string =>
  `<dt>${PROBLEM_TYPES[code].status}</dt><dd><a href="/problems/${code}">${code}</a>: ${PROBLEM_TYPES[code].title}</dd>`;

const LIST = `<h1>Problems</h1><div class="card"><p style="margin-top:0">Every error of the API is one of these.</p><dl>${PROBLEM_CODES.map(link).join('')}</dl></div>`;

function page(code: ProblemCode): string {
  const { status, title, meaning, remedy } = PROBLEM_TYPES[code];
  return `<h1>${title}</h1><div class="card"><p style="margin-top:0">${prose(meaning)}</p><p>${prose(remedy)}</p>
<dl><dt>Status</dt><dd>${status}</dd><dt>Code</dt><dd><code>${code}</code></dd></dl></div><p><a href="/problems">All problems</a></p>`;
}

/** `/problems/<code>`: what a problem's `type` leads to. */
export function problemPages(): Router {
  const policy: RequestHandler = (_req, res, next) => {
    res.set(
      'Content-Security-Policy',
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'",
    );
    next();
  };
  const one: RequestHandler<{ code: string }> = (req, res) => {
    res.locals.route = '/problems/{code}';
    const code = PROBLEM_CODES.find((known) => known === req.params.code);
    if (!code) return sendProblem(res, 'not_found', 'There is no such problem. /problems lists them.');
    res.type('html').send(pageShell(PROBLEM_TYPES[code].title, page(code)));
  };
  return Router()
    .get('/problems', policy, (_req, res) => void res.type('html').send(pageShell('Problems', LIST)))
    .get('/problems/:code', policy, one)
    .all('/problems', onlyMethods(['GET'], '/problems'))
    .all('/problems/:code', onlyMethods(['GET'], '/problems/{code}'));
}
