import { Router } from 'express';
import type { Email } from './resend.ts';

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

const page = (title: string, body: string): string => `<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}</title>
<style>
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{max-width:46rem;margin:2rem auto;padding:0 1rem}
a{color:inherit}ul{list-style:none;padding:0}
li{border:1px solid #8884;border-radius:.6rem;margin:.6rem 0}
li a{display:block;padding:.8rem 1rem;text-decoration:none}
small{opacity:.7}iframe{width:100%;height:75vh;border:1px solid #8884;border-radius:.6rem;background:#fff}
</style><body>${body}</body></html>`;

/** The mail a traveller would have received, in the order it came. */
export function inbox(emails: readonly Email[]): Router {
  const router = Router();
  router.get('/', (req, res) => {
    if (req.accepts(['html', 'json']) === 'json') return void res.json(emails);
    const rows = emails
      .map(
        (mail) =>
          `<li><a href="inbox/${mail.id}"><b>${escapeHtml(mail.subject)}</b><br><small>to ${escapeHtml(mail.to.join(', '))} · ${mail.at.slice(11, 19)} UTC</small></a></li>`,
      )
      .reverse()
      .join('');
    res.send(
      page('Inbox', `<h1>Inbox</h1><ul>${rows || '<p>No mail yet. Post a trip and come back.</p>'}</ul>`),
    );
  });
  router.get('/:id', (req, res) => {
    const mail = emails.find((one) => one.id === req.params.id);
    if (!mail) return void res.status(404).send(page('No such mail', '<h1>No such mail</h1>'));
    const files = mail.attachments
      .map((file, index) => `<a href="${mail.id}/attachments/${index}">${escapeHtml(file.filename)}</a>`)
      .join(' · ');
    res.send(
      page(
        mail.subject,
        `<p><a href="../inbox">← Inbox</a></p><h1>${escapeHtml(mail.subject)}</h1><p><small>from ${escapeHtml(mail.from)} to ${escapeHtml(mail.to.join(', '))}</small></p><p>${files} · <a href="${mail.id}/text">plain text</a></p><iframe src="${mail.id}/html" title="${escapeHtml(mail.subject)}"></iframe>`,
      ),
    );
  });
  router.get('/:id/html', (req, res) => void res.type('html').send(find(req.params.id)?.html ?? ''));
  router.get('/:id/text', (req, res) => void res.type('text').send(find(req.params.id)?.text ?? ''));
  router.get('/:id/attachments/:index', (req, res) => {
    const file = find(req.params.id)?.attachments[Number(req.params.index)];
    if (!file) return void res.status(404).end();
    res.attachment(file.filename).send(Buffer.from(file.content, 'base64'));
  });
  const find = (id: string) => emails.find((mail) => mail.id === id);
  return router;
}
