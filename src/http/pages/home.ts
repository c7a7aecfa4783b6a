import { Router } from 'express';
import { onlyMethods } from '../middleware/methods.ts';
import { pageShell } from './shell.ts';

const BODY = `
<h1>Parker Flight</h1>
<div class="card"><p style="margin-top:0">Name a route, dates and a price cap. Parker watches the fare, buys one ticket when it fits, and says why when it does not.</p>
<dl>
<dt>Your trip</dt><dd>has a page of its own: <code>/trips/</code> and its id, as in your mails</dd>
<dt>The API</dt><dd><a href="/docs">/docs</a> to read and try, <a href="/openapi.json">/openapi.json</a> for generators</dd>
<dt>Operators</dt><dd><a href="/admin/queues">/admin/queues</a></dd>
</dl></div>`;

/** `/`: where to go from here. */
export function homePage(): Router {
  return Router()
    .get('/', (_req, res) => {
      res.locals.route = '/';
      res.set(
        'Content-Security-Policy',
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'",
      );
      res.type('html').send(pageShell('Welcome', BODY));
    })
    .all('/', onlyMethods(['GET'], '/'));
}
